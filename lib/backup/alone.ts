/** One connection of one's own for one transaction that streams tables, and that can be given up half way. */
import { connect, type Sql } from "#db/client.ts";

export type Tx = Pick<Sql, "unsafe">;

/**
 * Runs `work` in a transaction. When it fails the connection is cut: a COPY that nobody reads any longer would hold up
 * the ROLLBACK behind it for ever. The server rolls back by itself.
 */
export async function alone<T>(
  url: string,
  options: { begin: string; name: string },
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { sql } = connect(url, { max: 1, name: options.name });
  let failure: { cause: unknown } | undefined;
  let result: { value: T } | undefined;
  try {
    await sql.begin(options.begin, async (tx) => {
      try {
        // A table of ten million rows takes longer than a page may.
        await tx.unsafe("set local statement_timeout = 0");
        await tx.unsafe("set local idle_in_transaction_session_timeout = 0");
        result = { value: await work(tx) };
      } catch (cause) {
        failure = { cause };
        void sql.end({ timeout: 0 });
        throw cause;
      }
    });
  } catch (error) {
    throw failure === undefined ? error : failure.cause;
  } finally {
    await sql.end({ timeout: 5 });
  }
  if (result === undefined) throw new Error("The transaction ended without a result.");
  return result.value;
}
