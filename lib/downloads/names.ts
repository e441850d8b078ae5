/**
 * Names of files in an archive: readable, one of a kind in their folder, and harmless on every system that unpacks
 * them: no path, no name that Windows keeps for itself, nothing that reads one way and is another. Safe in the browser.
 */

/** Bytes of a name without its ending: every file system takes 255 in all. */
const nameBytesMax = 180;
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

const encoder = new TextEncoder();

/** The longest beginning of a text that fits, without cutting a character in two. */
function cut(text: string, bytes: number): string {
  if (encoder.encode(text).byteLength <= bytes) return text;
  let sum = 0;
  let kept = "";
  for (const character of text) {
    sum += encoder.encode(character).byteLength;
    if (sum > bytes) break;
    kept += character;
  }
  return kept;
}

/** A text as a part of a file's name; "picture" for what leaves nothing. */
export function safeName(text: string): string {
  const plain = text
    .toWellFormed()
    .normalize("NFC")
    // Line ends, marks that turn the direction of reading or cannot be seen, and what some system gives a meaning.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}<>:"/\\|?*]/gu, " ")
    .replace(/\s+/gu, " ")
    .replace(/^[\s.]+|[\s.]+$/gu, "");
  const short = cut(plain, nameBytesMax).replace(/[\s.]+$/u, "");
  if (short === "") return "picture";
  return reserved.test(short) ? `_${short}` : short;
}

/** A name taken apart at its last full stop; what looks like no ending stays in the stem. */
export function apart(name: string): { stem: string; ending: string } {
  const [, stem = name, ending = ""] = /^(.+)\.([A-Za-z0-9]{1,8})$/.exec(name) ?? [];
  return { stem, ending };
}

/** Gives each file a name of its own. What differs only in case, or in how accents are composed, is the same to many. */
export class Names {
  readonly #taken = new Map<string, number>();

  /** `folder` is a list of folders' names, outermost first. */
  take(folder: readonly string[], name: string): string {
    const { stem, ending } = apart(name);
    const inside = folder.map((one) => `${safeName(one)}/`).join("");
    const tail = ending === "" ? "" : `.${ending.toLowerCase()}`;
    const base = safeName(stem);
    const fold = (text: string): string => text.normalize("NFKC").toLowerCase();
    const first = fold(`${inside}${base}${tail}`);
    let n = this.#taken.get(first) ?? 0;
    for (;;) {
      const path = n === 0 ? `${inside}${base}${tail}` : `${inside}${base} (${n + 1})${tail}`;
      n += 1;
      const folded = fold(path);
      if (n > 1 && this.#taken.has(folded)) continue;
      this.#taken.set(first, n);
      if (folded !== first) this.#taken.set(folded, 1);
      return path;
    }
  }
}
