/** CopyObject and where copies come from. Bodies never change, so a copy is a second name for the same bytes. */
import { randomBytes } from "node:crypto";
import type { Sealed } from "./bodies.ts";
import { type Checksum, checksumElements, checksumKind, Meter, nothingPromised } from "./checksums.ts";
import { checkWrite, isUnchanged } from "./conditions.ts";
import { uriDecode } from "./encoding.ts";
import { bytesOf, type OpenObject, openObject } from "./reading.ts";
import { checkedKey } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Bucket, Details, StoredObject } from "./schema.ts";
import {
  bucketNamed,
  type Call,
  commitBodies,
  detailsOf,
  objectBytesMax,
  removeBodies,
  type Store,
} from "./store.ts";
import { document } from "./xml.ts";

/** The object that x-amz-copy-source names, `/bucket/key` in percent-encoding. */
function copySource(call: Call): { bucket: Bucket; key: string } {
  const header = call.request.headers.get("x-amz-copy-source") ?? "";
  const [name = "", version] = header.split("?versionId=");
  if (version !== undefined && version !== "null")
    throw new S3Error("NotImplemented", "This store keeps no versions.");
  const path = uriDecode(name).replace(/^\//, "");
  const slash = path.indexOf("/");
  if (slash < 1 || slash === path.length - 1)
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: /bucket/key");
  return { bucket: bucketNamed(call.store, path.slice(0, slash)), key: checkedKey(path.slice(slash + 1)) };
}

/** Opens the source of a copy once its conditions hold. The caller closes it. */
export async function openCopySource(call: Call): Promise<OpenObject> {
  const source = copySource(call);
  const opened = openObject(call.store, source.bucket, source.key);
  const conditions = new Map(
    [...call.request.headers]
      .filter(([name]) => name.startsWith("x-amz-copy-source-if-"))
      .map(([name, value]) => [name.slice("x-amz-copy-source-".length), value]),
  );
  try {
    if (isUnchanged(conditions, opened.object))
      throw new S3Error(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
      );
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What the copy keeps: what the source has, or what the request says, for the headers and for the tags. */
function copiedDetails(call: Call, source: StoredObject, isSame: boolean): Details {
  const { headers } = call.request;
  const directive = (name: string): string => {
    const value = headers.get(name)?.toUpperCase() ?? "COPY";
    if (value !== "COPY" && value !== "REPLACE")
      throw new S3Error("InvalidArgument", `Unknown ${name.slice("x-amz-".length)}.`);
    return value;
  };
  const given = detailsOf(headers);
  const [metadata, tags] = [directive("x-amz-metadata-directive"), directive("x-amz-tagging-directive")];
  if (isSame && metadata === "COPY" && tags === "COPY" && !headers.has("x-amz-storage-class"))
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  return {
    headers: metadata === "REPLACE" ? given.headers : source.headers,
    tags: tags === "REPLACE" ? given.tags : source.tags,
  };
}

/** The checksum the copy shall have: the source's, or one that has to be computed from its bytes. */
async function copiedChecksum(call: Call, { object, pieces }: OpenObject): Promise<Checksum | undefined> {
  const name = call.request.headers.get("x-amz-checksum-algorithm");
  const wanted = checksumKind(
    new Map<string, string>(name === undefined ? [] : [["x-amz-checksum-algorithm", name]]),
  )?.algorithm;
  if (wanted === undefined || object.checksum?.algorithm === wanted) return object.checksum;
  const meter = new Meter(nothingPromised(), [wanted]);
  for await (const piece of bytesOf(call.store, pieces, { start: 0, end: object.bytes - 1 }))
    meter.update(piece);
  const value = meter.finish(nothingPromised()).checksums.get(wanted) ?? "";
  return { algorithm: wanted, type: "FULL_OBJECT", value };
}

/** Second bodies for all pieces, or none. */
async function duplicated(store: Store, { pieces }: OpenObject): Promise<Sealed[]> {
  const bodies: Sealed[] = [];
  try {
    for (const piece of pieces) bodies.push(await store.bodies.duplicate(piece.body));
    return bodies;
  } catch (error) {
    for (const body of bodies) await body.discard();
    throw error;
  }
}

async function keepCopy(
  call: Call,
  bucket: Bucket,
  source: OpenObject,
  more: Details & Pick<StoredObject, "checksum">,
): Promise<StoredObject> {
  const { store, request } = call;
  checkWrite(request.headers, store.catalogue.object(bucket, request.key));
  const bodies = await duplicated(store, source);
  const owner = randomBytes(20).toString("hex");
  const copy: StoredObject = {
    ...source.object,
    ...more,
    key: request.key,
    body: source.object.parts === undefined ? (bodies[0]?.name ?? "") : owner,
    modified: Date.now(),
  };
  const replaced = await commitBodies(store, bodies, () => {
    checkWrite(request.headers, store.catalogue.object(bucket, request.key));
    const before = store.catalogue.putObject(bucket, copy);
    source.parts.forEach((part, index) => {
      store.catalogue.putPart(owner, { ...part, body: bodies[index]?.name ?? "" });
    });
    return before;
  });
  await removeBodies(store, replaced);
  return copy;
}

export async function copyObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const source = await openCopySource(call);
  try {
    const named = copySource(call);
    const isSame = named.bucket === bucket && named.key === request.key;
    if (source.object.bytes > objectBytesMax)
      throw new S3Error(
        "InvalidRequest",
        `The specified copy source is larger than the maximum allowable size for a copy source: ${objectBytesMax}`,
      );
    const details = copiedDetails(call, source.object, isSame);
    const copy = await keepCopy(call, bucket, source, {
      ...details,
      checksum: await copiedChecksum(call, source),
    });
    exchange.sendXml(
      200,
      document("CopyObjectResult", {
        LastModified: new Date(copy.modified).toISOString(),
        ETag: `"${copy.etag}"`,
        ...checksumElements(copy.checksum),
      }),
    );
  } finally {
    await source.close();
  }
}
