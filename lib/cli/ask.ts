/** Questions to the person at the terminal. */
import { createInterface } from "node:readline/promises";
import { Refusal } from "#lib/start/refusal.ts";

export type Asking = {
  /** Every question is answered with yes. */
  yes?: boolean;
  /** False when nobody is to be asked: `--no-input`. */
  input?: boolean;
};

export type Question = {
  /** How things stand, in a sentence. */
  fact: string;
  question: string;
  /** What to say on the command line where nobody can be asked. */
  wayOn?: string;
};

/**
 * Whether to go on. `--yes` and `--no-input` say so in advance; without them and without a terminal there is nobody
 * to ask, which is refused in sentences that name the way on.
 */
export async function confirmed(
  asked: Question | string,
  asking: Asking,
  usualWayOn = "Nobody can be asked here: say --yes to go on.",
): Promise<boolean> {
  const {
    fact,
    question,
    wayOn = usualWayOn,
  } = typeof asked === "string" ? { fact: asked, question: "" } : asked;
  if (asking.yes === true || asking.input === false) return true;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) throw new Refusal(`${fact} ${wayOn}`);
  // To standard error: standard output may be on its way into a file.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      // Ctrl-C and Ctrl-D close it, and its own promise would then never end.
      terminal.once("close", () => resolve(""));
      terminal.question(`${`${fact} ${question}`.trim()} [y/N] `).then(resolve, reject);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
