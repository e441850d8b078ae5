/** The bucket itself: whether it is there, where it is, and how it is set up. */
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  type ListBucketsCommandOutput,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
} from "@aws-sdk/client-s3";
import { asking, failureOf, storageError } from "../failures.ts";
import { type Bucket, type CorsRule, type LifecycleRule, StorageError } from "../port.ts";
import { protection } from "./bucket-protection.ts";
import { type Connection, orAbsent } from "./connection.ts";
import { corsOf, lifecycleOf, s3CorsOf, s3LifecycleOf } from "./rules.ts";

/** S3's first region must not be named. The SDK's list of the others is AWS's own; other stores have other names. */
const isNamedRegion = (region: string): region is BucketLocationConstraint => region !== "us-east-1";

/** Where the bucket is, as even the answer "not here" and "not for you" says. */
export function regionIn(error: unknown): string | undefined {
  const response = error instanceof Error && "$response" in error ? error.$response : undefined;
  const headers =
    typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined;
  const region =
    typeof headers === "object" && headers !== null ? Reflect.get(headers, "x-amz-bucket-region") : undefined;
  return typeof region === "string" && region !== "" ? region : undefined;
}

export function bucketOf(connection: Connection): Bucket {
  const { client, deadline } = connection;
  const { bucket: Bucket, region } = connection.bucket;

  async function state(): ReturnType<Bucket["state"]> {
    try {
      await client.send(new HeadBucketCommand({ Bucket }), deadline());
      return "exists";
    } catch (error) {
      const { status } = failureOf(error);
      if (status === 404) return "absent";
      if (status === 403) return "denied";
      // It is there, in another region; whoever uses it will be told.
      if (status === 301) return "exists";
      // A signature for another region is refused before anyone looks whether the bucket is there.
      if (status === 400 && regionIn(error) !== undefined)
        throw new StorageError(
          "unavailable",
          `The bucket could not be looked up: the store is in the region ${regionIn(error)}; check S3_REGION.`,
          { cause: error },
        );
      throw storageError(error, "be looked up");
    }
  }

  async function create(): ReturnType<Bucket["create"]> {
    // Asked first: some stores answer 200 to creating what is there.
    if ((await state()) === "exists") return "exists";
    const CreateBucketConfiguration = isNamedRegion(region) ? { LocationConstraint: region } : undefined;
    return asking("be created", async () => {
      try {
        await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }), deadline());
        return "created";
      } catch (error) {
        // Two processes that start together both find it missing.
        if (failureOf(error).name === "BucketAlreadyOwnedByYou") return "exists";
        throw error;
      }
    });
  }

  async function remove(): Promise<void> {
    await asking("be removed", () => client.send(new DeleteBucketCommand({ Bucket }), deadline()));
  }

  async function all(): ReturnType<Bucket["all"]> {
    const found: { name: string; created: Date | undefined }[] = [];
    let token: string | undefined;
    do {
      const command: ListBucketsCommand = new ListBucketsCommand(
        token === undefined ? {} : { ContinuationToken: token },
      );
      const page: ListBucketsCommandOutput = await asking("be listed with the others", () =>
        client.send(command, deadline()),
      );
      for (const { Name, CreationDate } of page.Buckets ?? [])
        if (Name !== undefined) found.push({ name: Name, created: CreationDate });
      token = page.ContinuationToken === "" ? undefined : page.ContinuationToken;
    } while (token !== undefined);
    return found;
  }

  async function where(): Promise<string> {
    try {
      const head = await client.send(new HeadBucketCommand({ Bucket }), deadline());
      if (head.BucketRegion !== undefined) return head.BucketRegion;
    } catch (error) {
      const told = regionIn(error);
      if (told !== undefined) return told;
      if (failureOf(error).status === 404)
        throw new StorageError("not_found", `The bucket ${Bucket} does not exist.`, { cause: error });
      throw storageError(error, "tell its region");
    }
    const { LocationConstraint: place } = await asking("tell its region", () =>
      client.send(new GetBucketLocationCommand({ Bucket }), deadline()),
    );
    // The two oldest regions have names of their own here.
    if (place === undefined || String(place) === "") return "us-east-1";
    return place === "EU" ? "eu-west-1" : place;
  }

  async function cors(): Promise<CorsRule[]> {
    const answer = await asking("tell its CORS rules", () =>
      orAbsent(() => client.send(new GetBucketCorsCommand({ Bucket }), deadline())),
    );
    return (answer?.CORSRules ?? []).map(corsOf);
  }

  async function setCors(rules: readonly CorsRule[]): Promise<void> {
    const CORSConfiguration = { CORSRules: rules.map(s3CorsOf) };
    await asking("be given its CORS rules", async () => {
      if (rules.length === 0) await client.send(new DeleteBucketCorsCommand({ Bucket }), deadline());
      else await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration }), deadline());
    });
  }

  const rawLifecycle = async () => {
    const answer = await asking("tell its lifecycle rules", () =>
      orAbsent(() => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }), deadline())),
    );
    return answer?.Rules ?? [];
  };

  async function setLifecycle(rules: readonly LifecycleRule[]): Promise<void> {
    const current = await rawLifecycle();
    const Rules = rules.map((rule) => s3LifecycleOf(rule, current));
    await asking("be given its lifecycle rules", async () => {
      if (rules.length === 0) await client.send(new DeleteBucketLifecycleCommand({ Bucket }), deadline());
      else
        await client.send(
          new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
          deadline(),
        );
    });
  }

  return {
    name: Bucket,
    state,
    create,
    remove,
    all,
    region: where,
    cors,
    setCors,
    lifecycle: async () => (await rawLifecycle()).map(lifecycleOf),
    setLifecycle,
    ...protection(connection),
  };
}
