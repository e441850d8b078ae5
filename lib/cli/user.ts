/** `tintype user add | list | role | disable | enable | password` */
import { type Command, Option } from "commander";
import * as accounts from "#lib/accounts.ts";
import { database } from "#lib/database.ts";
import { type ErrorDetails, TintypeError } from "#lib/errors.ts";
import { type Role, roles } from "#lib/media.ts";
import { passwordMax, passwordMin } from "#lib/passwords.ts";
import { Refusal } from "#lib/start/refusal.ts";

const viewer = "operator";

const examples = `
Examples:
  $ tintype user add ann@example.org                     print a link with which Ann makes her own account
  $ tintype user add bob@example.org --name Bob --role admin --password-stdin < password.txt
  $ tintype user role ann@example.org viewer
  $ tintype user list --json`;

export function registerUser(program: Command): void {
  const user = program
    .command("user")
    .description("the people who have an account")
    .addHelpText("afterAll", examples);
  user
    .command("add")
    .argument("<email>")
    .description("make an account, or a link with which the person makes it; the link works once, for a week")
    .option("--name <name>", "the name others see (needed with --password-stdin)")
    .addOption(new Option("--role <role>", "what they may do").choices(roles).default("member"))
    .option("--password-stdin", "read the password from standard input, up to its end")
    .action((email: string, options: AddOptions) => told(email, () => add(email, options)));
  user
    .command("list")
    .description("everybody, by address")
    .option("--json", "one JSON object a line")
    .action((options: { json?: true }) => list(options.json === true));
  user
    .command("role")
    .argument("<email>")
    .argument("<role>", "admin, member or viewer")
    .description("give someone another role")
    .action((email: string, role: string) => told(email, () => changeRole(email, role)));
  for (const [name, text, change, done] of [
    [
      "disable",
      "shut someone out and end their sessions; their pictures stay",
      accounts.disable,
      "is shut out",
    ],
    ["enable", "let someone in again", accounts.enable, "may sign in again"],
  ] as const)
    user
      .command(name)
      .argument("<email>")
      .description(text)
      .action((email: string) =>
        told(email, async () => {
          const { db } = database();
          const { id } = await accounts.userByEmail(db, email);
          await change(db, { viewer, id });
          say(`${email} ${done}.`);
        }),
      );
  user
    .command("password")
    .argument("<email>")
    .requiredOption("--password-stdin", "read the password from standard input, up to its end")
    .description("set someone's password and end their sessions")
    .action((email: string) => told(email, () => changePassword(email)));
}

type AddOptions = { name?: string; role: Role; passwordStdin?: true };

async function add(email: string, { name, role, passwordStdin }: AddOptions): Promise<void> {
  const { db } = database();
  if (passwordStdin) {
    if (name === undefined) throw new Refusal("Say the person's name too: --name <name>.");
    const made = await accounts.addUser(db, { email, name, role, password: await passwordFromStdin() });
    say(`${made.email} has an account as ${made.role}.`);
    return;
  }
  if (role === "owner")
    throw new Refusal(
      "The owner's account is made with: tintype setup-link (or here, with --password-stdin).",
    );
  const link = await accounts.invite(db, { viewer, role, email });
  say(`Give this link to ${email}. It works once, for a week:\n${link}`);
}

async function list(json: boolean): Promise<void> {
  const { db } = database();
  let after: string | undefined;
  do {
    const page = await accounts.listUsers(db, { viewer, after });
    for (const row of page.users) say(json ? JSON.stringify(row) : line(row));
    if (page.total === 0 && !json)
      say("Nobody has an account yet. Make the owner's with: tintype setup-link");
    after = page.next;
  } while (after !== undefined);
}

const line = (row: accounts.UserRow): string =>
  [
    row.email.padEnd(32),
    row.role.padEnd(7),
    row.disabledAt === null ? "" : "disabled",
    `${row.media} pictures`,
    row.name,
  ]
    .filter((text) => text !== "")
    .join("  ");

async function changeRole(email: string, role: string): Promise<void> {
  const known = accounts.rolesFor(viewer).find((one) => one === role);
  if (known === undefined) throw new Refusal(`A role is admin, member or viewer, not ${role}.`);
  const { db } = database();
  const { id } = await accounts.userByEmail(db, email);
  await accounts.setRole(db, { viewer, id, role: known });
  say(`${email} is ${known} now.`);
}

async function changePassword(email: string): Promise<void> {
  const { db } = database();
  const { id } = await accounts.userByEmail(db, email);
  await accounts.setPassword(db, { id, password: await passwordFromStdin() });
  say(`The password of ${email} is changed, and their sessions are ended.`);
}

/** All of standard input but the line end that `echo` and editors add. */
async function passwordFromStdin(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part));
  return Buffer.concat(parts)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

/** Runs a command about one person and puts what may go wrong into a sentence. */
async function told(email: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    if (!(cause instanceof TintypeError)) throw cause;
    throw new Refusal(sentence(cause, email));
  }
}

function sentence({ code, details }: TintypeError, email: string): string {
  if (code === "not_found")
    return `There is no account of ${email}. tintype user list shows those there are.`;
  if (code === "forbidden") return "The owner can be neither disabled nor given another role.";
  if (code === "conflict")
    return details.role === "taken" ? "There is an owner already." : `${email} has an account already.`;
  if (code === "bad_request") return wrong(details, email);
  return `This did not work (${code}).`;
}

function wrong(details: ErrorDetails, email: string): string {
  if (details.email !== undefined) return `${email} is not an e-mail address.`;
  if (details.name !== undefined) return "A name has 1 to 100 characters.";
  if (details.password === "email") return "A password must not be the person's own address.";
  return `A password has ${passwordMin} to ${passwordMax} characters.`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
