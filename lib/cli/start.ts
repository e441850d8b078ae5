/** `tintype start` */
import type { Command } from "commander";
import { terminal } from "#lib/start/terminal.ts";

const examples = `
Examples:
  $ tintype start
  $ tintype start --sample                                         with sample pictures in an empty gallery
  $ TINTYPE_DATA=/srv/tintype tintype start                        keep everything in another folder
  $ HOST=0.0.0.0 APP_URL=http://192.168.1.5:3000 tintype start     for phones on the same network`;

export function registerStart(program: Command): void {
  program
    .command("start")
    .description("start everything: web, worker, and a database and store unless you name your own")
    .option("--sample", "fill an empty gallery with sample pictures, which go again with one click")
    .addHelpText("after", examples)
    .action(async ({ sample = false }: { sample?: boolean }) => {
      // Loaded here and not above: help and the small commands answer at once.
      const { setupLink } = await import("#lib/accounts.ts");
      const { ownPrograms, start } = await import("#lib/start/start.ts");
      const screen = terminal(
        (text) => process.stdout.write(text),
        (text) => process.stderr.write(text),
      );
      const code = await start({ programs: ownPrograms, build: true, sample, setupLink, terminal: screen });
      process.exit(code);
    });
}
