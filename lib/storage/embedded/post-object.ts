/** The browser's upload: a form whose policy was signed by someone who may write. */
import { promisedBy } from "./checksums.ts";
import { uriEncode, uriEncodePath } from "./encoding.ts";
import type { Exchange } from "./exchange.ts";
import { readForm } from "./form.ts";
import { type AllowedPost, judgePost } from "./post-policy.ts";
import { checkedKey, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { StoredObject } from "./schema.ts";
import { bucketNamed, headersToKeep, keepObject, objectBytesMax, receive, type Store } from "./store.ts";
import { tagsOfDocument } from "./tags.ts";
import { document } from "./xml.ts";

/** What a form may add around its file: the fields, their headers and the boundaries. */
const formBytesMax = 64 * 1024;

export const isFormPost = (request: S3Request): boolean =>
  request.method === "POST" &&
  request.key === "" &&
  /^multipart\/form-data\b/i.test(request.headers.get("content-type") ?? "");

/** The length of the whole form already tells when its file cannot fit; saying so early spares the transfer. */
function checkAnnounced(request: S3Request, allowed: AllowedPost): void {
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > allowed.bytesMax + formBytesMax)
    throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  if (announced < allowed.bytesMin)
    throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
}

/** Fields that would redirect to anything but a web page are ignored, as S3 does. */
function redirectTarget(allowed: AllowedPost, bucket: string, object: StoredObject): string | undefined {
  const text = allowed.fields.get("success_action_redirect") ?? allowed.fields.get("redirect");
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  const added = [
    ["bucket", bucket],
    ["key", object.key],
    ["etag", `"${object.etag}"`],
  ].map(([name = "", value = ""]) => `${name}=${uriEncode(value)}`);
  url.search = `${url.search === "" ? "?" : `${url.search}&`}${added.join("&")}`;
  return url.href;
}

function answer(exchange: Exchange, request: S3Request, allowed: AllowedPost, object: StoredObject): void {
  const host = request.headers.get("host") ?? "";
  const scheme = request.headers.get("x-forwarded-proto") === "https" ? "https" : "http";
  const root = request.path.startsWith(`/${request.bucket}`) ? `/${request.bucket}` : "";
  const location = `${scheme}://${host}${uriEncodePath(`${root}/${object.key}`)}`;
  const headers = { ETag: `"${object.etag}"`, Location: location };
  const redirect = redirectTarget(allowed, request.bucket, object);
  if (redirect !== undefined) {
    exchange.send(303, { ...headers, Location: redirect });
    return;
  }
  const status = allowed.fields.get("success_action_status");
  if (status === "201") {
    const body = { Location: location, Bucket: request.bucket, Key: object.key, ETag: headers.ETag };
    exchange.sendXml(201, document("PostResponse", body, false), headers);
  } else exchange.send(status === "200" ? 200 : 204, headers);
}

/** Stores the file of a form, or nothing. The policy is judged before the file is read, its length while it streams. */
export async function postObject(store: Store, exchange: Exchange, request: S3Request): Promise<void> {
  const form = await readForm(request.headers.get("content-type") ?? "", exchange.chunks());
  const allowed = judgePost(store.keyring, request.bucket, {
    fields: form.fields,
    filename: form.file.filename,
  });
  const key = checkedKey(allowed.key);
  const bucket = bucketNamed(store, request.bucket);
  const headers = headersToKeep(allowed.fields);
  const tagging = form.fields.get("tagging");
  const tags = tagging === undefined ? "" : tagsOfDocument(tagging);
  checkAnnounced(request, allowed);
  const body = {
    chunks: form.file.chunks,
    promised: promisedBy(allowed.fields),
    bytes: undefined,
    bytesAbout: Number(request.headers.get("content-length") ?? 0),
  };
  const received = await receive(store, body, {
    bytesMin: allowed.bytesMin,
    bytesMax: Math.min(allowed.bytesMax, objectBytesMax),
  });
  const object = await keepObject(store, bucket, received, { key, headers, tags });
  answer(exchange, request, allowed, object);
}
