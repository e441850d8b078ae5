/** Which names a person wants left out. */

/** `*` and `?` stay within a name, `**` crosses folders; everything else is itself. */
function expression(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => {
      if (part === "**/") return "(?:.*/)?";
      if (part === "**") return ".*";
      if (part === "*") return "[^/]*";
      if (part === "?") return "[^/]";
      return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^${source}$`, "u");
}

/**
 * Whether one of the patterns means this path (relative, with slashes) or a folder it lies in. A pattern without a
 * slash is a name anywhere; one with a slash begins at the top.
 */
export function leavesOut(patterns: readonly string[]): (name: string) => boolean {
  const made = patterns.map((pattern) => {
    const plain = pattern.normalize("NFC").replace(/^\/+|\/+$/g, "");
    return { anywhere: !plain.includes("/"), matches: expression(plain) };
  });
  return (name) => {
    const segments = name.normalize("NFC").split("/");
    return made.some(({ anywhere, matches }) =>
      segments.some((segment, n) => matches.test(anywhere ? segment : segments.slice(0, n + 1).join("/"))),
    );
  };
}
