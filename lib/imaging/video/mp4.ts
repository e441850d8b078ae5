/**
 * MP4 and QuickTime: whether the file is whole, what it says of when it was made, and which of its bytes say more than
 * pictures and sounds. What is not known to be needed is blanked: makers write places into boxes of their own.
 */
import { Rejection } from "../rejection.ts";
import { corrupt } from "../structure.ts";
import { inOrder, type Patch } from "./patch.ts";
import type { Remote } from "./remote.ts";

type Box = {
  type: string /** Of the header. */;
  at: number /** Of the content. */;
  from: number;
  to: number;
};

const topBoxesMax = 50_000;
const childrenMax = 10_000;
const movieBytesMax = 64 * 1024 * 1024;
/** Unused bytes between samples that no sentence fits into. */
const slackBytes = 64;

function header(data: Buffer, at: number, end: number): Box {
  if (data.length < 8) throw corrupt("a box header is cut off");
  let length = data.readUInt32BE(0);
  let from = at + 8;
  if (length === 1) {
    if (data.length < 16) throw corrupt("a box header is cut off");
    length = Number(data.readBigUInt64BE(8));
    from = at + 16;
  } else if (length === 0) length = end - at;
  if (length < from - at || at + length > end) throw corrupt("a box is longer than what holds it");
  return { type: data.toString("latin1", 4, 8), at, from, to: at + length };
}

async function topBoxes(remote: Remote): Promise<Box[]> {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= remote.bytes; ) {
    const box = header(await remote.read(at, at + 16), at, remote.bytes);
    found.push(box);
    if (found.length > topBoxesMax) throw corrupt("too many boxes");
    at = box.to;
  }
  return found;
}

/** A part of the movie box; offsets count from the start of the file. */
class Movie {
  readonly data: Buffer;
  readonly start: number;
  constructor(data: Buffer, start: number) {
    this.data = data;
    this.start = start;
  }
  children({ from, to }: { from: number; to: number }): Box[] {
    const found: Box[] = [];
    for (let at = from; at + 8 <= to; ) {
      const box = header(this.bytes(at, Math.min(at + 16, to)), at, to);
      found.push(box);
      if (found.length > childrenMax) throw corrupt("too many boxes");
      at = box.to;
    }
    return found;
  }
  bytes(from: number, to: number): Buffer {
    return this.data.subarray(from - this.start, to - this.start);
  }
  content(box: Box): Buffer {
    return this.bytes(box.from, box.to);
  }
}

const topKept = new Set(["ftyp", "styp", "moov", "moof", "mdat", "sidx", "mfra", "wide"]);
const kept: Record<string, ReadonlySet<string>> = {
  moov: new Set(["mvhd", "trak", "mvex", "iods"]),
  trak: new Set(["tkhd", "edts", "mdia", "tapt", "clef"]),
  mdia: new Set(["mdhd", "hdlr", "minf", "elng"]),
  minf: new Set(["vmhd", "smhd", "gmhd", "nmhd", "hdlr", "dinf", "stbl"]),
  stbl: new Set(
    "stsd stts ctts cslg stss stps stsc stsz stz2 stco co64 sdtp sgpd sbgp stdp padb subs saiz saio".split(
      " ",
    ),
  ),
};
const shownTracks = new Set(["vide", "soun"]);

/** Renamed to what every reader skips, and emptied. */
const blank = ({ at, from, to }: Box): Patch[] => [
  { at: at + 4, bytes: 4, head: "free" },
  { at: from, bytes: to - from },
];

/** Nothing in it but the name of the program that wrote the file. */
function isPlain(movie: Movie, udta: Box): boolean {
  const [meta, ...others] = movie.children(udta).filter(({ to, from }) => to > from);
  if (meta?.type !== "meta" || others.length > 0 || meta.to - meta.from < 4) return false;
  const list = movie.children({ from: meta.from + 4, to: meta.to }).find(({ type }) => type === "ilst");
  return list === undefined || movie.children(list).every(({ type }) => type === "\xa9too");
}

type Range = { from: number; to: number };

const inner = (movie: Movie, box: Box, ...path: string[]): Box | undefined => {
  let found: Box | undefined = box;
  for (const name of path) found = found && movie.children(found).find(({ type }) => type === name);
  return found;
};

/** Number `n` of a table of so many bytes each, behind a head. */
function number(table: Buffer, at: number, bytes: 2 | 4 | 8): number {
  if (at + bytes > table.length) throw corrupt("a table is cut off");
  return bytes === 8 ? Number(table.readBigUInt64BE(at)) : table.readUIntBE(at, bytes);
}

/** Sizes of the samples, one after the other. */
function sizes(movie: Movie, table: Box): { count: number; each: Iterator<number> } {
  const same = movie.children(table).find(({ type }) => type === "stsz");
  const data = same && movie.content(same);
  // Fields of less than a byte are of no camera; without sizes, nothing of the track is known to lie anywhere.
  if (data === undefined) throw new Rejection("unsupported_type", "samples without plain sizes");
  const fixed = number(data, 4, 4);
  const count = number(data, 8, 4);
  if (fixed === 0 && 12 + count * 4 > data.length) throw corrupt("a table of sizes is cut off");
  function* each(data: Buffer): Generator<number> {
    for (let n = 0; n < count; n++) yield fixed === 0 ? data.readUInt32BE(12 + n * 4) : fixed;
  }
  return { count, each: each(data) };
}

/** Where the samples of a track lie. */
function ranges(movie: Movie, table: Box): Range[] {
  const child = (name: string) => movie.children(table).find(({ type }) => type === name);
  const wide = child("co64");
  const offsets = wide ?? child("stco");
  const runs = child("stsc");
  if (offsets === undefined || runs === undefined) throw corrupt("a track without chunks");
  const [at, run] = [movie.content(offsets), movie.content(runs)];
  const bytes = wide === undefined ? 4 : 8;
  const chunks = number(at, 4, 4);
  const runCount = number(run, 4, 4);
  const { count, each: size } = sizes(movie, table);
  const found: Range[] = [];
  let perChunk = 0;
  for (let chunk = 1, next = 0; chunk <= chunks; chunk++) {
    if (next < runCount && number(run, 8 + next * 12, 4) <= chunk) {
      perChunk = number(run, 12 + next * 12, 4);
      // Whoever reads such a table sample by sample does so for hours.
      if (perChunk > count) throw corrupt("a chunk of more samples than there are");
      next += 1;
    }
    const from = number(at, 8 + (chunk - 1) * bytes, bytes);
    let to = from;
    for (let n = 0; n < perChunk; n++) {
      const sample = size.next();
      if (sample.done === true) break;
      to += sample.value;
    }
    found.push({ from, to });
  }
  return found;
}

/** What of these places no sample uses. */
function gaps(places: Box[], used: Range[]): Patch[] {
  const found: Patch[] = [];
  const sorted = used.toSorted((a, b) => a.from - b.from);
  for (const place of places) {
    let at = place.from;
    for (const { from, to } of sorted) {
      if (to <= at || from >= place.to) continue;
      if (from > at) found.push({ at, bytes: from - at });
      at = Math.max(at, to);
    }
    if (at < place.to) found.push({ at, bytes: place.to - at });
  }
  return found;
}

type Judged = { patches: Patch[]; used: Range[]; hidden: number };

/** The name of a track's handler is free text as well. */
function handlerName(movie: Movie, box: Box): Patch[] {
  const name = { at: box.from + 24, bytes: box.to - box.from - 24 };
  const written = movie.bytes(name.at, name.at + Math.max(0, name.bytes)).toString("latin1");
  return /[+-]\d/.test(written) ? [name] : [];
}

function judge(movie: Movie, box: Box, judged: Judged): void {
  const names = kept[box.type];
  if (names === undefined) return;
  for (const child of movie.children(box)) {
    if (child.type === "udta" && isPlain(movie, child)) continue;
    if (child.type === "free" || child.type === "skip" || child.type === "wide") {
      if (movie.content(child).some((byte) => byte !== 0)) judged.patches.push(...blank(child));
    } else if (!names.has(child.type)) judged.patches.push(...blank(child));
    else if (child.type === "hdlr") judged.patches.push(...handlerName(movie, child));
    else if (child.type === "trak") judgeTrack(movie, child, judged);
    else judge(movie, child, judged);
  }
}

function judgeTrack(movie: Movie, track: Box, judged: Judged): void {
  const handler = inner(movie, track, "mdia", "hdlr");
  const name = handler === undefined ? "" : movie.content(handler).toString("latin1", 8, 12);
  if (!shownTracks.has(name)) {
    judged.hidden += 1;
    judged.patches.push(...blank(track));
    return;
  }
  const table = inner(movie, track, "mdia", "minf", "stbl");
  if (table === undefined) throw corrupt("a track without samples");
  judged.used.push(...ranges(movie, table));
  judge(movie, track, judged);
}

/** Seconds between 1904, where these files begin to count, and 1970. */
const epochSeconds = 2_082_844_800;

function createdAt(movie: Movie, box: Box): number | undefined {
  const found = movie.children(box).find(({ type }) => type === "mvhd");
  if (found === undefined) throw corrupt("a movie without a header");
  const data = movie.content(found);
  const seconds = number(data, 4, data[0] === 1 ? 8 : 4);
  return seconds === 0 ? undefined : (seconds - epochSeconds) * 1000;
}

export type Mp4 = { patches: Patch[] /** Milliseconds since 1970. */; createdAt: number | undefined };

/** Throws Rejection corrupt, unsupported_type or too_much_metadata. */
export async function readMp4(remote: Remote): Promise<Mp4> {
  const top = await topBoxes(remote);
  const box = top.find(({ type }) => type === "moov");
  if (box === undefined) throw corrupt("no movie in it");
  if (box.to - box.from > movieBytesMax)
    throw new Rejection("too_much_metadata", "an index past all measure");
  const movie = new Movie(await remote.read(box.from, box.to), box.from);
  const judged: Judged = { patches: [], used: [], hidden: 0 };
  judge(movie, box, judged);
  const places = top.filter(({ type }) => type === "mdat");
  for (const { from, to } of judged.used)
    if (to > from && !places.some((place) => from >= place.from && to <= place.to))
      throw corrupt("pictures or sounds lie past the end");
  const fragmented = top.some(({ type }) => type === "moof");
  // Which bytes of a fragment are whose, only the fragments say; no camera writes places that way.
  if (fragmented && judged.hidden > 0)
    throw new Rejection("unsupported_type", "fragments with more than pictures and sounds");
  const unused = fragmented ? [] : gaps(places, judged.used);
  const extra = unused.reduce((sum, { bytes }) => sum + bytes, 0) > slackBytes || judged.patches.length > 0;
  return {
    patches: inOrder([...judged.patches, ...(extra ? unused : []), ...(await besides(remote, top))]),
    createdAt: createdAt(movie, box),
  };
}

/** Boxes beside the movie: padding may hold what an editor left there, and others what a camera thought of. */
async function besides(remote: Remote, top: Box[]): Promise<Patch[]> {
  const found: Patch[] = [];
  for (const box of top) {
    if (topKept.has(box.type)) continue;
    const padding = box.type === "free" || box.type === "skip";
    if (padding && !(await hasContent(remote, box))) continue;
    found.push(...blank(box));
  }
  return found;
}

const lookedAtMax = 1024 * 1024;
async function hasContent(remote: Remote, { from, to }: Box): Promise<boolean> {
  if (to - from > lookedAtMax) return true;
  return (await remote.read(from, to)).some((byte) => byte !== 0);
}
