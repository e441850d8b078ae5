/**
 * The queue with a real browser around it. One for the whole visit, whatever pages are opened in between: a click on
 * the gallery must not end an upload. No React.
 */
import type { UploadView } from "#lib/media.ts";
import { ApiFailure, openApi } from "./api.ts";
import type { Clock } from "./desk.ts";
import { openDigest } from "./digest.ts";
import type { SizeLimits } from "./judge.ts";
import type { Remembered } from "./match.ts";
import { openMemory } from "./memory.ts";
import { Queue } from "./queue.ts";
import { sendFile, sendPart } from "./send-file.ts";
import { enterTab } from "./tabs.ts";

export type Uploads = {
  queue: Queue;
  /** Looks for what a reload interrupted and takes it over; the second call answers like the first. */
  recover(): Promise<Recovered>;
  /** Tells the server that uploads begun in another browser are given up. */
  discard(ids: readonly string[]): Promise<void>;
};
export type Recovered = {
  /** Being sent by another tab of this browser. */
  elsewhere: number;
  /** Open at the server, unknown to this browser: another device, or one whose memory was cleared. */
  strangers: UploadView[];
};

/** crypto.randomUUID is missing on plain http, such as a phone on the same network. */
export function token(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
  token,
};

/** A hidden tab gets no animation frames; the rows must be up to date when it is looked at again. */
const frame = (run: () => void): void => {
  if (document.hidden) setTimeout(run, 250);
  else requestAnimationFrame(run);
};

let current: { owner: string; uploads: Uploads } | undefined;

/** The uploads of this person; those of whoever was signed in before in this tab are let go. */
export function openUploads(owner: string, most: SizeLimits, base?: string): Uploads {
  if (current?.owner === owner) return current.uploads;
  current?.uploads.queue.close();
  const uploads = open(owner, most, base);
  current = { owner, uploads };
  return uploads;
}

function open(owner: string, most: SizeLimits, base: string | undefined): Uploads {
  const api = openApi(base);
  const tab = enterTab(token());
  const memory = openMemory(owner, tab.id);
  const queue = new Queue({
    api,
    digest: openDigest(),
    send: sendFile,
    sendPart,
    clock,
    frame,
    remember: memory.remember,
    forget: memory.forget,
    ...most,
  });

  addEventListener("online", () => queue.network(true));
  addEventListener("offline", () => queue.network(false));
  queue.network(navigator.onLine);
  // Coming back from signing in in another tab, or from sleep.
  addEventListener("focus", () => {
    if (queue.state().hold !== undefined) queue.goOnUnlessPaused();
  });
  addEventListener("beforeunload", (event) => {
    if (queue.state().inHand > 0) event.preventDefault();
  });

  let recovered: Promise<Recovered> | undefined;
  const recover = async (): Promise<Recovered> => {
    const { mine, others } = await memory.claim(tab.alive);
    const open = await api.open().catch((error: unknown) => {
      if (error instanceof ApiFailure) return [];
      throw error;
    });
    const byId = new Map(open.map((view) => [view.id, view]));
    queue.restore(mine.map((remembered) => ({ remembered, view: byId.get(remembered.uploadId ?? "") })));
    const known = new Set([...mine, ...others].flatMap((remembered) => remembered.uploadId ?? []));
    const strangers = open.filter((view) => !known.has(view.id) && !queue.knows(view.id));
    queue.restore(
      strangers
        .filter((view) => view.state === "verifying")
        .map((view) => ({ remembered: fromView(view, owner, tab.id), view })),
    );
    return {
      elsewhere: others.length,
      strangers: strangers.filter((view) => view.state === "issued"),
    };
  };

  return {
    queue,
    recover: () => {
      recovered ??= recover();
      return recovered;
    },
    discard: async (ids) => {
      for (const id of ids)
        await api.cancel(id).catch((error: unknown) => {
          // Gone already, or not reachable: it expires by itself within a day.
          if (!(error instanceof ApiFailure)) throw error;
        });
    },
  };
}

const fromView = (view: UploadView, owner: string, tab: string): Remembered => ({
  id: token(),
  token: token(),
  name: view.filename,
  folder: "",
  bytes: view.bytes,
  lastModified: 0,
  mime: "",
  sha256: view.sha256,
  uploadId: view.id,
  owner,
  tab,
});
