import { delivery } from "#lib/delivery/index.ts";
import type { Neighbour } from "#lib/gallery.ts";
import { renditionKey } from "#lib/storage/keys.ts";

/** The JPEG of at most 1280 pixels: for old browsers, link previews and everybody's download. */
export function jpegOf(
  media: Pick<Neighbour, "renditionFolder" | "jpegWidths">,
  download?: string,
): string | undefined {
  const width = media.jpegWidths.at(-1);
  if (width === undefined) return undefined;
  return delivery().url(
    renditionKey(media.renditionFolder, width, "jpg"),
    download === undefined ? undefined : { download },
  );
}
