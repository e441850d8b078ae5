/** What a kill -9 in the middle of five hundred simultaneous writes leaves behind. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { after, before, describe, it } from "node:test";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { postForm } from "../form-post.ts";
import type { Storage } from "../port.ts";
import { openStorage } from "../s3.ts";
import { bodiesOf, eventually, type StoreProcess, storeProcess } from "./testing.ts";

const writers = 500;
const acknowledgedBeforeKill = 120;
const Bucket = "tintype-crash";
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const sizes = [900, 40_000, 200_000, 400_000];
/** Large ones go to the disk another way. */
const bodyOf = (i: number): Buffer => randomBytes(i % 50 === 1 ? 4_500_001 : (sizes[i % sizes.length] ?? 1));

describe("kill -9 during five hundred simultaneous writes", () => {
  let store: StoreProcess;
  let client: S3Client;
  let storage: Storage & { close(): void };
  const source = randomBytes(100_000);

  before(async () => {
    store = await storeProcess(Bucket);
    await store.start();
    client = new S3Client({
      region: store.bucket.region,
      endpoint: store.bucket.endpoint,
      forcePathStyle: true,
      credentials: store.bucket.credentials,
      maxAttempts: 1,
      requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: writers }) },
    });
    storage = openStorage(store.bucket);
    await storage.provision({ origins: ["http://localhost:3000"] });
    await client.send(new PutObjectCommand({ Bucket, Key: `source/${sha256(source)}`, Body: source }));
    await Promise.all(
      Array.from({ length: writers / 5 }, (_, i) =>
        client.send(new PutObjectCommand({ Bucket, Key: `doomed/${i}`, Body: "doomed" })),
      ),
    );
  });
  after(async () => {
    client.destroy();
    storage.close();
    await store.remove();
  });

  const post = async (Key: string, data: Buffer): Promise<void> => {
    const promise = { bytes: data.length, contentType: "image/jpeg", expiresIn: 60 };
    const answer = await postForm({ ...(await storage.presignPost(Key, promise)), file: data });
    assert.equal(answer.status, 201);
  };
  const inParts = async (Key: string, data: Buffer): Promise<void> => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: data });
    const { ETag } = await client.send(part);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  };
  const put = (Key: string, Body: Buffer) => client.send(new PutObjectCommand({ Bucket, Key, Body }));

  it("loses nothing acknowledged, shows nothing half done and leaves nothing over", async () => {
    const kept: string[] = [];
    const gone: string[] = [];
    const shared = new Set<string>();
    /** Each resolves once the store has acknowledged. The digest in the key tells later what has to be there. */
    const write = async (i: number): Promise<void> => {
      const data = i % 5 === 3 ? source : bodyOf(i);
      const key = `kept/${i}-${sha256(data)}`;
      if (i % 5 === 4) {
        const Key = `doomed/${(i - 4) / 5}`;
        await client.send(new DeleteObjectCommand({ Bucket, Key }));
        gone.push(Key);
        return;
      }
      if (i % 20 === 0) {
        shared.add(sha256(data));
        await put("shared", data);
        return;
      }
      if (i % 5 === 0) await put(key, data);
      else if (i % 5 === 1) await post(key, data);
      else if (i % 5 === 2) await inParts(key, data);
      else {
        const CopySource = `${Bucket}/source/${sha256(source)}`;
        await client.send(new CopyObjectCommand({ Bucket, Key: key, CopySource }));
      }
      kept.push(key);
    };
    let killing: Promise<void> | undefined;
    const results = await Promise.allSettled(
      Array.from({ length: writers }, async (_, i) => {
        await write(i);
        if (kept.length + gone.length >= acknowledgedBeforeKill) killing ??= store.kill();
      }),
    );
    await killing;
    const broken = results.filter((result) => result.status === "rejected").length;
    assert.ok(broken > 50, `only ${broken} writes were under way at the kill`);

    await store.start();
    const found = new Set<string>();
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
      for (const { Key = "", Size } of page.Contents ?? []) {
        found.add(Key);
        const got = await client.send(new GetObjectCommand({ Bucket, Key }));
        const data = (await got.Body?.transformToByteArray()) ?? new Uint8Array();
        assert.equal(data.length, Size);
        if (Key.startsWith("kept/")) assert.equal(sha256(data), Key.split("-")[1], Key);
        if (Key === "shared") assert.ok(shared.has(sha256(data)));
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    for (const key of kept) assert.ok(found.has(key), `${key} was acknowledged and is lost`);
    for (const key of gone) assert.ok(!found.has(key), `${key} was deleted and is back`);

    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads)
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    await eventually(async () => (await bodiesOf(store.data)).length === found.size);
  });
});
