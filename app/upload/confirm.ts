/** The last stage: tell the server what arrived, then wait for its news until every row has its end. */
import { type CompleteAnswer, limits } from "#lib/media.ts";
import { ApiFailure } from "./api.ts";
import type { Desk } from "./desk.ts";
import type { Entry } from "./table.ts";

const gatherMs = 250;
const pollNextMs = 150;
const pollMaxMs = 5_000;
/**
 * The server holds a question back until all is done, or so many seconds. Who has waited for a while waits a quarter of
 * that again: a slow server is asked less often, not more.
 */
const waitAfter = (waitedMs: number): number => Math.min(5, Math.max(2, waitedMs / 4_000));

export class Confirm {
  readonly #desk: Desk;
  #completing = false;
  #gathering = false;
  #polling = false;
  #pollMs = pollNextMs;
  /** When the first of those that are waited for came here. */
  #since: number | undefined;
  #stopPoll: (() => void) | undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  pump(): void {
    const { table, hold, doors } = this.#desk;
    if (hold.asking) return;
    const sent = table.count("sent");
    if (sent > 0 && !this.#completing) {
      if (sent >= limits.batchMax || table.count("sending") === 0) void this.#complete();
      else if (!this.#gathering) {
        this.#gathering = true;
        doors.clock.after(gatherMs, () => {
          this.#gathering = false;
          if (!this.#completing && !hold.asking) void this.#complete();
        });
      }
    }
    if (table.count("verifying") > 0 && !this.#polling && this.#stopPoll === undefined)
      this.#stopPoll = doors.clock.after(this.#pollMs, () => {
        this.#stopPoll = undefined;
        if (!hold.asking) void this.#poll();
      });
  }

  async #complete(): Promise<void> {
    const { table, pump } = this.#desk;
    const entries = firstOf(table.in("sent"));
    if (entries.length === 0) return;
    this.#completing = true;
    for (const entry of entries) table.change(entry, { phase: "completing" });
    const answers = await this.#desk.ask((api) =>
      // Rows from before a reload were never seen to arrive: nothing was sent for them here.
      api.complete(
        idsOf(entries),
        entries.some((entry) => entry.tries === 0),
      ),
    );
    this.#completing = false;
    if (answers === "later" || answers instanceof ApiFailure) {
      for (const entry of entries) {
        if (entry.row.phase !== "completing") continue;
        if (answers === "later") table.change(entry, { phase: "sent" });
        else this.#desk.fail(entry, this.#desk.noteOf(answers));
      }
    } else this.#take(entries, answers, "completing");
    this.#pollMs = pollNextMs;
    pump();
  }

  /** The rows that have waited longest, a batch at a time: the worker takes them in that order too. */
  async #poll(): Promise<void> {
    const { table, pump, doors } = this.#desk;
    const entries = firstOf(table.in("verifying"));
    if (entries.length === 0) return;
    this.#polling = true;
    const asked = doors.clock.now();
    this.#since ??= asked;
    const wait = waitAfter(asked - this.#since);
    const answers = await this.#desk.ask((api) => api.status(idsOf(entries), wait));
    this.#polling = false;
    if (Array.isArray(answers)) this.#take(entries, answers, "verifying");
    const silent = entries.every((entry) => entry.row.phase === "verifying");
    // Answered at once, and without news: a server that does not hold questions back must not be asked all the time.
    if (silent && doors.clock.now() - asked < 1_000)
      this.#pollMs = Math.min(pollMaxMs, Math.max(1_000, this.#pollMs * 1.4));
    else this.#pollMs = pollNextMs;
    if (table.count("verifying") === 0) this.#since = undefined;
    pump();
  }

  #take(entries: Entry[], answers: CompleteAnswer[], phase: "completing" | "verifying"): void {
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    for (const entry of entries) {
      if (entry.row.phase !== phase) continue;
      const answer = byId.get(entry.uploadId ?? "");
      if (answer?.status === "known") {
        if (answer.state !== phase) this.#desk.settle(entry, answer);
      } else this.#unknown(entry, answer, phase);
    }
  }

  #unknown(entry: Entry, answer: CompleteAnswer | undefined, phase: "completing" | "verifying"): void {
    const { table } = this.#desk;
    if (answer?.status !== "refused") {
      // Not answered for: asked about again with the next batch.
      if (phase === "completing") table.change(entry, { phase: "sent" });
    } else if (answer.code === "object_missing") {
      // F-10: the bucket said it was stored, and it is not. A row kept from before a reload is simply not sent yet.
      entry.rounds += 1;
      if (entry.file === undefined) table.change(entry, { phase: "missing", sent: 0 });
      else if (entry.rounds > 2) this.#desk.fail(entry, { code: "no_connection" });
      else table.change(entry, { phase: "renewing", sent: entry.arrived });
    } else if (answer.code === "gone" || answer.code === "not_found") this.#desk.anew(entry);
    else if (answer.code.endsWith("_unavailable")) {
      if (phase === "completing") {
        this.#desk.hold.note(new ApiFailure(503, answer.code, answer.message));
        table.change(entry, { phase: "sent" });
      }
    } else this.#desk.fail(entry, { text: answer.message });
  }
}

function firstOf(entries: Iterable<Entry>): Entry[] {
  const some: Entry[] = [];
  for (const entry of entries) {
    some.push(entry);
    if (some.length === limits.batchMax) break;
  }
  return some;
}

const idsOf = (entries: Entry[]): string[] => entries.flatMap((entry) => entry.uploadId ?? []);
