/** Everything one can do with a picture and the keys for it: the same table works the keys, names them to assistive technology and fills the help. */

export const deeds = {
  next: { keys: ["ArrowRight"], about: "move" },
  previous: { keys: ["ArrowLeft"], about: "move" },
  close: { keys: ["Escape"], about: "move" },
  zoomIn: { keys: ["+", "="], about: "look" },
  zoomOut: { keys: ["-"], about: "look" },
  fit: { keys: ["0"], about: "look" },
  zoom: { keys: ["z"], about: "look" },
  play: { keys: [" "], about: "look" },
  slideshow: { keys: ["s"], about: "look" },
  fullScreen: { keys: ["F"], about: "look" },
  info: { keys: ["i"], about: "look" },
  strip: { keys: ["t"], about: "look" },
  favourite: { keys: ["f"], about: "do" },
  rate: { keys: ["1", "2", "3", "4", "5"], about: "do" },
  unrate: { keys: ["0"], about: "do" },
  album: { keys: ["b"], about: "do" },
  leaveAlbum: { keys: ["x"], about: "do" },
  edit: { keys: ["e"], about: "do" },
  share: { keys: ["c"], about: "do" },
  download: { keys: ["d"], about: "do" },
  trash: { keys: ["Delete", "#"], about: "do" },
  undo: { keys: ["u"], about: "do" },
  help: { keys: ["?"], about: "do" },
} as const satisfies Record<string, { keys: readonly string[]; about: "move" | "look" | "do" }>;

export type Deed = keyof typeof deeds;
export const deedNames = Object.keys(deeds).filter((name): name is Deed => name in deeds);

const mirrored: Record<string, string> = { ArrowRight: "ArrowLeft", ArrowLeft: "ArrowRight" };

/** The keys of a deed; arrows follow the order in which the pictures lie on the screen. */
export const keysOf = (deed: Deed, rtl: boolean): string[] =>
  deeds[deed].keys.map((key) => (rtl ? (mirrored[key] ?? key) : key));

const spoken: Record<string, string> = { "+": "Plus", " ": "Space", F: "Shift+F" };
/** As `aria-keyshortcuts` wants it. */
export const shortcutsOf = (deed: Deed, rtl: boolean): string =>
  keysOf(deed, rtl)
    .map((key) => spoken[key] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(" ");

const drawn: Record<string, string> = {
  ArrowRight: "→",
  ArrowLeft: "←",
  Escape: "Esc",
  "-": "−",
  F: "Shift F",
  Delete: "Del",
};
/** As it stands on a key; `space` is the word for the longest one. */
export const capOf = (key: string, space: string): string =>
  key === " " ? space : (drawn[key] ?? (key.length === 1 ? key.toUpperCase() : key));

/** Keys that only type: people who dictate or whose hands slip can turn them off (WCAG 2.1.4). */
const isCharacter = (key: string): boolean => key.length === 1;

/** What a key that was pressed means; several where it depends on how the picture is looked at. */
export const deedsOf = (key: string, rtl: boolean, withCharacters: boolean): Deed[] =>
  isCharacter(key) && !withCharacters && key !== "?"
    ? []
    : deedNames.filter((deed) => keysOf(deed, rtl).includes(key));
