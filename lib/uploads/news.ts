/**
 * Waiting for the worker instead of asking again and again. One connection of each process listens; whoever waits is
 * woken when nothing of theirs is being verified any longer. Hearing nothing (a pooler that drops LISTEN, a
 * connection that was lost) only makes the answer as late as it was asked to be at most.
 */
import { newsChannel } from "#db/queries/uploads.ts";
import { database } from "../database.ts";
import { log } from "../log.ts";

/** A database that does not take the listener at once must not hold up the answer. */
const listenMsMax = 2_000;
/** Each holds a connection of the web server; past this, questions are answered at once. */
const waitersMax = 5_000;

type Waiter = { ownerId: string; told: boolean; heard: () => void };
type Desk = { waiters: Set<Waiter>; listening: Promise<unknown> | undefined };
const holder = globalThis as typeof globalThis & { tintypeNews?: Desk };
const desk = (): Desk => {
  holder.tintypeNews ??= { waiters: new Set(), listening: undefined };
  return holder.tintypeNews;
};

function wake(waiter: Waiter): void {
  waiter.told = true;
  waiter.heard();
}

async function listen(): Promise<void> {
  const here = desk();
  here.listening ??= database()
    .sql.listen(newsChannel, (ownerId) => {
      for (const waiter of here.waiters) if (waiter.ownerId === ownerId) wake(waiter);
    })
    .catch((error: unknown) => {
      here.listening = undefined;
      log("news").warn({ err: error }, "news of uploads cannot be heard");
    });
  const timer = Promise.withResolvers<void>();
  const late = setTimeout(timer.resolve, listenMsMax);
  await Promise.race([here.listening, timer.promise]);
  clearTimeout(late);
}

export type News = {
  /** Resolves when the owner's pictures are done, after `seconds`, or when nobody waits any longer. */
  wait(options: { seconds: number; signal: AbortSignal | undefined }): Promise<void>;
  end(): void;
};

/** Begins to listen for an owner; to be called before a state is read, so that nothing is missed between. */
export async function newsOf(ownerId: string): Promise<News | undefined> {
  const { waiters } = desk();
  if (waiters.size >= waitersMax) return undefined;
  const waiter: Waiter = { ownerId, told: false, heard: () => {} };
  waiters.add(waiter);
  // Not yet heard is lost: the state is read only when the database has taken the listener.
  await listen();
  return {
    wait: ({ seconds, signal }) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, seconds * 1000);
        waiter.heard = done;
        signal?.addEventListener("abort", done);
        if (waiter.told || signal?.aborted === true) done();
      }),
    end: () => waiters.delete(waiter),
  };
}

/** Answers everybody who waits, for a process that is about to end. */
export function endWaiting(): void {
  for (const waiter of desk().waiters) wake(waiter);
}
