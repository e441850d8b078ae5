/** The page that the service worker shows where there is no network: whole in itself, since nothing else can be loaded. */
import { escaped, plainPage } from "./markup.ts";
import { pageColours, type Theme } from "./theme.ts";
import { words } from "./words.ts";

const style = `
*{box-sizing:border-box}
body{margin:0;min-height:100dvh;display:grid;place-items:center;padding:1rem;text-align:center;
font:1rem/1.5 system-ui,sans-serif;background:light-dark(${pageColours.light},${pageColours.dark});color:light-dark(#1b1a19,#f1f0ee)}
main{max-width:28rem}
h1{font-size:1.125rem;margin:1rem 0 .5rem}
p{margin:0 0 1.5rem;color:light-dark(#65625e,#a8a5a0)}
svg{width:4rem;color:light-dark(#65625e,#a8a5a0)}
a{display:inline-flex;min-height:2.5rem;align-items:center;padding:0 1rem;border-radius:.5rem;text-decoration:none;
font-size:.875rem;font-weight:500;background:light-dark(#8f4a1d,#e3a878);color:light-dark(#fff,#231407)}
a:focus-visible{outline:2px solid light-dark(#1f5fd0,#8ab4ff);outline-offset:2px}`;

/** HTML. Its link leads to whatever address it is shown at. */
export function offlinePage(theme: Theme): string {
  const w = words("site");
  return plainPage({
    title: w("offlineTitle"),
    style,
    theme: theme === "system" ? undefined : theme,
    body: `<main>
<svg viewBox="0 0 64 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"><rect x="1.5" y="1.5" width="61" height="45" rx="4"/><path d="M2 40l18-17 12 11 8-7 22 18M8 4l48 40"/></svg>
<h1>${escaped(w("offlineTitle"))}</h1>
<p>${escaped(w("offlineText"))}</p>
<a href="">${escaped(w("offlineAgain"))}</a>
</main>`,
  });
}
