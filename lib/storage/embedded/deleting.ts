/** DeleteObjects: up to a thousand keys in one transaction. */
import { checkWrite } from "./conditions.ts";
import { checkedKey } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Bucket } from "./schema.ts";
import { bucketNamed, type Call, readText, removeBodies, type Store } from "./store.ts";
import { childrenOf, document, parseXml, textOf, type XmlElement } from "./xml.ts";

const documentBytesMax = 2 * 1024 * 1024;
const keysMax = 1000;

type Outcome = { key: string; bodies: string[]; error?: S3Error };

/** Inside `change`. What is not there counts as deleted. */
function remove(store: Store, bucket: Bucket, one: XmlElement): Outcome {
  const key = textOf(one, "Key") ?? "";
  try {
    checkedKey(key);
    if ((textOf(one, "VersionId") ?? "null") !== "null")
      throw new S3Error("NotImplemented", "This store keeps no versions.");
    const etag = textOf(one, "ETag");
    if (etag !== undefined) checkWrite(new Map([["if-match", etag]]), store.catalogue.object(bucket, key));
    return { key, bodies: store.catalogue.removeObject(bucket, key) };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { key, bodies: [], error };
  }
}

/** A list that was cut short on the way would delete other keys than were meant: S3 asks for a digest of it. */
function checkProtected(headers: Map<string, string>): void {
  const isProtected = [...headers.keys()].some(
    (name) => name === "content-md5" || name === "x-amz-trailer" || /^x-amz-checksum-(?!type)/.test(name),
  );
  if (!isProtected)
    throw new S3Error(
      "InvalidRequest",
      "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    );
}

export async function deleteObjects(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  checkProtected(request.headers);
  const root = parseXml(await readText(call, documentBytesMax), "Delete");
  const wanted = childrenOf(root, "Object");
  if (wanted.length === 0 || wanted.length > keysMax || wanted.some((one) => !textOf(one, "Key")))
    throw new S3Error("MalformedXML", `A Delete document names 1 to ${keysMax} keys.`);
  const outcomes = await store.catalogue.change(() => wanted.map((one) => remove(store, bucket, one)));
  await removeBodies(
    store,
    outcomes.flatMap((outcome) => outcome.bodies),
  );
  const isQuiet = textOf(root, "Quiet")?.trim() === "true";
  const answer = {
    Deleted: outcomes.filter(({ error }) => !isQuiet && error === undefined).map(({ key }) => ({ Key: key })),
    Error: outcomes.flatMap(({ key, error }) =>
      error === undefined ? [] : [{ Key: key, Code: error.code, Message: error.message }],
    ),
  };
  exchange.sendXml(200, document("DeleteResult", answer));
}
