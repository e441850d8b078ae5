/**
 * The upload queue: an observable table of rows, three stages that move them, and what a person can do to them.
 * It lives outside React, so that going to another page does not end an upload.
 */
import type { UploadView } from "#lib/media.ts";
import { ApiFailure } from "./api.ts";
import { Check } from "./check.ts";
import { Confirm } from "./confirm.ts";
import { Desk, type Doors } from "./desk.ts";
import { Hold, type Holding } from "./hold.ts";
import { judge } from "./judge.ts";
import { Again, type Remembered } from "./match.ts";
import { Lanes, Pace, Smooth } from "./pace.ts";
import type { Picked, Source } from "./pick.ts";
import { cancellable, type Phase, type Row, retriable, settled } from "./row.ts";
import { Send } from "./send.ts";
import { type Entry, Table, type Totals } from "./table.ts";

export type QueueState = Totals & {
  hold: Holding | undefined;
  /** Bytes per second, and seconds until all have left this browser; undefined while nobody could say. */
  speed: number | undefined;
  secondsLeft: number | undefined;
};

const cancelsMax = 3;
const kept: ReadonlySet<Phase> = new Set(["missing", "waiting", "issued"]);

/** What has arrived of a large file is still there, and nothing says that the file is another one now. */
const hasLostConnection = ({ row, uploadId }: Entry): boolean =>
  uploadId !== undefined &&
  row.phase === "failed" &&
  row.note !== undefined &&
  "code" in row.note &&
  row.note.code === "no_connection";

export class Queue {
  readonly #doors: Doors;
  readonly #table: Table;
  readonly #desk: Desk;
  readonly #check: Check;
  readonly #stages: { pump(): void }[];
  readonly #again = new Again();
  readonly #smooth = new Smooth();
  /** Uploads given up here that the server does not know of yet; without telling it, the sweeper would adopt them. */
  #cancels = new Map<string, Entry | undefined>();
  #cancelling = 0;
  #stopWake: (() => void) | undefined;
  #pumping = false;
  #state: QueueState;
  #stateOf: Totals | undefined;
  #holdOf: string | undefined;

  constructor(doors: Doors) {
    this.#doors = doors;
    this.#table = new Table(doors.frame, (entry) => this.#moved(entry));
    this.#desk = new Desk({
      table: this.#table,
      doors,
      hold: new Hold(doors.clock.now, doors.clock.random),
      lanes: new Lanes(),
      pace: new Pace(),
      pump: () => this.#pump(),
      giveUp: (uploadId, entry) => this.#cancels.set(uploadId, entry),
    });
    this.#check = new Check(this.#desk);
    this.#stages = [this.#check, new Send(this.#desk), new Confirm(this.#desk)];
    this.#state = this.#look();
  }

  // What React reads.

  readonly watch = (watcher: () => void): (() => void) => this.#table.watch(watcher);
  readonly watchRow = (id: string, watcher: () => void): (() => void) => this.#table.watchRow(id, watcher);
  readonly row = (id: string): Row | undefined => this.#table.entries.get(id)?.row;
  readonly fileOf = (id: string): File | undefined => this.#table.entries.get(id)?.file;

  /** The same object until the next frame with news. */
  readonly state = (): QueueState => {
    const totals = this.#table.totals();
    const hold = this.#desk.hold.view();
    const holdKey = `${hold?.why} ${hold?.until}`;
    if (totals !== this.#stateOf || holdKey !== this.#holdOf) this.#state = this.#look();
    return this.#state;
  };

  knows(uploadId: string): boolean {
    return this.#table.ordered().some((entry) => entry.uploadId === uploadId);
  }

  /** Ids in the order they came, of rows in these phases. */
  idsIn(phases: ReadonlySet<Phase>): string[] {
    return this.#table.ordered().flatMap(({ id, row }) => (phases.has(row.phase) ? id : []));
  }

  rowsIn(phases: ReadonlySet<Phase>): Row[] {
    return this.#table.ordered().flatMap(({ row }) => (phases.has(row.phase) ? row : []));
  }

  /** Ways back to the files of rows in these phases, where the browser gave one. */
  sourcesIn(phases: ReadonlySet<Phase>): { folder: string; source: Source }[] {
    return this.#table
      .ordered()
      .flatMap(({ row, source }) =>
        phases.has(row.phase) && source !== undefined ? { folder: row.folder, source } : [],
      );
  }

  // What a person does.

  /** Takes files in. A file that is known from before a reload continues its row. */
  add(picked: readonly Picked[]): { added: number; refused: number; continued: number } {
    const result = { added: 0, refused: 0, continued: 0 };
    if (this.#table.inHandCount() === 0) this.#desk.pace.reset();
    for (const one of picked) {
      const back = this.#again.take(one.file);
      const known = back === undefined ? undefined : this.#table.entries.get(back);
      if (known?.row.phase === "missing") {
        this.#attach(known, one);
        result.continued += 1;
      } else if (this.#take(one)) result.added += 1;
      else result.refused += 1;
    }
    this.#pump();
    return result;
  }

  pause(): void {
    this.#desk.hold.paused = true;
    this.#stopSending();
    this.#table.touch();
  }

  goOn(): void {
    this.#desk.hold.paused = false;
    this.#desk.hold.tryAgain();
    for (const entry of this.#table.in("retrying"))
      this.#table.change(entry, { phase: "issued", retryAt: undefined });
    this.#table.touch();
    this.#pump();
  }

  network(online: boolean): void {
    if (this.#desk.hold.offline === !online) return;
    this.#desk.hold.offline = !online;
    if (online) this.goOnUnlessPaused();
    else this.#stopSending();
    this.#table.touch();
  }

  /** The page came to the front again, or the network did: whatever made us wait may be over. */
  goOnUnlessPaused(): void {
    if (!this.#desk.hold.paused) this.goOn();
  }

  cancel(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.#table.entries.get(id);
      if (entry === undefined || !cancellable.has(entry.row.phase)) continue;
      const { abort, uploadId } = entry;
      entry.abort = undefined;
      if (uploadId !== undefined) this.#cancels.set(uploadId, entry);
      this.#table.change(entry, { phase: "cancelled", note: undefined, sent: 0, retryAt: undefined });
      abort?.abort();
    }
    this.#pump();
  }

  retry(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.#table.entries.get(id);
      if (entry === undefined || !retriable.has(entry.row.phase)) continue;
      if (entry.file === undefined) {
        this.#table.change(entry, { phase: "missing", note: undefined });
        continue;
      }
      entry.rounds = 0;
      entry.acts = 0;
      if (entry.arrived > 0 && hasLostConnection(entry)) {
        this.#table.change(entry, { phase: "renewing", note: undefined, sent: entry.arrived });
        continue;
      }
      // The hash is taken anew: a file that failed may have been changed on disk since.
      entry.sha256 = undefined;
      if (entry.uploadId !== undefined) this.#cancels.set(entry.uploadId, undefined);
      this.#desk.anew(entry);
      this.#table.change(entry, { note: undefined });
    }
    this.#pump();
  }

  /** Puts rows that have come to their end out of sight. */
  clear(ids: Iterable<string>): void {
    this.#table.remove([...ids].filter((id) => settled.has(this.row(id)?.phase ?? "waiting")));
  }

  /**
   * Rows from before a reload. What the server is reading already is watched to its end; of the rest it is asked
   * first whether the bucket has it (F-4), and only then is the file needed.
   */
  restore(rows: readonly { remembered: Remembered; view: UploadView | undefined }[]): void {
    for (const { remembered, view } of rows) {
      if (this.#table.entries.has(remembered.id)) continue;
      const uploadId = view?.id ?? remembered.uploadId;
      const entry = this.#entry(remembered, uploadId);
      this.#table.add(entry);
      this.#again.put(remembered);
      this.#check.claim(entry);
      if (view?.state === "verifying") this.#desk.settle(entry, view);
      else if (uploadId !== undefined) this.#table.change(entry, { phase: "sent" });
    }
    this.#pump();
  }

  /** Leaves the desk: nothing more is sent, nothing more is asked. */
  close(): void {
    this.pause();
    this.#stopWake?.();
  }

  #take({ file, folder, source }: Picked): boolean {
    const judgement = judge(file, this.#doors);
    const id = this.#doors.clock.token();
    const refused = judgement.refused;
    const entry: Entry = {
      ...this.#entry(
        {
          id,
          token: id,
          name: file.name,
          folder,
          bytes: file.size,
          lastModified: file.lastModified,
          mime: "",
        },
        undefined,
      ),
      file,
      source,
      mime: judgement.refused === undefined ? judgement.mime : "",
    };
    entry.row = { ...entry.row, phase: refused === undefined ? "waiting" : "refused", note: refused };
    this.#table.add(entry);
    return refused === undefined;
  }

  #entry(from: Omit<Remembered, "owner" | "tab">, uploadId: string | undefined): Entry {
    const { id, name, folder, bytes } = from;
    const row: Row = {
      id,
      name,
      folder,
      bytes,
      phase: "missing",
      sent: 0,
      note: undefined,
      mediaId: undefined,
      retryAt: undefined,
    };
    return {
      id,
      token: from.token,
      file: undefined,
      source: from.source,
      mime: from.mime,
      lastModified: from.lastModified,
      sha256: from.sha256,
      uploadId,
      permit: undefined,
      arrived: 0,
      tries: 0,
      rounds: 0,
      acts: 0,
      alone: false,
      abort: undefined,
      row,
    };
  }

  #attach(entry: Entry, { file, source }: Picked): void {
    entry.file = file;
    entry.source = source ?? entry.source;
    const next: Phase =
      entry.uploadId !== undefined ? "renewing" : entry.sha256 !== undefined ? "hashed" : "waiting";
    this.#table.change(entry, { phase: next, note: undefined });
  }

  #stopSending(): void {
    for (const entry of this.#table.in("sending")) {
      const { abort } = entry;
      entry.abort = undefined;
      entry.tries -= 1;
      this.#table.change(entry, { phase: "issued", sent: entry.arrived });
      abort?.abort();
    }
    this.#desk.pace.reset();
  }

  #moved(entry: Entry): void {
    this.#check.moved(entry);
    if (settled.has(entry.row.phase)) this.#doors.forget(entry.id);
    // What the phases in between add is not needed to go on, and writing it down eight times a file is.
    else if (kept.has(entry.row.phase)) this.#doors.remember(entry);
  }

  /** One pass over the stages at a time: a stage that finds work changes rows, which must not start a pass within. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (const stage of this.#stages) stage.pump();
      this.#pumpCancels();
    } finally {
      this.#pumping = false;
    }
    const { wakeAt } = this.#desk.hold;
    this.#stopWake?.();
    this.#stopWake = undefined;
    const now = this.#doors.clock.now();
    if (wakeAt !== undefined && wakeAt >= now)
      this.#stopWake = this.#doors.clock.after(wakeAt - now + 1, () => {
        this.#table.touch();
        this.#pump();
      });
  }

  #pumpCancels(): void {
    if (this.#desk.hold.offline || this.#desk.hold.asking) return;
    for (const [uploadId, entry] of this.#cancels) {
      if (this.#cancelling >= cancelsMax) return;
      this.#cancels.delete(uploadId);
      void this.#cancelAtServer(uploadId, entry);
    }
  }

  async #cancelAtServer(uploadId: string, entry: Entry | undefined): Promise<void> {
    this.#cancelling += 1;
    const answer = await this.#desk.ask((api) => api.cancel(uploadId));
    this.#cancelling -= 1;
    if (answer === "later") this.#cancels.set(uploadId, entry);
    // It was finished before the wish arrived: say so instead of claiming that it is gone.
    else if (!(answer instanceof ApiFailure) && answer.state === "ready" && entry?.row.phase === "cancelled")
      this.#desk.settle(entry, answer);
    this.#pump();
  }

  #look(): QueueState {
    const { hold, pace } = this.#desk;
    const totals = this.#table.totals();
    const now = this.#doors.clock.now();
    this.#stateOf = totals;
    const view = hold.view();
    this.#holdOf = `${view?.why} ${view?.until}`;
    const moving = totals.count.sending > 0;
    const speed = moving ? pace.speed(now) : undefined;
    const left = totals.bytesWanted - totals.bytesSent;
    const secondsLeft = this.#smooth.next(speed === undefined ? undefined : left / speed, now);
    return { ...totals, hold: view, speed, secondsLeft };
  }
}
