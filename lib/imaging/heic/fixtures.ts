/** HEIC pictures for the tests, put together here around pixels that x265 once packed: nothing in Node packs HEVC. */
import { box, ftyp } from "../fixtures.ts";

/** Decoder configuration and coded picture of `corners()`: 96 × 64, red, green, blue, white. */
const coded = {
  8: [
    "AQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoDCBBZbqSSmubgQEDAgAAAMACAAAAwAIQCIAAQAHRAHBcrAiQA==",
    "AAAA2SgBrwng4wybUR///ei+//9uY9D/WtWB5k8i/0vMt/wJiP/oz72EUfe3rTUMMwcLGvTIHSGZHBopWZgg/SA/C40ll6YM1z9DR4zpowGWbJmXm3kJqcJZAaop5F7fTPed9q16dnsDz/c/xGJP/+kN7x/S6v//vnotI1v6l6de9Ui94Qg91H3ZBSxFGKhKm8T+J+B/2A3I81+0u0rSabmeXgsMt4dpnGkd/RKXlLAk8+euv91Aird0eT/6SCI+T8Z7rqfGjb2aFUl3qEpXoa3yD0l7hUbbf/+Bz/w=",
  ],
  10: [
    "AQQIAAAAAAAAAAAAHvAA/P36+gAADwMgAAEAF0ABDAH//wQIAAADAJ24AAADAAAeugJAIQABACpCAQEECAAAAwCduAAAAwAAHqAwgQTZbqSSmubgQEDAgAAAAwCAAAADAIQiAAEAB0QBwXKwIkA=",
    "AAAAnygBrwng47+cvef//u2z///AhbkP7H+OkglJ5+O0Af9/z3//IvgaxZP8PZf2C6f/h1BCsY3a0wQBzGACVfMOMF5IR3vnDhhOuN+U21v/+dqMI/ymEK/+9jcqq06zr9aLuv2Zwq90ozlWWEtwBlDcs2eNlBOsMAbduU4/eiitn20JTCAABZZNFNuax+oEoKOcwXZzOtUvUV0EKMlQ33SCYA==",
  ],
} as const;

const side = { width: 96, height: 64 };

export type HeicPlan = {
  depth?: 8 | 10;
  /** Quarters of a turn against the clock. */
  turn?: 1 | 2 | 3;
  /** A clean aperture in the middle. */
  crop?: { width: number; height: number };
  profile?: Buffer;
  /** Colour primaries without a profile. */
  primaries?: number;
  /** A TIFF block. */
  exif?: Buffer;
  /** An XMP packet. */
  xmp?: string;
  /** The picture so many times beside and below itself, as telephones store large ones; 96 × 64 each. */
  grid?: { columns: number; rows: number };
  /** What the boxes claim, whatever is there. */
  claim?: { width: number; height: number };
  brands?: string[];
  coding?: string;
};

const numbers = (bytes: 1 | 2 | 4, ...values: number[]): Buffer => {
  const data = Buffer.alloc(values.length * bytes);
  for (const [n, value] of values.entries()) data.writeUIntBE(value >>> 0, n * bytes, bytes);
  return data;
};
const full = (type: string, version: number, ...content: Buffer[]): Buffer =>
  box(type, numbers(4, version << 24), ...content);
const ispe = ({ width, height }: { width: number; height: number }): Buffer =>
  full("ispe", 0, numbers(4, width, height));

type Item = { id: number; type: string; data: Buffer; more?: Buffer };

/** Numbers of the items a picture is put together from; a reader takes none of them twice. */
const tilesOf = ({ grid = { columns: 1, rows: 1 } }: HeicPlan): number[] =>
  Array.from({ length: grid.columns * grid.rows }, (_, n) => (n === 0 ? 1 : 10 + n));

function itemsOf(plan: HeicPlan): { items: Item[]; primary: number; references: Buffer[] } {
  const picture = Buffer.from(coded[plan.depth ?? 8][1], "base64");
  const items: Item[] = [{ id: 1, type: plan.coding ?? "hvc1", data: picture }];
  const references: Buffer[] = [];
  let primary = 1;
  if (plan.grid !== undefined) {
    const { columns, rows } = plan.grid;
    const tiles = tilesOf(plan);
    for (const id of tiles.slice(1)) items.push({ id, type: "hvc1", data: picture });
    primary = 2;
    items.push({
      id: 2,
      type: "grid",
      data: Buffer.concat([
        numbers(1, 0, 1, rows - 1, columns - 1),
        numbers(4, columns * side.width, rows * side.height),
      ]),
    });
    references.push(box("dimg", numbers(2, 2, tiles.length, ...tiles)));
  }
  if (plan.exif !== undefined) {
    items.push({ id: 3, type: "Exif", data: Buffer.concat([numbers(4, 0), plan.exif]) });
    references.push(box("cdsc", numbers(2, 3, 1, primary)));
  }
  if (plan.xmp !== undefined) {
    const more = Buffer.from("application/rdf+xml\0");
    items.push({ id: 4, type: "mime", data: Buffer.from(plan.xmp), more });
    references.push(box("cdsc", numbers(2, 4, 1, primary)));
  }
  return { items, primary, references };
}

function propertiesOf(plan: HeicPlan, primary: number): Buffer {
  const depth = plan.depth ?? 8;
  const columns = plan.grid?.columns ?? 1;
  const rows = plan.grid?.rows ?? 1;
  const whole = plan.claim ?? { width: columns * side.width, height: rows * side.height };
  const list = [
    box("hvcC", Buffer.from(coded[depth][0], "base64")),
    ispe(side),
    ispe(whole),
    full("pixi", 0, numbers(1, 3, depth, depth, depth)),
  ];
  const shown: number[] = [];
  const add = (property: Buffer): void => {
    list.push(property);
    shown.push(list.length);
  };
  if (plan.profile !== undefined) add(box("colr", Buffer.from("prof"), plan.profile));
  if (plan.primaries !== undefined)
    add(box("colr", Buffer.from("nclx"), numbers(2, plan.primaries, 13, 1), numbers(1, 0x80)));
  if (plan.crop !== undefined)
    add(box("clap", numbers(4, plan.crop.width, 1, plan.crop.height, 1, 0, 1, 0, 1)));
  if (plan.turn !== undefined) add(box("irot", numbers(1, plan.turn)));
  const of = (id: number, ...properties: number[]): Buffer =>
    Buffer.concat([numbers(2, id), numbers(1, properties.length, ...properties)]);
  const links =
    primary === 1
      ? [of(1, 0x81, 3, 4, ...shown)]
      : [...tilesOf(plan).map((id) => of(id, 0x81, 2, 4)), of(primary, 3, 4, ...shown)];
  return box("iprp", box("ipco", ...list), full("ipma", 0, numbers(4, links.length), ...links));
}

/** The picture of `corners()` as a HEIC. */
export function heic(plan: HeicPlan = {}): Buffer {
  const { items, primary, references } = itemsOf(plan);
  const entries = items.map(({ id, type, more }) =>
    full("infe", 2, numbers(2, id, 0), Buffer.from(type), Buffer.from("\0"), more ?? Buffer.alloc(0)),
  );
  const head = ftyp(...(plan.brands ?? ["heic", "mif1", "heic"]));
  const build = (start: number): Buffer => {
    let at = start;
    const places = items.map(({ id, data }) => {
      const place = Buffer.concat([numbers(2, id, 0, 1), numbers(4, at, data.length)]);
      at += data.length;
      return place;
    });
    return full(
      "meta",
      0,
      full("hdlr", 0, numbers(4, 0), Buffer.from("pict"), Buffer.alloc(13)),
      full("pitm", 0, numbers(2, primary)),
      full("iinf", 0, numbers(2, entries.length), ...entries),
      ...(references.length === 0 ? [] : [full("iref", 0, ...references)]),
      propertiesOf(plan, primary),
      full("iloc", 0, numbers(1, 0x44, 0), numbers(2, items.length), ...places),
    );
  };
  const meta = build(head.length + build(0).length + 8);
  return Buffer.concat([head, meta, box("mdat", ...items.map(({ data }) => data))]);
}
