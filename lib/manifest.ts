/** The web app manifest, in the reader's language. */
import { directionOf, locale } from "./locale.ts";
import { mediaTypes } from "./media.ts";
import { publicFile } from "./static/url.ts";
import { pageColours } from "./theme.ts";
import { words } from "./words.ts";

/** As the browser wants it; see https://www.w3.org/TR/appmanifest/ and the Web Share Target API. */
export function manifest(): Record<string, unknown> {
  const [shared, site] = [words("shared"), words("site")];
  const tag = locale();
  const png = (size: number, purpose: "any" | "maskable") => ({
    src: publicFile(purpose === "any" ? `/icon-${size}.png` : `/icon-maskable-${size}.png`),
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose,
  });
  return {
    id: "/",
    name: shared("name"),
    short_name: shared("name"),
    description: shared("tagline"),
    lang: tag,
    dir: directionOf(tag),
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: pageColours.light,
    theme_color: pageColours.light,
    icons: [
      png(192, "any"),
      png(512, "any"),
      png(512, "maskable"),
      { src: publicFile("/icon.svg"), sizes: "any", type: "image/svg+xml" },
    ],
    shortcuts: [{ name: site("shortcutUpload"), url: "/upload" }],
    // Caught by public/sw.js: the pictures go from there to the bucket.
    share_target: {
      action: "/upload/share-target",
      method: "POST",
      enctype: "multipart/form-data",
      params: { files: [{ name: "pictures", accept: [...mediaTypes] }] },
    },
  };
}
