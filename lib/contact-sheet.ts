/**
 * A page of pictures as it crosses the wire: columns instead of rows, and signed addresses taken apart into what they
 * share and what they do not. A picture costs about a fifth of what its addresses would. Safe in the browser.
 */

/** One picture as a list shows it. Colour is 0xRRGGBB; `mark` is an index into the words the page was given, or 0. */
export type Tile = {
  id: string;
  /** Width ÷ height as shown in the list. */
  ratio: number;
  color: number;
  label: string;
  mark: number;
  /** Ascending; at least one. */
  sources: { width: number; url: string }[];
};

export type Sheet = {
  /** In front of every folder. */
  base: string;
  /** What follows the file's name: `head`, one of `tails`, `foot`; "|" stands where the signature goes. */
  head: string;
  tails: string[];
  foot: string;
  /** File names of one picture, each beginning with its width, "320.avif 640.avif"; pictures of one shape share one. */
  files: string[];
  /** The columns; strings of one length are joined. */
  ids: string;
  ratios: number[];
  colors: string;
  labels: string[];
  marks: number[];
  /** Index into `files`. */
  kinds: number[];
  folders: string[];
  /** Per address: index into `tails`. */
  ends: number[];
  /**
   * Per address: 64 hex digits, or nothing where its tail has no place for them. As they stand in the address, because
   * the page they come with has the address in its HTML too, and then compression leaves next to nothing of them.
   */
  signatures: string;
};

/** What `packSheet` needs of a picture: addresses that lie in one folder and differ in file and query. */
export type Loose = Omit<Tile, "sources"> & {
  folder: string;
  files: { name: string; url: string }[];
};

const signature = /(?<=[?&]X-Amz-Signature=)[0-9a-f]{64}/;
const signatureChars = 64;
const idChars = 36;

/** Numbers each distinct text in the order of first use. */
function numbering(): { of(text: string): number; all: string[] } {
  const known = new Map<string, number>();
  return {
    of(text) {
      const number = known.get(text) ?? known.size;
      known.set(text, number);
      return number;
    },
    get all() {
      return [...known.keys()];
    },
  };
}

/** Addresses signed in one window differ in the time of day alone: what they share at both ends is said once. */
function apart(all: string[]): Pick<Sheet, "head" | "tails" | "foot"> {
  const [first = ""] = all;
  const shortest = Math.min(first.length, ...all.map(({ length }) => length));
  let head = 0;
  while (head < shortest && all.every((tail) => tail.charCodeAt(head) === first.charCodeAt(head))) head++;
  let foot = 0;
  while (head + foot < shortest && all.every((tail) => tail.at(-1 - foot) === first.at(-1 - foot))) foot++;
  return {
    head: first.slice(0, head),
    tails: all.map((tail) => tail.slice(head, tail.length - foot)),
    foot: first.slice(first.length - foot),
  };
}

/** Takes the addresses apart. `unpackSheet` gives back exactly what went in, whatever the addresses look like. */
export function packSheet(pictures: Loose[]): Sheet {
  const tails = numbering();
  const files = numbering();
  const first = pictures.at(0);
  const firstUrl = first?.files.at(0)?.url ?? "";
  const base = first === undefined ? "" : firstUrl.slice(0, firstUrl.indexOf(first.folder));
  const ends: number[] = [];
  let signatures = "";
  for (const { folder, files } of pictures)
    for (const { name, url } of files) {
      const stem = `${base}${folder}/${name}`;
      if (!url.startsWith(stem)) throw new RangeError(`Expected an address below ${base}, got another`);
      const tail = url.slice(stem.length);
      signatures += signature.exec(tail)?.[0] ?? "";
      ends.push(tails.of(tail.replace(signature, "|")));
    }
  const kinds = pictures.map((picture) => files.of(picture.files.map(({ name }) => name).join(" ")));
  return {
    base,
    ...apart(tails.all),
    files: files.all,
    ids: pictures.map(({ id }) => id).join(""),
    ratios: pictures.map(({ ratio }) => ratio),
    colors: pictures.map(({ color }) => color.toString(16).padStart(6, "0")).join(""),
    labels: pictures.map(({ label }) => label),
    marks: pictures.map(({ mark }) => mark),
    kinds,
    folders: pictures.map(({ folder }) => folder),
    ends,
    signatures,
  };
}

/** Puts the addresses together again. */
export function unpackSheet(sheet: Sheet): Tile[] {
  let address = 0;
  let signed = 0;
  const tailOf = (): string => {
    const tail = `${sheet.head}${sheet.tails[sheet.ends[address++] ?? 0] ?? ""}${sheet.foot}`;
    if (!tail.includes("|")) return tail;
    const part = sheet.signatures.slice(signed, signed + signatureChars);
    signed += signatureChars;
    return tail.replace("|", part);
  };
  return sheet.folders.map((folder, n) => ({
    id: sheet.ids.slice(n * idChars, (n + 1) * idChars),
    ratio: sheet.ratios[n] ?? 1,
    color: Number.parseInt(sheet.colors.slice(n * 6, n * 6 + 6), 16),
    label: sheet.labels[n] ?? "",
    mark: sheet.marks[n] ?? 0,
    sources: (sheet.files[sheet.kinds[n] ?? 0] ?? "").split(" ").map((name) => ({
      width: Number.parseInt(name, 10),
      url: `${sheet.base}${folder}/${name}${tailOf()}`,
    })),
  }));
}
