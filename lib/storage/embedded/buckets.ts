/** Operations on buckets and on many objects at once. */

import { corsDocument, parseCors } from "./cors.ts";
import { checkedKey } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { bucketNamed, type Call, readText, removeBodies } from "./store.ts";
import { childrenOf, document, parseXml, textOf, type XmlValue } from "./xml.ts";

const configBytesMax = 64 * 1024;
const deleteBytesMax = 2 * 1024 * 1024;
const deleteKeysMax = 1000;

function checkName(name: string): void {
  const fits = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..");
  if (!fits || /^\d+\.\d+\.\d+\.\d+$/.test(name))
    throw new S3Error("InvalidBucketName", "The specified bucket is not valid.");
}

export async function createBucket(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  checkName(request.bucket);
  const text = await readText(call, configBytesMax);
  const region =
    text.trim() === ""
      ? undefined
      : textOf(parseXml(text, "CreateBucketConfiguration"), "LocationConstraint");
  if (region !== undefined && region !== store.keyring.region)
    throw new S3Error(
      "IllegalLocationConstraintException",
      `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  await store.catalogue.createBucket(request.bucket);
  exchange.send(200, { Location: `/${request.bucket}` });
}

export function headBucket(call: Call): void {
  bucketNamed(call.store, call.request.bucket);
  call.exchange.send(200, { "x-amz-bucket-region": call.store.keyring.region });
}

export async function deleteBucket(call: Call): Promise<void> {
  await call.store.catalogue.deleteBucket(bucketNamed(call.store, call.request.bucket));
  call.exchange.send(204);
}

const owner = { ID: "tintype", DisplayName: "tintype" };

export function listBuckets(call: Call): void {
  const buckets = call.store.catalogue
    .buckets()
    .map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() }));
  call.exchange.sendXml(
    200,
    document("ListAllMyBucketsResult", { Owner: owner, Buckets: { Bucket: buckets } }),
  );
}

export function bucketLocation(call: Call): void {
  bucketNamed(call.store, call.request.bucket);
  const { region } = call.store.keyring;
  // S3's first region has no name here.
  call.exchange.sendXml(200, document("LocationConstraint", region === "us-east-1" ? "" : region));
}

export function getCors(call: Call): void {
  const { cors } = bucketNamed(call.store, call.request.bucket);
  if (cors.length === 0)
    throw new S3Error("NoSuchCORSConfiguration", "The CORS configuration does not exist");
  call.exchange.sendXml(200, corsDocument(cors));
}

export async function putCors(call: Call): Promise<void> {
  const bucket = bucketNamed(call.store, call.request.bucket);
  await call.store.catalogue.setCors(bucket, parseCors(await readText(call, configBytesMax)));
  call.exchange.send(200);
}

export async function deleteCors(call: Call): Promise<void> {
  await call.store.catalogue.setCors(bucketNamed(call.store, call.request.bucket), []);
  call.exchange.send(204);
}

/** DeleteObjects: what is not there counts as deleted. */
export async function deleteObjects(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const root = parseXml(await readText(call, deleteBytesMax), "Delete");
  const keys = childrenOf(root, "Object").map((one) => {
    if ("VersionId" in one) throw new S3Error("NotImplemented", "This store keeps no versions.");
    return checkedKey(textOf(one, "Key") ?? "");
  });
  if (keys.length === 0 || keys.length > deleteKeysMax || keys.includes(""))
    throw new S3Error("MalformedXML", `A Delete document names 1 to ${deleteKeysMax} keys.`);
  const bodies = await store.catalogue.change(() =>
    keys.map((key) => store.catalogue.removeObject(bucket, key)),
  );
  await removeBodies(store, bodies);
  const deleted: XmlValue[] = textOf(root, "Quiet") === "true" ? [] : keys.map((Key) => ({ Key }));
  exchange.sendXml(200, document("DeleteResult", { Deleted: deleted }));
}
