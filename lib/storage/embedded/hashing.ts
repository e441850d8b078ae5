/**
 * MD5 sums in a thread of their own. S3's ETag is one, and it costs more than all else that is done with a body: on
 * the main thread it would be what limits uploads.
 */
import { Worker } from "node:worker_threads";
import type { Order, Report } from "./hash-thread.ts";

type Waiting = { resolve(md5: Uint8Array | undefined): void; reject(error: unknown): void };

/** The sum of one body: pieces one after the other, each awaited. */
export type Sum = {
  add(at: number, bytes: number): Promise<void>;
  md5(): Promise<Buffer>;
  /** Nobody wants it any more. */
  forget(): void;
};

export class Hashing {
  #memory: SharedArrayBuffer;
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #bodies = 0;

  /** Sums are computed over this memory. The thread is started by the first of them. */
  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./hash-thread.ts", import.meta.url), { workerData: this.#memory });
    worker.unref();
    worker.on("message", ({ body, md5 }: Report) => {
      const waiting = this.#waiting.get(body);
      this.#waiting.delete(body);
      waiting?.resolve(md5);
    });
    const lose = (error: unknown): void => {
      // The next body has a new thread; those under way are refused, for their beginnings are lost.
      if (this.#worker === worker) this.#worker = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(error);
    };
    worker.once("error", lose);
    worker.once("exit", () => lose(new Error("The thread that computes sums has ended.")));
    this.#worker = worker;
    return worker;
  }

  begin(): Sum {
    const body = this.#bodies++;
    const worker = this.#thread();
    const ask = (order: Order): Promise<Uint8Array | undefined> =>
      new Promise((resolve, reject) => {
        if (this.#worker !== worker) {
          reject(new Error("The thread that computes sums has ended."));
          return;
        }
        this.#waiting.set(body, { resolve, reject });
        worker.postMessage(order);
      });
    return {
      async add(at, bytes) {
        await ask({ body, at, bytes });
      },
      md5: async () => Buffer.from((await ask({ body })) ?? new Uint8Array()),
      forget: () => worker.postMessage({ body, forget: true } satisfies Order),
    };
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
