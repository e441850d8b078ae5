/** What the tests of the queue share. */
import { createHash, randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { PartPermit, UploadPermit, UploadView } from "#lib/media.ts";
import type { BeginFile } from "#lib/uploads/asked.ts";
import { type Api, ApiFailure } from "./api.ts";
import { Queue } from "./queue.ts";
import type { Row } from "./row.ts";
import type { Sent } from "./send-file.ts";

export const bytesMax = 1_000_000;

/** The world as the queue sees it: a server that keeps rows, a bucket, and a clock that moves when it is told to. */
export class World {
  now = 1_000_000;
  timers: { at: number; run: () => void }[] = [];
  rows = new Map<string, UploadView & { token: string }>();
  begins: BeginFile[][] = [];
  renewed: string[] = [];
  cancelled: string[] = [];
  probed: string[] = [];
  stored = new Set<string>();
  sending = 0;
  sendingMost = 0;
  sends: string[] = [];
  /** How files travel that are not larger than `threshold`. */
  transport: "post" | "put" = "post";
  threshold = Number.POSITIVE_INFINITY;
  partBytes = 10;
  /** Numbers of the parts that the bucket holds, by upload. */
  parts = new Map<string, Set<number>>();
  partsAsked: (number[] | undefined)[] = [];
  partsSent: number[] = [];
  flying = 0;
  flyingMost = 0;
  /** What the bucket does with a part; the default stores it. */
  part: (
    permit: PartPermit,
    part: Blob,
    signal: AbortSignal,
    progress: (bytes: number) => void,
  ) => Promise<Sent> = async () => ({ outcome: "stored" });
  /** What the bucket does with each whole file; the default stores it. */
  bucket: (id: string, signal: AbortSignal, progress: (bytes: number) => void) => Promise<Sent> = async (
    id,
  ) => {
    this.stored.add(id);
    return { outcome: "stored" };
  };
  /** Thrown by the next questions, first in first out; undefined lets one through. */
  trouble: (ApiFailure | undefined)[] = [];
  /** A declaration that makes the server refuse whatever batch it is in. */
  spoils: string | undefined;
  /** How many uploads may be open at once, and how often a declaration past that was refused. */
  openMax = Number.POSITIVE_INFINITY;
  refusals = 0;
  duplicates = new Map<string, string>();
  /** The state a completed upload gets to when it is asked about. */
  verdict: Partial<UploadView> = { state: "ready" };
  policySeconds = 600;
  remembered = new Map<string, unknown>();

  readonly queue: Queue;

  constructor() {
    const check = () => {
      const failure = this.trouble.shift();
      if (failure !== undefined) throw failure;
    };
    const expiresAt = () => new Date(this.now + this.policySeconds * 1000).toISOString();
    const permit = (id: string): UploadPermit => {
      const common = { id, expiresAt: expiresAt(), maxBytes: bytesMax };
      if ((this.rows.get(id)?.bytes ?? 0) > this.threshold) return { ...common, transport: "multipart" };
      const url = `http://bucket.example/${id}`;
      return this.transport === "put"
        ? { ...common, transport: "put", url, headers: { "if-none-match": "*" } }
        : { ...common, transport: "post", url, fields: { key: id } };
    };
    const countOf = (id: string) => Math.ceil((this.rows.get(id)?.bytes ?? 0) / this.partBytes);
    const isStored = (id: string) =>
      this.stored.has(id) || (this.parts.has(id) && this.parts.get(id)?.size === countOf(id));
    const api: Api = {
      begin: async (files) => {
        check();
        if (files.some((file) => file.filename === this.spoils))
          throw new ApiFailure(400, "bad_request", "Something is not as expected.");
        const open = [...this.rows.values()].filter(
          (row) => row.state === "issued" || row.state === "verifying",
        );
        if (open.length + files.length > this.openMax) {
          this.refusals += 1;
          throw new ApiFailure(429, "too_many_in_flight", "Many uploads are open.", 30);
        }
        this.begins.push(files);
        return files.map((file) => {
          const { clientToken } = file;
          const mediaId = this.duplicates.get(file.sha256);
          if (mediaId !== undefined) return { status: "duplicate", clientToken, mediaId };
          const id = `upload-${this.rows.size + 1}`;
          this.rows.set(id, { ...view(id, file), token: clientToken });
          return { status: "issued", clientToken, ...permit(id) };
        });
      },
      complete: async (ids) => {
        check();
        return ids.map((id) => {
          const row = this.rows.get(id);
          if (row === undefined) return { status: "refused", id, code: "not_found", message: "" };
          if (row.state === "issued" && !isStored(id))
            return { status: "refused", id, code: "object_missing", message: "" };
          if (row.state === "issued") row.state = "verifying";
          return { status: "known", ...row };
        });
      },
      status: async (ids) => {
        check();
        return ids.flatMap((id) => {
          const row = this.rows.get(id);
          if (row === undefined) return [];
          if (row.state === "verifying") Object.assign(row, { mediaId: `media-of-${id}` }, this.verdict);
          return { status: "known" as const, ...row };
        });
      },
      renew: async (id) => {
        check();
        this.renewed.push(id);
        return permit(id);
      },
      parts: async (id, numbers) => {
        check();
        const row = this.rows.get(id);
        if (row === undefined || row.state !== "issued") throw new ApiFailure(410, "gone", "gone");
        this.partsAsked.push(numbers);
        const stored = this.parts.get(id) ?? new Set();
        this.parts.set(id, stored);
        const count = countOf(id);
        const all = Array.from({ length: count }, (_, index) => index + 1);
        const permits = (numbers ?? all)
          .filter((number) => !stored.has(number))
          .slice(0, 16)
          .map((number) => ({
            number,
            bytes: Math.min(this.partBytes, row.bytes - this.partBytes * (number - 1)),
            url: `http://bucket.example/${id}?partNumber=${number}`,
            headers: {},
          }));
        return { id, partBytes: this.partBytes, count, stored: [...stored], permits, expiresAt: expiresAt() };
      },
      probe: async (id) => {
        check();
        this.probed.push(id);
        const row = this.rows.get(id);
        if (row === undefined) throw new ApiFailure(404, "not_found", "gone");
        return { ...row, stored: isStored(id) };
      },
      cancel: async (id) => {
        check();
        this.cancelled.push(id);
        const row = this.rows.get(id);
        if (row === undefined) throw new ApiFailure(404, "not_found", "gone");
        if (row.state === "issued" || row.state === "verifying") row.state = "cancelled";
        return row;
      },
      open: async () => [],
      skewMs: () => 0,
    };
    this.queue = new Queue({
      api,
      digest: async (file) =>
        createHash("sha256")
          .update(await file.text())
          .digest("hex"),
      send: async (permit, _file, { signal, onProgress }) => {
        const { id } = permit;
        this.sends.push(id);
        this.sending += 1;
        this.sendingMost = Math.max(this.sendingMost, this.sending);
        const sent = await this.bucket(id, signal, onProgress);
        this.sending -= 1;
        return sent;
      },
      sendPart: async (permit, part, { signal, onProgress }) => {
        const id = new URL(permit.url).pathname.slice(1);
        this.partsSent.push(permit.number);
        this.flying += 1;
        this.flyingMost = Math.max(this.flyingMost, this.flying + this.sending);
        const sent = await this.part(permit, part, signal, onProgress);
        this.flying -= 1;
        if (sent.outcome === "stored") this.parts.get(id)?.add(permit.number);
        return sent;
      },
      clock: {
        now: () => this.now,
        after: (ms, run) => {
          const timer = { at: this.now + ms, run };
          this.timers.push(timer);
          return () => {
            this.timers = this.timers.filter((other) => other !== timer);
          };
        },
        random: () => 0.5,
        token: () => randomUUID(),
      },
      frame: (run) => queueMicrotask(run),
      remember: (entry) => this.remembered.set(entry.id, entry.row.phase),
      forget: (id) => this.remembered.delete(id),
      bytesMax,
      videoBytesMax: bytesMax,
    });
  }

  add(...files: File[]) {
    return this.queue.add(files.map((file) => ({ file, folder: "", source: undefined })));
  }

  /** Lets everything happen that needs no time, then the timers of the next `ms`, each at its moment. */
  async pass(ms = 0): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      for (let n = 0; n < 20; n++) await turn();
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = end;
  }

  get all(): Row[] {
    return this.queue.state().order.flatMap((id) => this.queue.row(id) ?? []);
  }

  get phases(): string[] {
    return this.all.map((row) => row.phase);
  }
}

export const view = (id: string, file: BeginFile): UploadView => ({
  id,
  state: "issued",
  filename: file.filename,
  bytes: file.bytes,
  sha256: file.sha256,
  mediaId: null,
  rejectCode: null,
  message: null,
  createdAt: new Date(0).toISOString(),
});

export const picture = (name: string, text = name, lastModified = 1): File =>
  new File([text], name, { type: "image/jpeg", lastModified });
export const pictures = (n: number): File[] =>
  Array.from({ length: n }, (_, index) => picture(`IMG_${index}.jpg`));
