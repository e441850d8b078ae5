/** Whether the bucket can be used as configured, and what it needs before browsers may send to it. */
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { corsRule, isSameCors } from "../cors-rule.ts";
import { failureOf } from "../failures.ts";
import { absentKey } from "../keys.ts";
import { type Bucket, type Storage, StorageError } from "../port.ts";
import { regionIn } from "./bucket.ts";
import type { Connection } from "./connection.ts";

/** How far the store's clock is ahead of ours; the answer's Date has whole seconds, hence the half. */
function skewOf(date: Date | undefined, sent: number, received: number): number {
  if (date === undefined) return 0;
  const skew = date.getTime() + 500 - (sent + received) / 2;
  return Math.abs(skew) <= 500 + (received - sent) / 2 ? 0 : Math.round(skew);
}

export function setup(
  connection: Connection,
  others: { head: Storage["head"]; bucket: Bucket },
): Pick<Storage, "probe" | "provision"> {
  const { bucket, location, region } = connection.bucket;

  /** Refuses with a sentence unless the bucket answers. */
  async function checkBucket(): Promise<void> {
    const refuse = (code: StorageError["code"], sentence: string, cause: unknown): StorageError =>
      new StorageError(code, sentence, { cause });
    try {
      await connection.client.send(new HeadBucketCommand({ Bucket: bucket }), connection.deadline());
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const { name, status } = failureOf(error);
      if (status === 404) throw refuse("not_found", `The bucket ${bucket} does not exist.`, error);
      if (status === 403)
        throw refuse(
          "denied",
          `The credentials may not use the bucket ${bucket}, or it belongs to someone else.`,
          error,
        );
      if (status === 400 && regionIn(error) === undefined)
        throw refuse(
          "unavailable",
          `The bucket ${bucket} cannot be asked for (400): the credentials have run out, or it is not in the region ${region}.`,
          error,
        );
      if (status === 301 || status === 400)
        throw refuse("unavailable", `The bucket ${bucket} is not in the region ${region}.`, error);
      throw refuse("unavailable", `The bucket ${bucket} cannot be reached: ${status ?? name}.`, error);
    }
  }

  async function probe(): Promise<{ clockSkewMs: number }> {
    const started = Date.now();
    await checkBucket();
    const clockSkewMs = skewOf(connection.serverDate(), started, Date.now());
    const found = await others.head(absentKey()).catch((error: unknown) => {
      if (error instanceof StorageError && error.code === "denied")
        throw new StorageError(
          "denied",
          `The bucket ${bucket} answers 403 for an object that is not there: the credentials need s3:ListBucket.`,
          { cause: error },
        );
      throw error;
    });
    if (found !== undefined)
      throw new StorageError(
        "unavailable",
        `The bucket ${bucket} has an object under every key: something in between answers for it.`,
      );
    return { clockSkewMs };
  }

  /** Other rules of the bucket stay: it may serve other sites as well. */
  async function provision(options: { origins: string[] }): Promise<void> {
    await others.bucket.create();
    const rule = corsRule(location, options.origins);
    const rules = await others.bucket.cors();
    if (rules.some((one) => isSameCors(one, rule))) return;
    await others.bucket.setCors([...rules.filter((one) => one.id !== rule.id), rule]);
  }

  return { probe, provision };
}
