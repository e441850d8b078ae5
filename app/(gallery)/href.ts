/** Addresses that carry the list one came from. Safe in the browser. */

/** The list of `/`, which needs no mention. */
export const timeline = "timeline";

/** The address of a picture seen in a list; `list` as `openList` knows it. */
export const pictureHref = (id: string, list: string): string =>
  list === timeline ? `/m/${id}` : `/m/${id}?list=${encodeURIComponent(list)}`;

/** Told to the list below when the light box closes: `detail` is the id of the picture last seen. */
export const leftEvent = "tintype:left";

/** The id in such an address. */
export const idOfPath = (path: string): string => path.slice("/m/".length);
