/** `tintype start` with small stand-ins for web and worker: Postgres, store and supervisor are the real ones. */
import path from "node:path";
import { SettingsError } from "#lib/env.ts";
import { ownPrograms, start } from "../start.ts";
import { terminal } from "../terminal.ts";

const screen = terminal(
  (text) => process.stdout.write(text),
  (text) => process.stderr.write(text),
);
try {
  const code = await start({
    programs: {
      web: path.join(import.meta.dirname, "web.ts"),
      worker: path.join(import.meta.dirname, "worker.ts"),
      store: ownPrograms.store,
    },
    build: false,
    setupLink: async () => "http://localhost/setup/stand-in",
    terminal: screen,
  });
  process.exit(code);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  for (const problem of error.problems) process.stderr.write(`${problem}\n`);
  process.exit(1);
}
