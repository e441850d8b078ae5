/** Documents that are written by hand: feeds, and pages that need nothing of the site around them. */
import { directionOf, locale } from "./locale.ts";

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text for HTML and XML, in an element or in a quoted attribute. Characters that XML cannot hold are left out. */
export const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be left out
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "")
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");

/** A whole page without scripts in the reader's language; `body` and `head` are markup. */
export function plainPage(page: {
  title: string;
  style: string;
  body: string;
  head?: string;
  /** Chosen; undefined leaves it to the system. */
  theme?: "light" | "dark" | undefined;
}): string {
  const tag = locale();
  return `<!doctype html>
<html lang="${tag}" dir="${directionOf(tag)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(page.title)}</title>
${page.head ?? ""}<style>:root{color-scheme:${page.theme ?? "light dark"}}${page.style}</style>
</head>
<body>
${page.body}
</body>
</html>
`;
}

/** A page as an answer. */
export const html = (text: string, headers: Record<string, string> = {}): Response =>
  new Response(text, { headers: { "content-type": "text/html; charset=utf-8", ...headers } });
