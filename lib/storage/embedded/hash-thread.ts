/** The thread that computes MD5 sums over shared memory; hashing.ts speaks to it. */
import { createHash, type Hash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";

/** Without `bytes` the sum of a body is asked for, or with `forget` nothing more of it. */
export type Order = { body: number; at?: number; bytes?: number; forget?: boolean };
export type Report = { body: number; md5?: Uint8Array };

const memory: unknown = workerData;
const sums = new Map<number, Hash>();

parentPort?.on("message", ({ body, at = 0, bytes, forget }: Order) => {
  if (!(memory instanceof SharedArrayBuffer)) throw new Error("The thread was given no memory.");
  const sum = sums.get(body) ?? createHash("md5");
  if (bytes === undefined) {
    sums.delete(body);
    if (forget !== true) parentPort?.postMessage({ body, md5: sum.digest() } satisfies Report);
    return;
  }
  sums.set(body, sum);
  sum.update(new Uint8Array(memory, at, bytes));
  parentPort?.postMessage({ body } satisfies Report);
});
