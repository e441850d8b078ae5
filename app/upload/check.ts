/** The first stage: hash each file, see whether the selection holds it twice, and ask the server for permits. */
import { type BeginAnswer, limits } from "#lib/media.ts";
import { type BeginFile, beginFileShape } from "#lib/uploads/asked.ts";
import { ApiFailure } from "./api.ts";
import type { Desk } from "./desk.ts";
import { Unreadable } from "./digest.ts";
import { settled } from "./row.ts";
import type { Entry } from "./table.ts";

const hashingMax = 2;
/** Hashed but not yet on their way: reading far ahead would fight the uploads for the disk. */
const aheadMax = 120;
/** Permits in hand: they expire, so no more than the next minutes can use. */
const issuedMax = 60;
const issuedMs = 240_000;
/** Below the server's cap on a JSON body, with room for the envelope. */
const batchBytesMax = limits.jsonBytesMax - 4_096;

/** What the server counts as open. */
const opened = [
  "issued",
  "renewing",
  "sending",
  "retrying",
  "probing",
  "sent",
  "completing",
  "verifying",
] as const;

export class Check {
  #asking = false;
  #openAtRefusal = 0;
  /** Which row stands for a content, so that a file chosen twice travels once. */
  #standsFor = new Map<string, string>();
  #twins = new Map<string, string[]>();
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  pump(): void {
    const { table, hold } = this.#desk;
    if (hold.all) return;
    const ahead = () => table.count("hashed") + table.count("beginning") + table.count("issued");
    while (table.count("hashing") < hashingMax && ahead() < aheadMax) {
      const entry = table.first("waiting");
      if (entry === undefined) break;
      void this.#hash(entry);
    }
    if (!this.#asking && this.#mayAsk() && this.#worthAsking()) void this.#begin();
  }

  /** Called for every change of phase: a twin follows the row that stands for it. */
  moved(entry: Entry): void {
    const { sha256 } = entry;
    if (sha256 === undefined || this.#standsFor.get(sha256) !== entry.id || !settled.has(entry.row.phase))
      return;
    const twins = this.#twins.get(entry.id) ?? [];
    this.#twins.delete(entry.id);
    const { table } = this.#desk;
    const gone = entry.row.phase === "cancelled" || entry.row.phase === "failed";
    if (gone) this.#standsFor.delete(sha256);
    for (const id of twins) {
      const twin = table.entries.get(id);
      if (twin?.row.phase !== "duplicate") continue;
      if (!gone && entry.row.phase === "refused")
        table.change(twin, { phase: "refused", note: entry.row.note });
      else if (!gone) table.change(twin, { mediaId: entry.row.mediaId });
      else this.known(twin, sha256);
    }
  }

  async #hash(entry: Entry): Promise<void> {
    const { table, doors, pump } = this.#desk;
    const { file } = entry;
    if (file === undefined) {
      table.change(entry, { phase: "missing" });
      return;
    }
    table.change(entry, { phase: "hashing" });
    try {
      const sha256 = await doors.digest(file);
      if (entry.row.phase === "hashing") this.known(entry, sha256);
    } catch (error) {
      if (entry.row.phase === "hashing")
        this.#desk.fail(entry, { code: error instanceof Unreadable ? "changed" : "unreadable" });
    }
    pump();
  }

  /** The content is known. Either it is new, or it is a row of this page already. */
  known(entry: Entry, sha256: string): void {
    const { table } = this.#desk;
    entry.sha256 = sha256;
    const other = table.entries.get(this.#standsFor.get(sha256) ?? "");
    if (other === undefined || other.id === entry.id || ["failed", "cancelled"].includes(other.row.phase)) {
      this.#standsFor.set(sha256, entry.id);
      table.change(entry, { phase: "hashed", note: undefined });
    } else if (other.row.phase === "missing") {
      // The file of a row from before a reload, under another name or in another place.
      other.file = entry.file;
      other.source = entry.source;
      table.remove([entry.id]);
      table.change(other, { phase: other.uploadId === undefined ? "hashed" : "renewing" });
    } else if (other.row.phase === "refused") {
      table.change(entry, { phase: "refused", note: other.row.note });
    } else if (settled.has(other.row.phase)) {
      // It may have been deleted from the gallery since: the server knows.
      this.#standsFor.set(sha256, entry.id);
      table.change(entry, { phase: "hashed", note: undefined });
    } else {
      this.#twins.set(other.id, [...(this.#twins.get(other.id) ?? []), entry.id]);
      table.change(entry, { phase: "duplicate", note: { code: "twin" }, mediaId: other.row.mediaId });
    }
  }

  /** A row from before a reload stands for its content without having been hashed here. */
  claim(entry: Entry): void {
    if (entry.sha256 !== undefined) this.#standsFor.set(entry.sha256, entry.id);
  }

  /** With too many uploads open the server is asked again when a whole batch of them has come to its end. */
  #mayAsk(): boolean {
    const { hold } = this.#desk;
    if (hold.declaring === "in_flight" && this.#open() <= this.#openAtRefusal - limits.batchMax)
      hold.mayDeclare();
    if (hold.declaring === undefined) return true;
    this.#openAtRefusal ||= this.#open();
    return false;
  }

  #open(): number {
    let sum = 0;
    for (const phase of opened) sum += this.#desk.table.count(phase);
    return sum;
  }

  #worthAsking(): boolean {
    const { table, lanes } = this.#desk;
    const hashed = table.count("hashed");
    if (hashed === 0 || table.count("issued") >= issuedMax) return false;
    const idle = table.count("issued") < lanes.count;
    const full = hashed >= limits.batchMax;
    const last = table.count("waiting") === 0 && table.count("hashing") === 0;
    return idle || ((full || last) && this.#bytesIssued() < this.#bytesAhead());
  }

  #bytesIssued(): number {
    let sum = 0;
    for (const entry of this.#desk.table.in("issued")) sum += entry.row.bytes;
    return sum;
  }

  /** What can be sent before the permits would expire; unknown speed counts as slow. */
  #bytesAhead(): number {
    const { pace, doors } = this.#desk;
    return ((pace.speed(doors.clock.now()) ?? 100_000) * issuedMs) / 1000;
  }

  #batch(): { entries: Entry[]; files: BeginFile[] } {
    const entries: Entry[] = [];
    const files: BeginFile[] = [];
    let bytes = 0;
    let payload = 0;
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    for (const entry of this.#desk.table.in("hashed")) {
      if (entries.length >= limits.batchMax || (entries.length > 0 && (entry.alone || entries[0]?.alone)))
        break;
      const file = beginFileShape.safeParse({
        clientToken: entry.token,
        filename: entry.row.name,
        bytes: entry.row.bytes,
        mime: entry.mime,
        sha256: entry.sha256,
        ...(entry.lastModified > 0 ? { lastModified: entry.lastModified } : {}),
        timeZone,
      });
      if (!file.success) {
        this.#desk.table.change(entry, { phase: "refused", note: { code: "bad_name" } });
        continue;
      }
      bytes += new TextEncoder().encode(JSON.stringify(file.data)).length + 1;
      payload += entry.row.bytes;
      const enough = entries.length >= this.#desk.lanes.count && payload > this.#bytesAhead();
      if (entries.length > 0 && (bytes > batchBytesMax || enough)) break;
      entries.push(entry);
      files.push(file.data);
    }
    return { entries, files };
  }

  async #begin(): Promise<void> {
    const { entries, files } = this.#batch();
    const { table } = this.#desk;
    if (entries.length === 0) return;
    this.#asking = true;
    this.#openAtRefusal = 0;
    for (const entry of entries) table.change(entry, { phase: "beginning" });
    const answers = await this.#desk.ask((api) => api.begin(files));
    this.#asking = false;
    if (answers === "later") this.#back(entries);
    else if (answers instanceof ApiFailure) this.#refused(entries, answers);
    else {
      const byToken = new Map(answers.map((answer) => [answer.clientToken, answer]));
      for (const entry of entries) this.#answered(entry, byToken.get(entry.token));
    }
    this.#desk.pump();
  }

  #back(entries: Entry[]): void {
    for (const entry of entries)
      if (entry.row.phase === "beginning") this.#desk.table.change(entry, { phase: "hashed" });
  }

  #refused(entries: Entry[], failure: ApiFailure): void {
    if (entries.length > 1 && (failure.status === 400 || failure.status === 413 || failure.status === 422)) {
      for (const entry of entries) entry.alone = true;
      this.#back(entries);
      return;
    }
    for (const entry of entries)
      if (entry.row.phase === "beginning") this.#desk.fail(entry, this.#desk.noteOf(failure));
  }

  #answered(entry: Entry, answer: BeginAnswer | undefined): void {
    const { table, hold } = this.#desk;
    if (answer?.status === "issued" || answer?.status === "known") entry.uploadId = answer.id;
    // Cancelled while the question was under way: the queue tells the server, now that there is an id to tell.
    if (entry.row.phase !== "beginning") {
      if (entry.uploadId !== undefined) this.#desk.giveUp(entry.uploadId, entry);
      return;
    }
    if (answer === undefined) {
      this.#desk.fail(entry, { code: "no_connection" });
      return;
    }
    if (answer.status === "issued") {
      this.#desk.permit(entry, answer);
      entry.tries = 0;
      table.change(entry, { phase: "issued", sent: entry.arrived });
    } else if (answer.status === "known") this.#desk.settle(entry, answer);
    else if (answer.status === "duplicate")
      table.change(entry, { phase: "duplicate", mediaId: answer.mediaId, note: undefined });
    else {
      const status = ["too_many_in_flight", "daily_limit", "rate_limited"].includes(answer.code) ? 429 : 422;
      const failure = new ApiFailure(status, answer.code, answer.message);
      if (status === 429 && hold.note(failure)) table.change(entry, { phase: "hashed" });
      else if (answer.code === "quota_exceeded") this.#desk.fail(entry, { text: answer.message });
      else table.change(entry, { phase: "refused", note: { text: answer.message } });
    }
  }
}
