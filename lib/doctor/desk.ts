/** What the page about the storage asks for, in the name of an administrator: facts, an examination, a trial. */
import { keptTotals } from "#db/queries/doctor.ts";
import type { Db } from "../database.ts";
import { settings } from "../env.ts";
import { TintypeError } from "../errors.ts";
import { canAdminister, type Viewer } from "../media.ts";
import { setupOf } from "../provision.ts";
import { take } from "../rate-limit.ts";
import * as trials from "./browser.ts";
import { countProbes, diagnose } from "./index.ts";
import type { BrowserFinding, Report, Trial } from "./trial.ts";
import { addressOfBucket, type Subject } from "./visit.ts";

type Asked = { viewer: Viewer | undefined };

/** Each examination costs the bucket some eighty requests. */
const examinations = { points: 20, seconds: 600 };
const trialsMax = { points: 40, seconds: 600 };

/** The administrator who asks. Throws unauthenticated, forbidden. */
function admin(viewer: Viewer | undefined): Viewer {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (!canAdminister(viewer)) throw new TintypeError("forbidden");
  return viewer;
}

function subject(db: Db): Subject {
  const setup = setupOf(settings());
  return { ...setup, origins: [new URL(setup.appUrl).origin], db };
}

/** Where things are kept. No secret, and nothing that has to be asked of the store. */
export type StorageFacts = {
  bucket: string;
  /** "" at the root of the bucket. */
  folder: string;
  region: string;
  /** The bucket's address from the server, and from browsers. */
  inside: string;
  outside: string;
  transport: "auto" | "post" | "put";
  mode: string;
  publicBase: string | undefined;
  encryption: string | undefined;
  pictures: number;
  bytes: number;
};

/** Throws unauthenticated, forbidden. */
export async function storageFacts(db: Db, { viewer }: Asked): Promise<StorageFacts> {
  admin(viewer);
  const { bucket, delivery, uploads } = setupOf(settings());
  const [totals, inside, outside] = await Promise.all([
    keptTotals(db),
    addressOfBucket({ ...bucket, publicEndpoint: bucket.endpoint }),
    addressOfBucket(bucket),
  ]);
  return {
    bucket: bucket.bucket,
    folder: bucket.location,
    region: bucket.region,
    inside,
    outside,
    transport: uploads.transport,
    mode: delivery.mode,
    publicBase: delivery.publicBase,
    encryption: bucket.encryption?.method,
    ...totals,
  };
}

/**
 * An examination as lines of JSON, each sent as soon as it is known: first `{ probes }`, their number, then the
 * findings. Ends when the reader leaves. Throws unauthenticated, forbidden, rate_limited.
 */
export async function examination(db: Db, { viewer }: Asked): Promise<ReadableStream<Uint8Array>> {
  await take(`doctor:${admin(viewer).id}`, examinations, db);
  const leaving = new AbortController();
  const examined = subject(db);
  const findings = diagnose(examined, { signal: leaving.signal });
  const line = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);
  return new ReadableStream({
    start(controller) {
      controller.enqueue(line({ probes: countProbes(examined) }));
    },
    async pull(controller) {
      const { value, done } = await findings.next();
      if (done === true) controller.close();
      else controller.enqueue(line(value));
    },
    async cancel() {
      leaving.abort();
      await findings.return(undefined);
    },
  });
}

/** Throws unauthenticated, forbidden, rate_limited; StorageError when the server itself cannot use the bucket. */
export async function beginTrial(db: Db, { viewer }: Asked): Promise<Trial> {
  await take(`trial:${admin(viewer).id}`, trialsMax, db);
  return trials.beginTrial(subject(db));
}

/** Judges a trial and removes its traces. `origin` is that of the page. Errors as in beginTrial. */
export async function endTrial(
  db: Db,
  { viewer, ...trial }: Asked & { id: string; origin: string; report: Report },
): Promise<{ findings: BrowserFinding[] }> {
  await take(`trial:${admin(viewer).id}`, trialsMax, db);
  return { findings: await trials.endTrial(subject(db), trial) };
}
