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
    .addHelpText(
      "after",
      "\nExamples:\n  $ tintype build\n  $ TINTYPE_BUILD=.next-new tintype build          beside the one that is served",
    )
    .action(async () => {
      const { build } = await import("#lib/start/build.ts");
      await build(process.env);
    });
  for (const [part, text, example] of [
    ["web", "only the web process; build the pages first", "PORT=8080 tintype web"],
    [
      "worker",
      "only a worker: as many as you like, on as many machines as you like",
      "WORKER_CONCURRENCY=2 tintype worker",
    ],
  ] as const)
    program
      .command(part)
      .description(text)
      .addHelpText(
        "after",
        `
Examples:
  $ tintype ${part}
  $ ${example}

It works with DATABASE_URL and S3_BUCKET, or joins the Tintype that runs on this machine.`,
      )
      .action(async () => {
        const { joinServices } = await import("#lib/start/services.ts");
        await joinServices();
        await become(part);
      });
}
