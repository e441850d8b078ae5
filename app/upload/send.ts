/** The second stage: bytes into the bucket, several files at once, and what to do when that goes wrong (F-3, F-5, F-6). */
import { ApiFailure } from "./api.ts";
import type { Desk } from "./desk.ts";
import { backoff } from "./pace.ts";
import { Parts, type PartsEnd } from "./parts.ts";
import type { Sent } from "./send-file.ts";
import type { Entry, Permit } from "./table.ts";

/** a permit this close to its end is renewed before a byte moves. */
const renewAheadMs = 30_000;
const askingMax = 3;

export class Send {
  readonly #desk: Desk;
  #asking = 0;
  /** When the latest sending ended. */
  #idleSince: number | undefined;
  /** Files that travel whole take a lane each, those in parts one or more. */
  #whole = 0;
  #inParts = new Set<Parts>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  pump(): void {
    const { table, hold, lanes, doors } = this.#desk;
    if (hold.all) return;
    if (!hold.asking) {
      for (const phase of ["probing", "renewing"] as const)
        for (const entry of table.in(phase))
          if (this.#asking < askingMax && entry.abort === undefined)
            void (phase === "probing" ? this.#probe(entry) : this.#renew(entry));
    }
    while (this.#lanesTaken() < lanes.count) {
      const entry = table.first("issued");
      if (entry === undefined) break;
      const { permit } = entry;
      if (entry.file === undefined) table.change(entry, { phase: "missing" });
      else if (permit === undefined || permit.deadline - doors.clock.now() < renewAheadMs)
        table.change(entry, { phase: "renewing" });
      else void this.#send(entry, permit, entry.file);
      if (entry.row.phase === "renewing" && !hold.asking && this.#asking < askingMax) void this.#renew(entry);
    }
    for (const parts of this.#inParts) parts.pump();
  }

  #lanesTaken(): number {
    let sum = this.#whole;
    for (const parts of this.#inParts) sum += parts.lanes;
    return sum;
  }

  async #send(entry: Entry, permit: Permit, file: File): Promise<void> {
    const { table, doors, pump } = this.#desk;
    const abort = new AbortController();
    entry.abort = abort;
    entry.tries += 1;
    if (table.count("sending") === 0)
      this.#desk.pace.skip(doors.clock.now() - (this.#idleSince ?? doors.clock.now()));
    table.change(entry, { phase: "sending", sent: entry.arrived, retryAt: undefined, note: undefined });
    const onProgress = (bytes: number): void => {
      if (entry.row.phase === "sending" && entry.abort === abort) this.#progress(entry, bytes);
    };
    const sent =
      permit.transport === "multipart"
        ? await this.#sendParts(entry, permit.id, file, { signal: abort.signal, onProgress })
        : await this.#sendWhole(() => doors.send(permit, file, { signal: abort.signal, onProgress }));
    // Cancelled or paused while it was under way: whoever did that took the controller and said what the row is now.
    if (entry.abort === abort) {
      entry.abort = undefined;
      if (sent.outcome === "stored") table.change(entry, { phase: "sent", sent: entry.row.bytes });
      else if (sent.outcome === "aborted") table.change(entry, { phase: "issued", sent: entry.arrived });
      else if (sent.outcome === "answered") this.#ended(entry, sent.failure);
      else await this.#failed(entry, sent, file);
    }
    this.#idleSince = doors.clock.now();
    pump();
  }

  async #sendWhole(send: () => Promise<Sent>): Promise<Sent> {
    this.#whole += 1;
    try {
      return await send();
    } finally {
      this.#whole -= 1;
    }
  }

  async #sendParts(
    entry: Entry,
    id: string,
    file: File,
    options: { signal: AbortSignal; onProgress: (bytes: number) => void },
  ): Promise<PartsEnd> {
    const { doors, hold, lanes, pace, table, pump } = this.#desk;
    const parts = new Parts(file, options.signal, {
      ask: async (numbers) => {
        if (hold.asking) return "later";
        const answer = await this.#desk.ask((api) => api.parts(id, numbers));
        // Sets the clock for the moment when the server may be asked again.
        if (answer === "later") pump();
        return answer;
      },
      send: doors.sendPart,
      deadline: (iso) => this.#desk.localTime(iso),
      // A file that waits for its turn comes before a second lane for one that has its first.
      mayWiden: () => this.#lanesTaken() < lanes.count && table.count("issued") === 0,
      progress: (bytes, arrived) => {
        // What got through shows that the way is open: only tries that bring nothing are counted.
        if (arrived > entry.arrived) entry.rounds = 0;
        entry.arrived = arrived;
        options.onProgress(bytes);
      },
      found: (arrived) => {
        // Sent long ago: it would look like speed.
        if (arrived > entry.arrived) pace.reset();
        entry.arrived = arrived;
        if (!options.signal.aborted) table.change(entry, { sent: Math.max(entry.row.sent, arrived) });
      },
      failed: () => lanes.failed(),
      clock: doors.clock,
      pump,
    });
    this.#inParts.add(parts);
    parts.pump();
    try {
      return await parts.done;
    } finally {
      this.#inParts.delete(parts);
    }
  }

  #progress(entry: Entry, bytes: number): void {
    const { table, pace, lanes, doors } = this.#desk;
    table.change(entry, { sent: bytes });
    const now = doors.clock.now();
    const total = table.bytesSentEver();
    pace.note(now, total);
    if (this.#lanesTaken() >= lanes.count) lanes.note(now, total);
  }

  async #failed(entry: Entry, sent: Sent & { status: number }, file: File): Promise<void> {
    const { table, doors, hold, lanes } = this.#desk;
    if (hold.offline) {
      entry.tries -= 1;
      return table.change(entry, { phase: "issued", sent: entry.arrived });
    }
    const readable = await file
      .slice(0, 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      );
    if (entry.row.phase !== "sending" || entry.abort !== undefined) return;
    if (!readable) return this.#desk.fail(entry, { code: "changed" });
    if (sent.outcome === "refused") return this.#refused(entry);
    lanes.failed();
    // Each part has been tried as often as a whole file would be.
    const inParts = entry.permit?.transport === "multipart";
    const wait = inParts ? undefined : backoff(entry.tries, doors.clock.random);
    const deadline = entry.permit?.deadline ?? 0;
    if (wait === undefined || doors.clock.now() + wait > deadline)
      return table.change(entry, { phase: "probing", sent: entry.arrived });
    table.change(entry, { phase: "retrying", sent: entry.arrived, retryAt: doors.clock.now() + wait });
    doors.clock.after(wait, () => {
      if (entry.row.phase === "retrying") table.change(entry, { phase: "issued", retryAt: undefined });
      this.#desk.pump();
    });
  }

  /** F-6: the codes of an expired policy differ between stores, so a refusal gets one fresh permit, then an end. */
  #refused(entry: Entry): void {
    entry.rounds += 1;
    entry.tries = 0;
    if (entry.rounds > 1) this.#desk.fail(entry, { code: "bucket_refused" });
    else this.#desk.table.change(entry, { phase: "renewing", sent: entry.arrived });
  }

  /** F-5: after the tries are used up only the server can say whether the bucket has it. */
  async #probe(entry: Entry): Promise<void> {
    const view = await this.#question(entry, "probing", (id) => this.#desk.ask((api) => api.probe(id)));
    if (view === undefined) return;
    if (view.state !== "issued") this.#desk.settle(entry, view);
    else if (view.stored === true) this.#desk.table.change(entry, { phase: "sent", sent: entry.row.bytes });
    else if (entry.file === undefined) this.#desk.table.change(entry, { phase: "missing" });
    else {
      entry.rounds += 1;
      entry.tries = 0;
      if (entry.rounds > 1) this.#desk.fail(entry, { code: "no_connection" });
      else this.#desk.table.change(entry, { phase: "renewing" });
    }
    this.#desk.pump();
  }

  async #renew(entry: Entry): Promise<void> {
    const permit = await this.#question(entry, "renewing", (id) => this.#desk.ask((api) => api.renew(id)));
    if (permit === undefined) return;
    this.#desk.permit(entry, permit);
    this.#desk.table.change(entry, { phase: "issued" });
    this.#desk.pump();
  }

  /** Asks about one upload while its row stays in `phase`; undefined when there is nothing more to do now. */
  async #question<T>(
    entry: Entry,
    phase: "probing" | "renewing",
    ask: (id: string) => Promise<T | "later" | ApiFailure>,
  ): Promise<T | undefined> {
    if (entry.uploadId === undefined) {
      this.#desk.anew(entry);
      return undefined;
    }
    const marker = new AbortController();
    entry.abort = marker;
    this.#asking += 1;
    const answer = await ask(entry.uploadId);
    this.#asking -= 1;
    if (entry.abort === marker) entry.abort = undefined;
    if (entry.row.phase !== phase || answer === "later") {
      this.#desk.pump();
      return undefined;
    }
    if (!(answer instanceof ApiFailure)) return answer;
    this.#ended(entry, answer);
    this.#desk.pump();
    return undefined;
  }

  /** 404 and 410: the row is spent. 409: it has gone on without us, which a new act finds out. */
  #ended(entry: Entry, failure: ApiFailure): void {
    if ([404, 409, 410].includes(failure.status)) this.#desk.anew(entry);
    else this.#desk.fail(entry, this.#desk.noteOf(failure));
  }
}
