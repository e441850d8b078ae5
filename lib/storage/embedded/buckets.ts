/** Operations on buckets. */
import { corsDocument, parseCors } from "./cors.ts";
import { owner } from "./listing.ts";
import { queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { bucketNamed, type Call, headersToKeep, readText, removeBodies } from "./store.ts";
import { document, parseXml, textOf } from "./xml.ts";

const configBytesMax = 64 * 1024;

/** Names that S3 keeps for itself. */
const reserved = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

function checkName(name: string): void {
  const fits = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..");
  if (!fits || reserved.test(name) || /^\d+\.\d+\.\d+\.\d+$/.test(name))
    throw new S3Error("InvalidBucketName", "The specified bucket is not valid.", {
      details: { BucketName: name },
    });
}

/** A bucket belongs to its owner alone; who asks for another kind must not believe it has been given. */
function checkOwnership(headers: Map<string, string>): void {
  headersToKeep(headers);
  const ownership = headers.get("x-amz-object-ownership") ?? "BucketOwnerEnforced";
  if (ownership !== "BucketOwnerEnforced" || headers.get("x-amz-bucket-object-lock-enabled") === "true")
    throw new S3Error("NotImplemented", "This store has neither ACLs nor object locks.");
}

export async function createBucket(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  checkName(request.bucket);
  checkOwnership(request.headers);
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
  const { store, request } = call;
  const bodies = await store.catalogue.deleteBucket(bucketNamed(store, request.bucket));
  await removeBodies(store, bodies);
  call.exchange.send(204);
}

export function listBuckets(call: Call): void {
  const prefix = queryValue(call.request, "prefix") ?? "";
  const buckets = call.store.catalogue
    .buckets()
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, created }) => ({
      Name: name,
      CreationDate: new Date(created).toISOString(),
      BucketRegion: call.store.keyring.region,
    }));
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

/** This store keeps no versions: that is an answer, the one of a bucket where it was never switched on. */
export function getVersioning(call: Call): void {
  bucketNamed(call.store, call.request.bucket);
  call.exchange.sendXml(200, document("VersioningConfiguration", ""));
}

export function getRequestPayment(call: Call): void {
  bucketNamed(call.store, call.request.bucket);
  call.exchange.sendXml(200, document("RequestPaymentConfiguration", { Payer: "BucketOwner" }));
}
