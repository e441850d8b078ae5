/** The exact changes a finding asks for: variables, commands, documents. Nothing in here is ever a secret. */
import type { Change } from "./finding.ts";
import type { Subject } from "./visit.ts";

/** Variables of the environment or the .env file. */
export const set = (say: string, variables: Record<string, string>): Change => ({
  say,
  run: Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n"),
});

export const run = (say: string, ...lines: string[]): Change => ({ say, run: lines.join("\n") });

/** A command of the AWS command line on this bucket, for what is not Tintype's to change. */
export function aws(subject: Pick<Subject, "bucket">, operation: string): string {
  const { bucket, endpoint } = subject.bucket;
  const at = endpoint === undefined ? "" : ` --endpoint-url ${endpoint}`;
  return `aws${at} s3api ${operation} --bucket ${bucket}`;
}

/** China and the US government have partitions of their own, and with them other names for everything. */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** `arn:aws:s3:::bucket/some/prefix/incoming/*`; without a path, the bucket itself. */
export const arnOf = ({ bucket }: Pick<Subject, "bucket">, path?: string): string =>
  `arn:${partitionOf(bucket.region)}:s3:::${bucket.bucket}${path === undefined ? "" : `/${path}`}`;

/** A statement that lets these credentials do what was refused, for the policy of their user or role. */
export function grant(subject: Pick<Subject, "bucket">, actions: string[], path?: string): Change {
  const statement = { Effect: "Allow", Action: actions, Resource: [arnOf(subject, path)] };
  return run(
    "Let the policy of these credentials' user or role allow it (tintype storage policy show prints the whole policy):",
    JSON.stringify(statement, undefined, 2),
  );
}

/** Whole seconds and upwards, as people say it. */
export function spoken(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const [n, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}

/** "a, b and c" */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "nothing") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

/** Text from a store, short enough for a line and without anything that looks like a signature or a key. */
export const quoted = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/(signature|credential|token|secret)=[^&\s"]+/gi, "$1=…")
    .slice(0, 300);
