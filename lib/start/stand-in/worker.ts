/** Stands in for the worker in tests of the supervisor. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { settings } from "#lib/env.ts";

const { dataFolder } = settings();
const alive = setInterval(() => {}, 60_000);
process.send?.("ready");
process.on("SIGTERM", () => {
  writeFileSync(path.join(dataFolder, "worker-drained"), process.env.MALLOC_ARENA_MAX ?? "");
  clearInterval(alive);
});
