/** Stands in for a part that needs something which is away for a while: it cannot start as long as FLAKY_FILE exists. */
import { existsSync } from "node:fs";

const file = process.env.FLAKY_FILE ?? "";
if (existsSync(file)) {
  process.stderr.write("The stand-in misses what it needs.\n");
  process.exit(1);
}
const watch = setInterval(() => {
  if (existsSync(file)) process.exit(3);
}, 10);
process.on("SIGTERM", () => clearInterval(watch));
process.send?.("ready");
