/**
 * Waiting for news of uploads instead of asking again and again. One connection of each process listens; whoever waits
 * is woken by what a worker committed. Hearing nothing (a pooler that drops LISTEN) only makes the answer late.
 */
import { newsChannel } from "#db/queries/uploads.ts";
import { database } from "../database.ts";
import { log } from "../log.ts";

/** A database that does not take the listener at once must not hold up the answer. */
const listenMsMax = 2_000;
/** Each holds a connection of the web server; past this, questions are answered at once. */
const waitersMax = 5_000;

type Waiter = { pending: Set<string>; heard: () => void };
type Desk = { waiters: Set<Waiter>; listening: Promise<unknown> | undefined };
const holder = globalThis as typeof globalThis & { tintypeNews?: Desk };
const desk = (): Desk => {
  holder.tintypeNews ??= { waiters: new Set(), listening: undefined };
  return holder.tintypeNews;
};

async function listen(): Promise<void> {
  const here = desk();
  here.listening ??= database()
    .sql.listen(newsChannel, (id) => {
      for (const waiter of here.waiters) if (waiter.pending.delete(id)) waiter.heard();
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
  /**
   * Resolves when all is told, `gather` seconds after the first news (others follow soon and are told together), after
   * `seconds`, or when nobody waits any longer.
   */
  wait(known: {
    changed: boolean;
    seconds: number;
    gather: number;
    signal: AbortSignal | undefined;
  }): Promise<void>;
  end(): void;
};

/** Begins to listen for these uploads; to be called before their state is read, so that nothing is missed between. */
export async function newsOf(ids: readonly string[]): Promise<News | undefined> {
  const { waiters } = desk();
  if (waiters.size >= waitersMax) return undefined;
  // Not yet heard is lost: the state is read only when the database has taken the listener.
  await listen();
  const waiter: Waiter = { pending: new Set(ids), heard: () => {} };
  const before = waiter.pending.size;
  waiters.add(waiter);
  return {
    wait: ({ changed, seconds, gather: gatherSeconds, signal }) =>
      new Promise((resolve) => {
        const timers: NodeJS.Timeout[] = [];
        const done = (): void => {
          for (const timer of timers) clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        let gathering = false;
        const gather = (): void => {
          if (gathering) return;
          gathering = true;
          timers.push(setTimeout(done, Math.min(gatherSeconds, seconds) * 1000));
        };
        waiter.heard = () => (waiter.pending.size === 0 ? done() : gather());
        signal?.addEventListener("abort", done);
        timers.push(setTimeout(done, seconds * 1000));
        if (signal?.aborted === true || waiter.pending.size === 0) done();
        else if (changed || waiter.pending.size < before) gather();
      }),
    end: () => waiters.delete(waiter),
  };
}

/** Answers everybody who waits, for a process that is about to end. */
export function endWaiting(): void {
  for (const waiter of desk().waiters) {
    waiter.pending.clear();
    waiter.heard();
  }
}
