/** `tintype storage …`: the bucket from the command line, Tintype's own or any other. */
import type { Command } from "commander";
import { registerBucket } from "./bucket.ts";
import { registerGet } from "./get.ts";
import { addPlaceOptions } from "./group.ts";
import { registerObjects } from "./objects.ts";
import { registerProvision } from "./provision.ts";
import { registerPut } from "./put.ts";
import { registerRm } from "./rm.ts";
import { registerRules } from "./rules.ts";
import { registerUrl } from "./url.ts";

const examples = `
Keys are relative to S3_PREFIX. Without S3_BUCKET and without options it is the built-in store.
Credentials are S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or what AWS's own tools would take:
AWS_PROFILE, ~/.aws/credentials as aws configure writes it, single sign-on, a role of this machine.

Exit codes: 0 done · 1 refused or failed · 2 a wrong command line · 130 interrupted.
For exists: 0 it is there · 1 it is not there · 2 that could not be found out.

Examples:
  $ tintype storage bucket create my-photos --region ap-northeast-2
  $ tintype storage provision --bucket my-photos --region ap-northeast-2
  $ tintype storage ls media/
  $ tintype storage put -r photos/ backup/photos/
  $ tintype storage ls --bucket another --profile work --json`;

export function registerStorage(program: Command): Command {
  const storage = addPlaceOptions(
    program
      .command("storage")
      .description("the bucket: its objects, its settings, its policies; this one or any other")
      .configureHelp({ showGlobalOptions: true })
      .addHelpText("after", examples),
  );
  registerProvision(storage);
  registerBucket(storage);
  registerObjects(storage);
  registerPut(storage);
  registerGet(storage);
  registerRm(storage);
  registerUrl(storage);
  registerRules(storage);
  return storage;
}
