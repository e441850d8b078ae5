/**
 * All rows, and one notification a frame for everything that happened in it: five thousand progress events must
 * not become five thousand renders.
 */
import type { UploadPermit } from "#lib/media.ts";
import type { Source } from "./pick.ts";
import { bytesDone, inHand, landed, type Phase, phases, type Row, wanted } from "./row.ts";

/** A permit whose deadline was carried over to this machine's clock (epoch ms). */
export type Permit = UploadPermit & { deadline: number };

/** A row with what only the machinery needs. */
export type Entry = {
  readonly id: string;
  /** Names this act to the server; a new one after a terminal state, because the old one is spent. */
  token: string;
  file: File | undefined;
  source: Source | undefined;
  mime: string;
  lastModified: number;
  sha256: string | undefined;
  uploadId: string | undefined;
  permit: Permit | undefined;
  /** Bytes of whole parts that the bucket holds: what a new try need not send again. */
  arrived: number;
  /** Tries with the present permit; rounds of fresh permits. */
  tries: number;
  rounds: number;
  /** How often it began anew since a person asked for it. */
  acts: number;
  /** The batch it was in was refused as a whole: ask for it alone, so that one bad name cannot spoil fifty. */
  alone: boolean;
  abort: AbortController | undefined;
  row: Row;
};

export type Totals = {
  order: readonly string[];
  count: Readonly<Record<Phase, number>>;
  bytesWanted: number;
  bytesSent: number;
  inHand: number;
  /** Not all of them are pictures. */
  hasVideos: boolean;
};

export type Frame = (run: () => void) => void;

export class Table {
  readonly entries = new Map<string, Entry>();
  #order: readonly string[] = [];
  /** Joined to the order once a frame: a list of thousands is not copied for every row that comes. */
  #added: string[] = [];
  #byPhase = new Map<Phase, Set<string>>(phases.map((phase) => [phase, new Set<string>()]));
  #bytesWanted = 0;
  #bytesDone = 0;
  /** What was there before the present run began, so that a second drop starts its bar at nought. */
  #base = 0;
  #hasVideos = false;
  #dirty = new Set<string>();
  #framed = false;
  #totals: Totals;
  #watchers = new Set<() => void>();
  #rowWatchers = new Map<string, Set<() => void>>();
  readonly #frame: Frame;
  readonly #moved: (entry: Entry) => void;

  /** `moved` hears every change of phase at once, frame or not: a hidden tab has no frames. */
  constructor(frame: Frame, moved: (entry: Entry) => void) {
    this.#frame = frame;
    this.#moved = moved;
    this.#totals = this.#count();
  }

  add(entry: Entry): void {
    if (this.inHandCount() === 0) this.#base = this.#bytesDone;
    this.entries.set(entry.id, entry);
    this.#added.push(entry.id);
    this.#hasVideos ||= entry.mime.startsWith("video/");
    this.#byPhase.get(entry.row.phase)?.add(entry.id);
    this.#tally(entry, 1);
    this.#moved(entry);
    this.#mark(entry.id);
  }

  change(entry: Entry, change: Partial<Omit<Row, "id">>): void {
    if (!this.entries.has(entry.id)) return;
    const before = entry.row.phase;
    this.#tally(entry, -1);
    entry.row = { ...entry.row, ...change };
    this.#tally(entry, 1);
    if (entry.row.phase !== before) {
      this.#byPhase.get(before)?.delete(entry.id);
      this.#byPhase.get(entry.row.phase)?.add(entry.id);
      this.#moved(entry);
    }
    this.#mark(entry.id);
  }

  remove(ids: Iterable<string>): void {
    const gone = new Set(ids);
    for (const id of gone) {
      const entry = this.entries.get(id);
      if (entry === undefined) continue;
      // The bar must not jump back because finished rows were put out of sight.
      if (landed.has(entry.row.phase)) this.#base -= entry.row.bytes;
      this.#tally(entry, -1);
      this.#byPhase.get(entry.row.phase)?.delete(id);
      this.entries.delete(id);
      this.#mark(id);
    }
    this.#order = this.#settledOrder().filter((id) => !gone.has(id));
  }

  count(phase: Phase): number {
    return this.#byPhase.get(phase)?.size ?? 0;
  }

  inHandCount(): number {
    let sum = 0;
    for (const phase of inHand) sum += this.count(phase);
    return sum;
  }

  /** Entries in a phase, those that came into it first in front. One that is moved on meanwhile is not seen again. */
  *in(phase: Phase): Generator<Entry> {
    for (const id of this.#byPhase.get(phase) ?? []) {
      const entry = this.entries.get(id);
      if (entry !== undefined) yield entry;
    }
  }

  first(phase: Phase): Entry | undefined {
    for (const id of this.#byPhase.get(phase) ?? []) return this.entries.get(id);
    return undefined;
  }

  ordered(): Entry[] {
    return this.#settledOrder().flatMap((id) => this.entries.get(id) ?? []);
  }

  bytesSentEver(): number {
    return this.#bytesDone;
  }

  bytesLeft(): number {
    return this.#bytesWanted - this.#bytesDone;
  }

  readonly totals = (): Totals => this.#totals;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  watchRow(id: string, watcher: () => void): () => void {
    const set = this.#rowWatchers.get(id) ?? new Set();
    set.add(watcher);
    this.#rowWatchers.set(id, set);
    return () => {
      set.delete(watcher);
      if (set.size === 0) this.#rowWatchers.delete(id);
    };
  }

  /** Something outside the rows changed that the page shows. */
  touch(): void {
    if (this.#framed) return;
    this.#framed = true;
    this.#frame(() => this.#flush());
  }

  #mark(id: string): void {
    this.#dirty.add(id);
    this.touch();
  }

  #flush(): void {
    this.#framed = false;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#totals = this.#count();
    for (const id of dirty) for (const watcher of this.#rowWatchers.get(id) ?? []) watcher();
    for (const watcher of this.#watchers) watcher();
  }

  #tally(entry: Entry, sign: 1 | -1): void {
    const { row } = entry;
    if (!wanted.has(row.phase)) return;
    this.#bytesWanted += sign * row.bytes;
    this.#bytesDone += sign * bytesDone(row);
  }

  #settledOrder(): readonly string[] {
    if (this.#added.length > 0) {
      this.#order = [...this.#order, ...this.#added];
      this.#added = [];
    }
    return this.#order;
  }

  #count(): Totals {
    const count = Object.fromEntries(phases.map((phase) => [phase, this.count(phase)])) as Record<
      Phase,
      number
    >;
    return {
      order: this.#settledOrder(),
      count,
      bytesWanted: Math.max(0, this.#bytesWanted - this.#base),
      bytesSent: Math.max(0, this.#bytesDone - this.#base),
      inHand: this.inHandCount(),
      hasVideos: this.#hasVideos,
    };
  }
}
