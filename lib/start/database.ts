/** A database of one's own: whether it answers, told in a sentence. */
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { Refusal } from "./refusal.ts";

/** A server that is started together with Tintype may need so long. */
const patienceMs = 20_000;
const notYet = ["ECONNREFUSED", "57P03", "CONNECT_TIMEOUT", "ECONNRESET"];

const sentences: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "there is no such host",
  CONNECT_TIMEOUT: "it does not answer",
  ETIMEDOUT: "it does not answer",
  "57P03": "it is still starting",
  "28P01": "the password is wrong",
  "28000": "it refuses this user",
  "3D000": "it has no such database",
  "53300": "it has no connection left",
};

/** Throws Refusal when the server of DATABASE_URL cannot be used; waits for one that is only just starting. */
export async function refuseSilentDatabase(url: string): Promise<void> {
  const start = Date.now();
  for (;;) {
    const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
    try {
      await sql`select 1`;
      return;
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
      if (!notYet.includes(code) || Date.now() - start > patienceMs) {
        const { host, pathname } = new URL(url);
        const why = sentences[code] ?? (cause instanceof Error ? cause.message : String(cause));
        throw new Refusal(`The database of DATABASE_URL (${host}${pathname}) cannot be used: ${why}.`, {
          cause,
        });
      }
    } finally {
      await sql.end({ timeout: 1 });
    }
    await wait(500);
  }
}
