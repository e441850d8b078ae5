/**
 * POST policies as S3 reads them (docs.aws.amazon.com, "Creating a POST policy"): the form must be signed, every
 * field of it must be foreseen by a condition, and every condition must hold. Decided before a byte is kept.
 */
import { createHmac } from "node:crypto";
import { headerText } from "./encoding.ts";
import { S3Error } from "./s3-error.ts";
import {
  algorithm,
  checkedScope,
  expiresSecondsMax,
  hmac,
  type Keyring,
  parseAmzDate,
  sameText,
  signingKey,
} from "./sigv4.ts";

type Condition =
  | { kind: "eq" | "starts-with"; field: string; value: string }
  | { kind: "length"; min: number; max: number };

/** What a form may put into the bucket. */
export type AllowedPost = { key: string; fields: Map<string, string>; bytesMin: number; bytesMax: number };

const futureMsMax = 15 * 60_000;
/** The proof itself, and the file, need no condition. */
const exempt = new Set(["policy", "x-amz-signature", "awsaccesskeyid", "signature", "file"]);
/** Fields that the client must not fill with the name of its file. */
const unexpanded = new Set([
  "policy",
  "awsaccesskeyid",
  "signature",
  "x-amz-signature",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
]);

const invalid = (message: string): S3Error =>
  new S3Error("InvalidPolicyDocument", `Invalid Policy: ${message}`);
const failed = (condition: string): S3Error =>
  new S3Error("AccessDenied", `Invalid according to Policy: Policy Condition failed: ${condition}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function wholeNumber(value: unknown): number {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0)
    throw invalid("content-length-range takes two whole numbers.");
  return number;
}

function parseCondition(value: unknown): Condition[] {
  if (isRecord(value)) {
    return Object.entries(value).map(([field, expected]) => {
      if (typeof expected !== "string") throw invalid("a condition's value must be text.");
      return { kind: "eq", field: field.toLowerCase(), value: expected };
    });
  }
  if (!Array.isArray(value) || value.length !== 3)
    throw invalid("a condition must be an object or a list of three.");
  const [operator, first, second]: unknown[] = value;
  const kind = typeof operator === "string" ? operator.toLowerCase() : undefined;
  if (kind === "content-length-range")
    return [{ kind: "length", min: wholeNumber(first), max: wholeNumber(second) }];
  if (kind !== "eq" && kind !== "starts-with") throw invalid("unknown operator in a condition.");
  if (typeof first !== "string" || !first.startsWith("$") || typeof second !== "string")
    throw invalid(`${kind} takes the name of a field, led by $, and a text.`);
  return [{ kind, field: first.slice(1).toLowerCase(), value: second }];
}

function parsePolicy(base64: string): { expiration: number; conditions: Condition[] } {
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
  } catch (cause) {
    throw new S3Error("InvalidPolicyDocument", "Invalid Policy: not JSON in base64.", { cause });
  }
  if (!isRecord(policy)) throw invalid("not an object.");
  const { expiration, conditions } = policy;
  const expires =
    typeof expiration === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration)
      ? Date.parse(expiration)
      : Number.NaN;
  if (Number.isNaN(expires)) throw invalid("the expiration must be an ISO 8601 date in UTC.");
  if (!Array.isArray(conditions)) throw invalid("conditions must be a list.");
  return { expiration: expires, conditions: conditions.flatMap(parseCondition) };
}

/** The form that boto3 signs as long as it was told no region. Such a policy is in force until it expires. */
function checkVersion2(keyring: Keyring, accessKeyId: string, signature: string, policy: string): void {
  if (!sameText(accessKeyId, keyring.accessKeyId))
    throw new S3Error(
      "InvalidAccessKeyId",
      "The AWS access key ID that you provided does not exist in our records.",
    );
  const expected = createHmac("sha1", keyring.secretAccessKey).update(policy).digest("base64");
  if (!sameText(signature, expected))
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
    );
}

/** Checks that the owner of the secret key made this policy, and that it is in force. */
function verifySignature(keyring: Keyring, fields: Map<string, string>, now: number): string {
  const policy = fields.get("policy");
  // Without a policy the form is anonymous, and nobody may write anonymously.
  if (policy === undefined) throw new S3Error("AccessDenied", "Access Denied");
  const need = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined)
      throw new S3Error("InvalidArgument", `Bucket POST must contain a field named '${name}'.`);
    return value;
  };
  if (fields.has("awsaccesskeyid")) {
    checkVersion2(keyring, need("awsaccesskeyid"), need("signature"), policy);
    return policy;
  }
  if (need("x-amz-algorithm") !== algorithm)
    throw new S3Error("InvalidArgument", `X-Amz-Algorithm only supports "${algorithm}".`);
  const date = need("x-amz-date");
  const signature = need("x-amz-signature");
  const at = parseAmzDate(date);
  if (at === undefined) throw new S3Error("InvalidArgument", 'X-Amz-Date must look like "yyyyMMddTHHmmssZ".');
  checkedScope(keyring, need("x-amz-credential"), date, "InvalidArgument");
  if (fields.has("x-amz-security-token"))
    throw new S3Error("InvalidToken", "This store has no temporary credentials.");
  const expected = hmac(signingKey(keyring, date.slice(0, 8)), policy).toString("hex");
  if (!sameText(signature, expected))
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
    );
  if (at - now > futureMsMax || now - at > expiresSecondsMax * 1000)
    throw new S3Error("AccessDenied", "Invalid according to Policy: the signature is not in force.");
  return policy;
}

const holds = (condition: Condition, value: string): boolean => {
  if (condition.kind === "length") return true;
  if (condition.kind === "eq") return value === condition.value;
  // A list of types must fit item by item, or "image/png,text/html" would pass as an image.
  const items = condition.field === "content-type" ? value.split(",") : [value];
  return items.every((item) => item.trimStart().startsWith(condition.value));
};

/** `${filename}` in a field stands for the last part of what the browser called the file. */
function expanded(fields: Map<string, string>, filename: string): Map<string, string> {
  const base = filename.split(/[/\\]/).at(-1) ?? "";
  return new Map(
    [...fields].map(([name, value]) => [
      name,
      unexpanded.has(name) ? value : value.replace(/\$\{filename\}/g, () => base),
    ]),
  );
}

/**
 * Judges a form. Refuses with AccessDenied for a condition that fails, is missing or has expired, with
 * SignatureDoesNotMatch or InvalidAccessKeyId for a forged one. Values of `fields` come back as headers carry them.
 */
export function judgePost(
  keyring: Keyring,
  bucket: string,
  form: { fields: Map<string, string>; filename: string },
  now = Date.now(),
): AllowedPost {
  const { expiration, conditions } = parsePolicy(verifySignature(keyring, form.fields, now));
  if (now >= expiration) throw new S3Error("AccessDenied", "Invalid according to Policy: Policy expired.");
  const fields = expanded(form.fields, form.filename);
  if (fields.has("bucket") && fields.get("bucket") !== bucket) throw failed("bucket");

  let [bytesMin, bytesMax] = [0, Number.MAX_SAFE_INTEGER];
  const foreseen = new Set(exempt).add("bucket");
  for (const condition of conditions) {
    if (condition.kind === "length") {
      bytesMin = Math.max(bytesMin, condition.min);
      bytesMax = Math.min(bytesMax, condition.max);
      continue;
    }
    const value = condition.field === "bucket" ? bucket : fields.get(condition.field);
    if (value === undefined || !holds(condition, value))
      throw failed(`${condition.kind} $${condition.field}`);
    foreseen.add(condition.field);
  }
  for (const name of fields.keys())
    if (!foreseen.has(name) && !name.startsWith("x-ignore-"))
      throw new S3Error("AccessDenied", `Invalid according to Policy: Extra input fields: ${name}`);

  const key = fields.get("key");
  if (key === undefined || key === "")
    throw new S3Error("InvalidArgument", "Bucket POST must contain a field named 'key'.");
  const kept = new Map([...fields].map(([name, value]) => [name, headerText(value)]));
  return { key, fields: kept, bytesMin, bytesMax };
}
