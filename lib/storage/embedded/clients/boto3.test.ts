/** Debian's boto3: the sequences of boto3-sequences.py, each in a Python of its own. */
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bench, bench } from "./testing.ts";

const program = path.join(import.meta.dirname, "boto3-sequences.py");

describe("boto3", () => {
  let at: Bench;
  before(async () => {
    at = await bench("boto3");
  });
  after(() => at.close());

  const passes = async (sequence: string): Promise<void> => {
    const { endpoint, region, credentials } = at.store.bucket;
    const env = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      // What a retry hides is a fault all the same.
      AWS_MAX_ATTEMPTS: "1",
    };
    await at.run("/usr/bin/python3", [program, endpoint, region, sequence], { env });
  };

  it("makes, finds, names and removes buckets, and learns why a name is no name", () => passes("buckets"));
  it("keeps keys apart that differ in a byte, and deletes them many at a time", () => passes("keys"));
  it("lists page by page, by folder, from any place, and empties a bucket", () => passes("lists"));
  it("reads ranges and makes reads, writes, copies and deletes depend on conditions", () =>
    passes("ranges_and_conditions"));
  it("keeps what is told beside the bytes, and copies or replaces it", () => passes("metadata"));
  it("uploads, copies, completes, lists and gives up parts", () => passes("multipart"));
  it("transfers files and pipes in parts and several at a time", () => passes("transfers"));
  it("has every checksum checked and given back", () => passes("checksums"));
  it("signs addresses for GET, HEAD, PUT and DELETE that cannot be changed", () =>
    passes("signed_addresses"));
  it("signs forms that take what was promised and nothing else", () => passes("forms"));
  it("addresses a bucket by host name", () => passes("host_names"));
  it("learns by 501 what the store does not have", () => passes("what_is_not_there"));
  it("does what django-storages does", () => passes("django_storages"));
});
