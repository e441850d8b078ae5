/** One visit to a bucket: what was set, the doors to it, and what the probes so far have learned. */
import { randomBytes } from "node:crypto";
import type { Db } from "../database.ts";
import type { Credentials } from "../delivery/sigv4.ts";
import type { BucketSettings } from "../env.ts";
import type { Setup } from "../provision.ts";
import type { Bucket, Storage } from "../storage/port.ts";
import { openBucket, openStorage } from "../storage/s3.ts";
import { type Answer, ask } from "./ask.ts";
import type { ProbeId } from "./finding.ts";
import { addressOf, signed, type Unsigned } from "./signed.ts";
import { type Traces, traces } from "./traces.ts";

/** What is examined. */
export type Subject = Setup & {
  /** Where the pages come from that upload: the site's own address first. */
  origins: readonly string[];
  /** undefined: the library is not compared with the bucket. */
  db: Db | undefined;
  /** The built pages of this machine; a page that asks has loaded its scripts already. */
  build?: { folder: string; id: string } | undefined;
};

export type Visit = Subject & {
  /** The bucket's address from here, and as browsers reach it; no trailing slash. */
  inside: string;
  outside: string;
  /** False when browsers are sent to the same address as this machine. */
  hasOutside: boolean;
  storage: Storage;
  browserStorage: Storage;
  admin: Bucket;
  traces: Traces;
  /** Signed with the credentials, at the address from here. Throws NoAnswer. */
  raw(request: Omit<Unsigned, "base">): Promise<Answer>;
  /** Signed by nobody. */
  anonymous(request: Omit<Unsigned, "base"> & { base?: string }): Promise<Answer>;
  credentials(): Credentials;
  facts: Facts;
  close(): void;
};

/** Filled in by one probe, read by later ones. */
export type Facts = {
  credentials?: Credentials;
  /** The store's answer to an unsigned question. */
  greeting?: Answer;
  /** … and to the first signed one: a list of one object of incoming/. */
  contact?: Answer;
  /** incoming/ may be listed, and a missing object answers 404. */
  mayList?: boolean;
  /** The store has POST Object. */
  posts?: boolean;
  /** The credentials are those of a web process that has its own. */
  isWebKey?: boolean;
  /** The probe that found a reason why nothing at all can be written. */
  unwritable?: ProbeId;
  /** … and that it is how the store reads its public access block. */
  blockMisread?: boolean;
  /** The probe that found a stranger at work. */
  strangerDoes?: ProbeId;
};

const placeholder = { accessKeyId: "address", secretAccessKey: "address" };

/** Where the SDK would send a request for this bucket: it knows every partition, style and endpoint. */
export async function addressOfBucket(bucket: BucketSettings): Promise<string> {
  const storage = openStorage({ ...bucket, credentials: placeholder });
  try {
    const { url } = await storage.presignPost("incoming/address", {
      bytes: 1,
      contentType: "image/png",
      expiresIn: 60,
    });
    return url.replace(/\/+$/, "");
  } finally {
    storage.close();
  }
}

/** Opens a bucket for examination; nothing is asked yet. `name` is part of every key that is written. */
export async function openVisit(subject: Subject, name = randomName()): Promise<Visit> {
  const { bucket } = subject;
  const own = { ...bucket, publicEndpoint: bucket.endpoint };
  const [inside, outside] = await Promise.all([addressOfBucket(own), addressOfBucket(bucket)]);
  const storage = openStorage(own);
  const browserStorage = openStorage(bucket);
  const admin = openBucket(bucket);
  const facts: Facts = {};
  const credentials = (): Credentials => {
    if (facts.credentials === undefined)
      throw new Error("The credentials were asked for before they were found.");
    return facts.credentials;
  };
  const raw: Visit["raw"] = (request) =>
    ask(signed({ ...request, base: inside }, { credentials: credentials(), region: bucket.region }));
  return {
    ...subject,
    inside,
    outside,
    hasOutside: inside !== outside,
    storage,
    browserStorage,
    admin,
    facts,
    credentials,
    raw,
    anonymous: ({ method, headers, body, ...where }) =>
      ask({
        method,
        url: addressOf({ base: inside, ...where }),
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
      }),
    traces: traces({ location: bucket.location, name, raw }),
    close() {
      storage.close();
      browserStorage.close();
      admin.close();
    },
  };
}

const digits = "abcdefghijklmnopqrstuvwxyz234567";
/** 26 characters: 130 random bits. */
export const randomName = (): string => Array.from(randomBytes(26), (byte) => digits[byte & 31]).join("");
