/** Questions to the person at the terminal. */
import { createInterface } from "node:readline/promises";
import { Refusal } from "#lib/start/refusal.ts";

export type Asking = {
  /** Every question is answered with yes. */
  yes?: boolean;
  /** False when nobody is to be asked: `--no-input`. */
  input?: boolean;
};

/**
 * Whether to go on. `--yes` and `--no-input` say so in advance; without them and without a terminal there is nobody
 * to ask, which is refused in a sentence that names the way on.
 */
export async function confirmed(
  question: string,
  asking: Asking,
  wayOn = "Say --yes to go on without being asked.",
): Promise<boolean> {
  if (asking.yes === true || asking.input === false) return true;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
    throw new Refusal(`${question} There is nobody to ask here. ${wayOn}`);
  // To standard error: standard output may be on its way into a file.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
