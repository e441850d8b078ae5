/** Reads a bucket policy as far as a doctor must: which statement forbids something, which one opens it to everyone. */
import { z } from "zod";
import { StorageError } from "../storage/port.ts";
import { arnOf, aws, quoted, run } from "./advice.ts";
import type { Change } from "./finding.ts";
import type { Visit } from "./visit.ts";

const texts = z
  .union([z.string(), z.array(z.string())])
  .transform((one) => (typeof one === "string" ? [one] : one));
const statementShape = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.unknown().optional(),
  NotPrincipal: z.unknown().optional(),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Condition: z.record(z.string(), z.unknown()).optional(),
});
export type Statement = z.infer<typeof statementShape>;
const policyShape = z.object({
  Statement: z
    .union([statementShape, z.array(statementShape)])
    .transform((one) => (Array.isArray(one) ? one : [one])),
});

/** The statements of the bucket's own policy, none without one; undefined when it cannot be read or understood. */
export async function statementsOf(visit: Pick<Visit, "admin">): Promise<Statement[] | undefined> {
  try {
    const text = await visit.admin.policy();
    if (text === undefined) return [];
    return policyShape.safeParse(JSON.parse(text)).data?.Statement;
  } catch (error) {
    // A store without policies has none; one that may not be seen, or is not JSON, may say anything.
    return error instanceof StorageError && error.code === "unsupported" ? [] : undefined;
  }
}

/** `*` and `?` as policies mean them; actions are compared without regard to case. */
const fits = (pattern: string, text: string, flags = ""): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    flags,
  ).test(text);

function covers(statement: Statement, action: string, resource: string): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const acts =
    Action?.some((one) => fits(one, action, "i")) ?? !(NotAction ?? []).some((one) => fits(one, action, "i"));
  const reaches =
    Resource?.some((one) => fits(one, resource)) ?? !(NotResource ?? []).some((one) => fits(one, resource));
  return acts && reaches;
}

export const isEveryone = ({ Principal }: Statement): boolean =>
  Principal === "*" ||
  (typeof Principal === "object" &&
    Principal !== null &&
    Object.values(Principal).some(
      (one: unknown) => one === "*" || (Array.isArray(one) && one.includes("*")),
    ));

/** How a statement is called when it is spoken of. */
const nameOf = (one: Statement, all: readonly Statement[]): string =>
  one.Sid === undefined || one.Sid === ""
    ? `statement number ${all.indexOf(one) + 1}`
    : `statement "${one.Sid}"`;

/** Takes one statement out of the bucket policy and leaves the others. */
function without(visit: Visit, all: readonly Statement[], one: Statement): string[] {
  if (all.length === 1) return [aws(visit, "delete-bucket-policy")];
  const filter =
    one.Sid === undefined || one.Sid === ""
      ? `del(.Statement[${all.indexOf(one)}])`
      : `del(.Statement[] | select(.Sid == ${JSON.stringify(one.Sid)}))`;
  return [
    `${aws(visit, "get-bucket-policy")} --query Policy --output text | jq '${filter.replaceAll("'", "'\\''")}' > policy.json`,
    `${aws(visit, "put-bucket-policy")} --policy file://policy.json`,
  ];
}

/** The statement of the bucket policy that denies an action, if it is that; otherwise undefined. */
export async function deniedBy(
  visit: Visit,
  action: string,
  path?: string,
): Promise<{ name: string; change: Change } | undefined> {
  const all = (await statementsOf(visit)) ?? [];
  const denial = all.find((one) => one.Effect === "Deny" && covers(one, action, arnOf(visit, path)));
  if (denial === undefined) return undefined;
  const name = nameOf(denial, all);
  const where = path === undefined ? "this bucket" : `${path.split("/").slice(0, -1).join("/")}/`;
  return {
    name,
    change: run(
      `Take ${action} on ${where} out of the ${name}, or except these credentials from it. To remove the whole statement:`,
      ...without(visit, all, denial),
      "# it says:",
      ...commented(denial),
    ),
  };
}

/** As lines that a shell does not run. */
const commented = (statement: Statement): string[] =>
  JSON.stringify(statement, undefined, 2)
    .split("\n")
    .map((line) => `#   ${line}`);

/** A statement for everybody; `change` takes it out. */
export type Opening = { name: string; statement: Statement; bare: boolean; change: Change };

/** Statements that allow everybody something, those with a condition told apart; undefined when nobody can tell. */
export async function openToEveryone(visit: Visit): Promise<Opening[] | undefined> {
  const all = await statementsOf(visit);
  return all
    ?.filter((one) => one.Effect === "Allow" && isEveryone(one))
    .map((statement) => {
      const name = nameOf(statement, all);
      return {
        name,
        statement,
        bare: Object.keys(statement.Condition ?? {}).length === 0,
        change: run(
          `Take the ${name} out of the bucket policy:`,
          ...without(visit, all, statement),
          "# it says:",
          ...commented(statement),
        ),
      };
    });
}

/** Whether an open statement covers one of these actions anywhere below a path. */
export const opens = (
  visit: Visit,
  statement: Statement,
  actions: readonly string[],
  path?: string,
): boolean => actions.some((action) => covers(statement, action, arnOf(visit, path)));

/** What the store says about a refusal, when it says more than the code. */
export const reasonOf = (message: string): string => {
  const text = quoted(message);
  return text === "" || /^access denied\.?$/i.test(text) ? "" : ` The store says: ${text}`;
};
