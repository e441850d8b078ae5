/** `tintype web`, `tintype worker`, `tintype store serve`: one process each, for more than one machine. */
import { pathToFileURL } from "node:url";
import { type Command, InvalidArgumentError } from "commander";

/** Runs a part in this process; it sees to its own signals and its own end. */
async function become(part: "web" | "worker" | "store"): Promise<void> {
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
  program
    .command("store")
    .description("the built-in object store")
    .command("serve")
    .description("serve the built-in store by itself")
    .option("--data <folder>", "the data folder (TINTYPE_DATA)")
    .option("--port <number>", "the port it listens on (TINTYPE_STORE_PORT)", parsePort)
    .addHelpText("after", "\nExample:\n  $ tintype store serve --data /srv/tintype --port 9100")
    .action(async (options: { data?: string; port?: string }) => {
      if (options.data !== undefined) process.env.TINTYPE_DATA = options.data;
      if (options.port !== undefined) process.env.TINTYPE_STORE_PORT = options.port;
      const { prepareStore } = await import("#lib/start/services.ts");
      await prepareStore();
      await become("store");
    });
}

function parsePort(text: string): string {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return text;
}
