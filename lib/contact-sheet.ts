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
  /** What follows the file's name; "|" stands where the signature goes. */
  tails: string[];
  /** File names of one picture, each beginning with its width, "320.avif 640.avif"; pictures of one shape share one. */
  files: string[];
  /** The columns; strings are joined, because most of them have one length. */
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
  /** Per address: 43 characters of base64url, or nothing where its tail has no place for it. */
  signatures: string;
};

/** What `packSheet` needs of a picture: addresses that lie in one folder and differ in file and query. */
export type Loose = Omit<Tile, "sources"> & {
  folder: string;
  files: { name: string; url: string }[];
};

const signature = /(?<=[?&]X-Amz-Signature=)[0-9a-f]{64}/;
const signatureChars = 43;
const idChars = 22;

const toBase64Url = (hex: string): string => {
  const bytes = hex.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
};

const toHex = (base64Url: string): string =>
  Array.from(atob(base64Url.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
    char.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");

const toUuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

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

/** Takes the addresses apart. `unpackSheet` gives back exactly what went in, whatever the addresses look like. */
export function packSheet(pictures: Loose[]): Sheet {
  const tails = numbering();
  const files = numbering();
  const first = pictures.at(0);
  const firstUrl = first?.files.at(0)?.url ?? "";
  const base = first === undefined ? "" : firstUrl.slice(0, firstUrl.indexOf(first.folder));
  const sheet: Sheet = {
    base,
    tails: [],
    files: [],
    ids: "",
    ratios: [],
    colors: "",
    labels: [],
    marks: [],
    kinds: [],
    folders: [],
    ends: [],
    signatures: "",
  };
  for (const picture of pictures) {
    sheet.ids += toBase64Url(picture.id.replaceAll("-", ""));
    sheet.ratios.push(picture.ratio);
    sheet.colors += picture.color.toString(16).padStart(6, "0");
    sheet.labels.push(picture.label);
    sheet.marks.push(picture.mark);
    sheet.folders.push(picture.folder);
    sheet.kinds.push(files.of(picture.files.map(({ name }) => name).join(" ")));
    for (const { name, url } of picture.files) {
      const stem = `${base}${picture.folder}/${name}`;
      if (!url.startsWith(stem)) throw new RangeError(`Expected an address below ${base}, got another`);
      const tail = url.slice(stem.length);
      sheet.signatures += toBase64Url(signature.exec(tail)?.[0] ?? "");
      sheet.ends.push(tails.of(tail.replace(signature, "|")));
    }
  }
  return { ...sheet, tails: tails.all, files: files.all };
}

/** Puts the addresses together again. */
export function unpackSheet(sheet: Sheet): Tile[] {
  let address = 0;
  let signed = 0;
  const tailOf = (): string => {
    const tail = sheet.tails[sheet.ends[address++] ?? 0] ?? "";
    if (!tail.includes("|")) return tail;
    const part = sheet.signatures.slice(signed, signed + signatureChars);
    signed += signatureChars;
    return tail.replace("|", toHex(part));
  };
  return sheet.folders.map((folder, n) => {
    const names = (sheet.files[sheet.kinds[n] ?? 0] ?? "").split(" ");
    return {
      id: toUuid(toHex(sheet.ids.slice(n * idChars, (n + 1) * idChars))),
      ratio: sheet.ratios[n] ?? 1,
      color: Number.parseInt(sheet.colors.slice(n * 6, n * 6 + 6), 16),
      label: sheet.labels[n] ?? "",
      mark: sheet.marks[n] ?? 0,
      sources: names.map((name) => ({
        width: Number.parseInt(name, 10),
        url: `${sheet.base}${folder}/${name}${tailOf()}`,
      })),
    };
  });
}
