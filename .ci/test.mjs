/** `npm test` from a fresh clone: what is missing is installed before anything that needs it is loaded. */
import { ensureInstalled, Sentence } from "../bin/install.mjs";

try {
  await ensureInstalled((text) => console.log(text));
} catch (error) {
  if (!(error instanceof Sentence)) throw error;
  console.error(error.message);
  process.exit(1);
}
await import("./stages.mjs");
