/** One connection of one's own for one transaction that streams tables, and that can be given up half way. */
import { connect, type Sql } from "#db/client.ts";

export type Tx = Pick<Sql, "unsafe">;

/**
 * Runs `work` in a transaction. When it fails the connection is cut: a COPY that nobody reads any longer would hold up
 * the ROLLBACK behind it for ever. The server rolls back by itself. So it is when `signal` says to stop.
 */
export async function alone<T>(
  url: string,
  options: { begin: string; name: string; signal?: AbortSignal | undefined },
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { sql } = connect(url, { max: 1, name: options.name });
  let failure: { cause: unknown } | undefined;
  let result: { value: T } | undefined;
  const stop = (): void => {
    failure ??= { cause: options.signal?.reason };
    void sql.end({ timeout: 0 });
  };
  try {
    options.signal?.throwIfAborted();
    options.signal?.addEventListener("abort", stop, { once: true });
    await sql.begin(options.begin, async (tx) => {
      try {
        // A table of ten million rows takes longer than a page may.
        await tx.unsafe("set local statement_timeout = 0");
        await tx.unsafe("set local idle_in_transaction_session_timeout = 0");
        result = { value: await work(tx) };
      } catch (cause) {
        failure ??= { cause };
        void sql.end({ timeout: 0 });
        throw cause;
      }
    });
  } catch (error) {
    throw failure === undefined ? error : failure.cause;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await sql.end({ timeout: 5 });
  }
  if (result === undefined) throw new Error("The transaction ended without a result.");
  return result.value;
}

/** What a COPY … TO STDOUT tells, in pieces. The connection is free for the next statement when all of it was read. */
export async function* copyOut(tx: Tx, copy: string): AsyncGenerator<Uint8Array> {
  const rows = await tx.unsafe(copy).readable();
  yield* rows;
  // The driver stops listening while its reader is slow, and goes on when it is read from. When the end of the table
  // has come in the same packet nobody reads any more, and the next statement would wait for its answer for ever.
  rows._read(0);
}
