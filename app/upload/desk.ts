/** What the stages of the queue share: the rows, the way outside, and how a row comes to its end. */
import type { PartPermit, PostPermit, PutPermit, UploadPermit, UploadStanding } from "#lib/media.ts";
import { type Api, ApiFailure } from "./api.ts";
import type { Hold } from "./hold.ts";
import type { Lanes, Pace } from "./pace.ts";
import type { Note } from "./row.ts";
import type { Sending, Sent } from "./send-file.ts";
import type { Entry, Frame, Table } from "./table.ts";

export type Clock = {
  /** Epoch ms. */
  now(): number;
  /** Runs once after `ms`; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  random(): number;
  /** A UUID. */
  token(): string;
};

/** Everything the queue needs from outside, so that a test can be its browser, its network and its clock. */
export type Doors = {
  api: Api;
  digest(file: File): Promise<string>;
  send(permit: PostPermit | PutPermit, file: File, options: Sending): Promise<Sent>;
  sendPart(permit: PartPermit, part: Blob, options: Sending): Promise<Sent>;
  clock: Clock;
  frame: Frame;
  /** Keeps what a reload needs to know of an entry that moved; forgets it when it has come to an end. */
  remember(entry: Entry): void;
  forget(id: string): void;
  bytesMax: number;
  videoBytesMax: number;
};

/** A picture is tried again from a fresh row at most so often before a person is asked. */
const roundsMax = 2;

export class Desk {
  readonly table: Table;
  readonly doors: Doors;
  readonly hold: Hold;
  readonly lanes: Lanes;
  readonly pace: Pace;
  /** Looks for work in every stage. */
  readonly pump: () => void;
  /** Tells the server, sooner or later, that an upload is cancelled. */
  readonly giveUp: (uploadId: string, entry: Entry) => void;

  constructor(parts: Pick<Desk, "table" | "doors" | "hold" | "lanes" | "pace" | "pump" | "giveUp">) {
    this.table = parts.table;
    this.doors = parts.doors;
    this.hold = parts.hold;
    this.lanes = parts.lanes;
    this.pace = parts.pace;
    this.pump = parts.pump;
    this.giveUp = parts.giveUp;
  }

  /** Asks the server. "later" means: put everything back as it was, the queue will come again. */
  async ask<T>(question: (api: Api) => Promise<T>): Promise<T | "later" | ApiFailure> {
    try {
      const answer = await question(this.doors.api);
      this.hold.answered();
      return answer;
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      const waits = this.hold.note(error);
      this.table.touch();
      return waits ? "later" : error;
    }
  }

  /** A moment the server named, on this machine's clock. */
  localTime(iso: string): number {
    return Date.parse(iso) - this.doors.api.skewMs();
  }

  permit(entry: Entry, permit: UploadPermit): void {
    entry.permit = { ...permit, deadline: this.localTime(permit.expiresAt) };
  }

  fail(entry: Entry, note: Note): void {
    this.table.change(entry, { phase: "failed", note, sent: 0, retryAt: undefined });
  }

  /** The server's word on an upload becomes the row's state. */
  settle(entry: Entry, view: UploadStanding): void {
    entry.uploadId = view.id;
    const { table } = this;
    const mediaId = view.mediaId ?? undefined;
    if (view.state === "ready") table.change(entry, { phase: "ready", mediaId, note: undefined });
    else if (view.state === "verifying") table.change(entry, { phase: "verifying", note: undefined });
    else if (view.state === "rejected" && view.rejectCode === "duplicate")
      table.change(entry, { phase: "duplicate", mediaId, note: undefined });
    else if (view.state === "rejected") {
      const note = { text: view.message ?? "", reject: view.rejectCode ?? undefined };
      const again = view.rejectCode === "checksum_mismatch" || view.rejectCode === "size_mismatch";
      table.change(entry, { phase: again || view.rejectCode === "internal" ? "failed" : "refused", note });
    } else if (view.state === "issued") {
      // Given back: the server could not tell whether the bucket has it.
      entry.rounds += 1;
      if (entry.rounds > roundsMax) this.fail(entry, { code: "no_connection" });
      else table.change(entry, { phase: "probing" });
    } else this.anew(entry);
  }

  /** The server's row is spent: the same file, as a new act. */
  anew(entry: Entry): void {
    entry.rounds += 1;
    entry.acts += 1;
    entry.token = this.doors.clock.token();
    entry.uploadId = undefined;
    entry.permit = undefined;
    entry.arrived = 0;
    entry.tries = 0;
    if (entry.file === undefined) this.table.change(entry, { phase: "missing", sent: 0 });
    // Parts that arrive set the rounds back; an upload that is given up again and again must end all the same.
    else if (Math.max(entry.rounds, entry.acts) > roundsMax) this.fail(entry, { code: "gone" });
    else this.table.change(entry, { phase: entry.sha256 === undefined ? "waiting" : "hashed", sent: 0 });
  }

  noteOf(failure: ApiFailure): Note {
    return failure.message === "" ? { code: "no_connection" } : { text: failure.message };
  }
}
