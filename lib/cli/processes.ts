/** `tintype build`, `tintype web`, `tintype worker`: one process each, for more than one machine. */
import { pathToFileURL } from "node:url";
import type { Command } from "commander";

/** Runs a part in this process; it sees to its own signals and its own end. */
async function become(part: "web" | "worker"): Promise<void> {
  const { ownPrograms } = await import("#lib/start/start.ts");
  await import(pathToFileURL(ownPrograms[part]).href);
}

export function registerProcesses(program: Command): void {
  program
    .command("build")
    .description("build the pages if the sources changed (start does it by itself)")
    .action(async () => {
      const { build } = await import("#lib/start/build.ts");
      await build(process.env);
    });
  for (const [part, text] of [
    ["web", "only the web process; build the pages first"],
    ["worker", "only a worker: as many as you like, on as many machines as you like"],
  ] as const)
    program
      .command(part)
      .description(text)
      .action(async () => {
        const { joinServices } = await import("#lib/start/services.ts");
        await joinServices();
        await become(part);
      });
}
