/** `tintype sample` */
import type { Command } from "commander";
import { Refusal } from "#lib/start/refusal.ts";

export function registerSample(program: Command): void {
  program
    .command("sample")
    .description("the sample pictures that “start --sample” brings")
    .command("remove")
    .description("take them out of the gallery and out of the bucket; your own pictures stay")
    .addHelpText("after", "\nExample:\n  $ tintype sample remove")
    .action(async () => {
      const { removeSamples } = await import("#lib/sample/remove.ts");
      const { database } = await import("#lib/database.ts");
      const count = await removeSamples(database().db, { viewer: "operator" });
      if (count === 0) throw new Refusal("There are no sample pictures in this gallery.");
      process.stdout.write(`${count} sample ${count === 1 ? "picture is" : "pictures are"} gone.\n`);
    });
}
