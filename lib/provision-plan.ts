/** What stands between a bucket as it is and as a gallery needs it, step by step; and taking the steps. */
import { type BucketPolicyOptions, bucketPolicy, type Statement } from "./iam.ts";
import {
  isBlockedEnough,
  type Setup,
  wantedCors,
  wantedLifecycle,
  wantedOwnership,
  wantedPublicAccess,
} from "./provision.ts";
import { blockInWords, corsInWords, lifecycleInWords } from "./provision-words.ts";
import { isSameCors } from "./storage/cors-rule.ts";
import {
  type Bucket,
  type CorsRule,
  type LifecycleRule,
  type PublicAccessBlock,
  StorageError,
} from "./storage/port.ts";

export const stepNames = ["bucket", "cors", "lifecycle", "public-access", "ownership", "policy"] as const;
export type StepName = (typeof stepNames)[number];

export type Step = {
  name: StepName;
  /** "change" is to be made; the last two leave things as they are, for the reason in `why`. */
  state: "ok" | "change" | "unsupported" | "denied";
  /** In words for people. */
  is: string;
  willBe: string;
  /** Why it is left as it is, or what is left out of it. */
  why?: string;
  /** Reads again what it adds to, so that what others changed meanwhile stays. A sentence when it went otherwise. */
  apply(): Promise<string | undefined>;
};

export type PlanOptions = BucketPolicyOptions & {
  steps: readonly StepName[];
  origins?: readonly string[];
  /** Whether an object can be stored; asked before and after what might shut out the gallery itself. */
  canStore: () => Promise<boolean>;
  /** A key of incoming/ that Tintype did not make, if there is one: clearing that folder would remove it. */
  foreignKey: () => Promise<string | undefined>;
};

/** Looks at everything, changes nothing. */
export async function planProvision(bucket: Bucket, setup: Setup, options: PlanOptions): Promise<Step[]> {
  const state = await bucket.state();
  const steps: Step[] = [];
  if (options.steps.includes("bucket")) steps.push(bucketStep(bucket, setup, state));
  const isThere = state !== "absent";
  for (const name of options.steps) {
    const look = lookers[name];
    if (look !== undefined)
      steps.push(await looked(name, isThere, () => look({ bucket, setup, options, isThere })));
  }
  return steps;
}

function bucketStep(bucket: Bucket, setup: Setup, state: "exists" | "absent" | "denied"): Step {
  const create = async (): Promise<undefined> => {
    await bucket.create();
  };
  const base = { name: "bucket" as const, apply: create };
  if (state === "exists") return { ...base, state: "ok", is: "exists", willBe: "exists" };
  if (state === "absent")
    return { ...base, state: "change", is: "missing", willBe: `made in ${setup.bucket.region}` };
  return {
    ...base,
    state: "denied",
    is: "unknown",
    willBe: "exists",
    why: "the credentials may not ask for it (s3:ListBucket), or it belongs to someone else",
  };
}

/** Of a setting that only other stores have. */
export const notInStore = "this store does not have it";

type Look = { bucket: Bucket; setup: Setup; options: PlanOptions; isThere: boolean };
type Looked = Pick<Step, "is" | "willBe" | "why" | "apply"> & { isOk: boolean };

const lookers: Record<StepName, ((look: Look) => Promise<Looked>) | undefined> = {
  bucket: undefined,
  cors: lookAtCors,
  lifecycle: lookAtLifecycle,
  "public-access": lookAtPublicAccess,
  ownership: lookAtOwnership,
  policy: lookAtPolicy,
};

/** A store that does not have the setting, or does not let it be seen, is a step that is left out and says so. */
async function looked(name: StepName, isThere: boolean, look: () => Promise<Looked>): Promise<Step> {
  try {
    const { isOk, ...step } = await look();
    return { name, state: isOk ? "ok" : "change", ...step, ...(isThere ? {} : { is: "no bucket yet" }) };
  } catch (error) {
    if (!(error instanceof StorageError) || (error.code !== "unsupported" && error.code !== "denied"))
      throw error;
    return {
      name,
      state: error.code,
      is: error.code === "unsupported" ? notInStore : "unknown",
      willBe: "left as it is",
      why: error.message,
      apply: async () => undefined,
    };
  }
}

async function lookAtCors({ bucket, setup, options, isThere }: Look): Promise<Looked> {
  const wanted = wantedCors(setup, options.origins);
  const current = isThere ? await bucket.cors() : [];
  return {
    isOk: wanted.every((rule) => current.some((one) => isSameCors(one, rule))),
    is: current.length === 0 ? "no rule" : current.map(corsInWords).join("; "),
    willBe: wanted.map(corsInWords).join("; ") + othersStay(withCors(current, wanted), wanted),
    apply: async () => {
      await bucket.setCors(withCors(await bucket.cors(), wanted));
      return undefined;
    },
  };
}

/** Others' rules stay, and stay first: the first that fits an origin counts. */
const withCors = (current: readonly CorsRule[], wanted: readonly CorsRule[]): CorsRule[] => [
  ...current.filter(({ id }) => id === undefined || !wanted.some((rule) => rule.id === id)),
  ...wanted,
];

function othersStay(after: readonly unknown[], wanted: readonly unknown[]): string {
  const count = after.length - wanted.length;
  if (count === 0) return "";
  return count === 1 ? " (and the other rule)" : ` (and the ${count} other rules)`;
}

async function lookAtLifecycle({ bucket, setup, options, isThere }: Look): Promise<Looked> {
  const current = isThere ? await bucket.lifecycle() : [];
  const versioned = isThere && (await isVersioned(bucket));
  const all = wantedLifecycle(setup, { versioned });
  const isSet = (rule: LifecycleRule): boolean => current.some((one) => isSameLifecycle(one, rule));
  const isClearing = (rule: LifecycleRule): boolean => rule.expireDays !== undefined;
  // What is cleared already was somebody's decision; what is not may hold what others still need.
  const asks = isThere && all.some((rule) => isClearing(rule) && !isSet(rule));
  const foreign = asks ? await options.foreignKey() : undefined;
  const wanted = foreign === undefined ? all : all.filter((rule) => !isClearing(rule));
  const ids = new Set(wanted.map(({ id }) => id));
  const others = (rules: LifecycleRule[]): LifecycleRule[] => rules.filter(({ id }) => !ids.has(id));
  return {
    isOk: wanted.every(isSet),
    ...(foreign === undefined
      ? {}
      : {
          why: `incoming/ is not cleared by the store: ${foreign} is not Tintype's and would be removed as well. Move what is not Tintype's, or give Tintype a folder of its own (S3_PREFIX), and run this again.`,
        }),
    is: current.length === 0 ? "no rule" : current.map(lifecycleInWords).join("; "),
    willBe: wanted.map(lifecycleInWords).join("; ") + othersStay([...others(current), ...wanted], wanted),
    apply: async () => {
      await bucket.setLifecycle([...others(await bucket.lifecycle()), ...wanted]);
      return undefined;
    },
  };
}

async function isVersioned(bucket: Bucket): Promise<boolean> {
  try {
    return (await bucket.versioning()) !== "off";
  } catch (error) {
    if (error instanceof StorageError && (error.code === "unsupported" || error.code === "denied"))
      return false;
    throw error;
  }
}

const isSameLifecycle = (a: LifecycleRule, b: LifecycleRule): boolean =>
  a.id === b.id &&
  a.prefix === b.prefix &&
  a.enabled === b.enabled &&
  a.expireDays === b.expireDays &&
  a.abortMultipartDays === b.abortMultipartDays &&
  a.noncurrentDays === b.noncurrentDays;

async function lookAtPublicAccess({ bucket, setup, options, isThere }: Look): Promise<Looked> {
  const wanted = wantedPublicAccess(setup);
  const current = isThere ? await bucket.publicAccessBlock() : undefined;
  return {
    isOk: isBlockedEnough(setup, current),
    is: blockInWords(current),
    willBe: blockInWords(wanted),
    async apply() {
      const before = await bucket.publicAccessBlock();
      const works = await watch(options);
      await bucket.setPublicAccessBlock(wanted);
      if (await works()) return undefined;
      await bucket.setPublicAccessBlock({ ...wanted, blockAcls: false });
      if (await works())
        return "this store refuses every upload while access lists are blocked, so they are ignored instead";
      await bucket.setPublicAccessBlock(before ?? nothingBlocked);
      throw new StorageError(
        "unsupported",
        "This store refuses every upload while public access is blocked.",
      );
    },
  };
}

const nothingBlocked: PublicAccessBlock = {
  blockAcls: false,
  ignoreAcls: false,
  blockPolicy: false,
  restrictBuckets: false,
};

/** Asks now and, when the answer is yes, again later: a store that reads a rule otherwise would lock us all out. */
async function watch(options: PlanOptions): Promise<() => Promise<boolean>> {
  return (await options.canStore()) ? options.canStore : async () => true;
}

async function lookAtOwnership({ bucket, isThere }: Look): Promise<Looked> {
  const current = isThere ? await bucket.ownership() : undefined;
  return {
    isOk: current === wantedOwnership,
    is:
      current === wantedOwnership ? "the bucket's owner, no access lists" : (current ?? "access lists count"),
    willBe: "the bucket's owner, no access lists",
    apply: async () => {
      await bucket.setOwnership(wantedOwnership);
      return undefined;
    },
  };
}

async function lookAtPolicy({ bucket, setup, options, isThere }: Look): Promise<Looked> {
  const wanted = bucketPolicy(setup, options).Statement;
  const current = isThere ? statementsOf(await bucket.policy()) : [];
  return {
    isOk: wanted.every((one) => current.some((other) => isSameStatement(other, one))),
    is: current.length === 0 ? "no policy" : current.map(sidOf).join(", "),
    willBe: withStatements(current, wanted).map(sidOf).join(", "),
    async apply() {
      const before = await bucket.policy();
      const Statement = withStatements(statementsOf(before), wanted);
      const works = await watch(options);
      await bucket.setPolicy(JSON.stringify({ Version: "2012-10-17", Statement }));
      if (await works()) return undefined;
      await bucket.setPolicy(before);
      throw new StorageError(
        "denied",
        "With this policy the store refused an upload that it took before; the former policy is back.",
      );
    },
  };
}

/** Statements of others are kept as they came; nothing is known of them but that they are JSON. */
const withStatements = (current: readonly unknown[], wanted: readonly Statement[]): unknown[] => [
  ...current.filter((one) => !wanted.some(({ Sid }) => Sid === sidOf(one))),
  ...wanted,
];

const sidOf = (statement: unknown): string =>
  typeof statement === "object" && statement !== null && "Sid" in statement
    ? String(statement.Sid)
    : "a statement without a name";

/** Throws StorageError when it is not a policy: what cannot be read must not be replaced. */
function statementsOf(document: string | undefined): unknown[] {
  if (document === undefined) return [];
  const parsed: unknown = JSON.parse(document);
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed))
    throw new StorageError("unavailable", "The policy of the bucket cannot be read as one.");
  return Array.isArray(parsed.Statement) ? parsed.Statement : [parsed.Statement];
}

/** S3 gives a list of one back as the one. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 1 ? plain(value[0]) : value.map(plain).sort();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, plain(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};
const isSameStatement = (a: unknown, b: unknown): boolean =>
  JSON.stringify(plain(a)) === JSON.stringify(plain(b));
