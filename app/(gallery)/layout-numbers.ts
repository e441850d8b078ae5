/** What server and browser must agree on about tiles. Safe in the browser. */

/** Narrower or wider pictures are cropped to these in lists, or a row would be a thread. */
export const ratioMin = 0.5;
export const ratioMax = 4;

/** Added up in a tile's `mark`; a video adds as many times `second` as it has seconds. */
export const marks = { public: 1, unlisted: 2, animated: 4, video: 8, second: 16 } as const;

/** The height of a row before it is stretched to fill the width; the same in gallery.css. */
export const rowHeight = "clamp(112px,12vw + 60px,336px)";
/** How much wider than that a tile becomes on average when its row is stretched. */
export const stretch = 1.12;
