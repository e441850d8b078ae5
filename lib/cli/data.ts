/** `tintype migrate`, `tintype setup-link` */
import type { Command } from "commander";
import { Refusal } from "#lib/start/refusal.ts";

export function registerData(program: Command): void {
  program
    .command("migrate")
    .description("bring the database to this version's tables (start does it by itself)")
    .addHelpText(
      "after",
      "\nExample:\n  $ DATABASE_URL=postgres://user:password@host/tintype tintype migrate",
    )
    .action(() => {
      // Every command that is given a database has it migrated first.
      process.stdout.write("The tables are those of this version.\n");
    });
  program
    .command("setup-link")
    .description("a new one-time link for the first account, while there is no owner")
    .addHelpText("after", "\nExample:\n  $ tintype setup-link")
    .action(async () => {
      const { setupLink } = await import("#lib/accounts.ts");
      const { database } = await import("#lib/database.ts");
      const link = await setupLink(database().db);
      if (link === undefined)
        throw new Refusal(
          "There is an owner already. More accounts are made with: npm run tintype -- user add",
        );
      process.stdout.write(`${link}\n`);
    });
}
