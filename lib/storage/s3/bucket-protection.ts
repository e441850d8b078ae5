/**
 * Who may do what with the bucket, and how it keeps its objects. Stores that have none of a setting answer 501, or
 * take the question for another one (a list, a creation): an answer without the setting in it means the same.
 */
import {
  DeleteBucketPolicyCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { asking } from "../failures.ts";
import { type Bucket, type PublicAccessBlock, StorageError } from "../port.ts";
import { type Connection, orAbsent } from "./connection.ts";

type Protection = Pick<
  Bucket,
  | "policy"
  | "setPolicy"
  | "publicAccessBlock"
  | "setPublicAccessBlock"
  | "ownership"
  | "setOwnership"
  | "versioning"
  | "encryption"
>;

/** What an answer must contain when the store knows the setting at all. */
function known<T>(value: T | undefined, setting: string): T {
  if (value === undefined) throw new StorageError("unsupported", `The store does not have ${setting}.`);
  return value;
}

const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
};

export function protection(connection: Connection): Protection {
  const { client, deadline } = connection;
  const { bucket: Bucket } = connection.bucket;

  async function policy(): Promise<string | undefined> {
    const answer = await asking("tell its policy", () =>
      orAbsent(() => client.send(new GetBucketPolicyCommand({ Bucket }), deadline())),
    );
    if (answer === undefined) return undefined;
    const text = answer.Policy ?? "";
    return known(isJson(text) ? text : undefined, "bucket policies");
  }

  async function setPolicy(document: string | undefined): Promise<void> {
    await asking("be given its policy", async () => {
      if (document === undefined) await client.send(new DeleteBucketPolicyCommand({ Bucket }), deadline());
      else await client.send(new PutBucketPolicyCommand({ Bucket, Policy: document }), deadline());
    });
  }

  async function publicAccessBlock(): Promise<PublicAccessBlock | undefined> {
    const answer = await asking("tell its public access block", () =>
      orAbsent(() => client.send(new GetPublicAccessBlockCommand({ Bucket }), deadline())),
    );
    if (answer === undefined) return undefined;
    const block = known(answer.PublicAccessBlockConfiguration, "a public access block");
    return {
      blockAcls: block.BlockPublicAcls === true,
      ignoreAcls: block.IgnorePublicAcls === true,
      blockPolicy: block.BlockPublicPolicy === true,
      restrictBuckets: block.RestrictPublicBuckets === true,
    };
  }

  async function setPublicAccessBlock(block: PublicAccessBlock): Promise<void> {
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: block.blockAcls,
      IgnorePublicAcls: block.ignoreAcls,
      BlockPublicPolicy: block.blockPolicy,
      RestrictPublicBuckets: block.restrictBuckets,
    };
    await asking("be given its public access block", () =>
      client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }), deadline()),
    );
  }

  async function ownership(): Promise<string | undefined> {
    const answer = await asking("tell its object ownership", () =>
      orAbsent(() => client.send(new GetBucketOwnershipControlsCommand({ Bucket }), deadline())),
    );
    if (answer === undefined) return undefined;
    return known(answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership, "a setting for object ownership");
  }

  async function setOwnership(wanted: "BucketOwnerEnforced"): Promise<void> {
    // A store without it would take what follows for the creation of a bucket.
    await ownership();
    const OwnershipControls = { Rules: [{ ObjectOwnership: wanted }] };
    await asking("be given its object ownership", () =>
      client.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }), deadline()),
    );
  }

  async function versioning(): ReturnType<Bucket["versioning"]> {
    const { Status } = await asking("tell its versioning", () =>
      client.send(new GetBucketVersioningCommand({ Bucket }), deadline()),
    );
    return Status === "Enabled" ? "on" : Status === "Suspended" ? "suspended" : "off";
  }

  async function encryption(): Promise<string | undefined> {
    const answer = await asking("tell its encryption", () =>
      orAbsent(() => client.send(new GetBucketEncryptionCommand({ Bucket }), deadline())),
    );
    if (answer === undefined) return undefined;
    const rule = answer.ServerSideEncryptionConfiguration?.Rules?.[0];
    return known(
      rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
      "a setting for the encryption of buckets",
    );
  }

  return {
    policy,
    setPolicy,
    publicAccessBlock,
    setPublicAccessBlock,
    ownership,
    setOwnership,
    versioning,
    encryption,
  };
}
