/**
 * Signed URLs of version 2 (docs.aws.amazon.com, "Signing and authenticating REST requests"), which s3cmd and older
 * set-ups of boto3 still make. Only URLs: whoever signs headers can sign them by version 4.
 */
import { createHmac } from "node:crypto";
import { queryValue, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { type Keyring, type Signed, sameText, unsignedPayload } from "./sigv4.ts";

/** Query names that the signature covers. */
const covered =
  /^(acl|cors|delete|lifecycle|location|logging|notification|partNumber|policy|requestPayment|response-[a-z-]+|restore|tagging|torrent|uploadId|uploads|versionId|versioning|versions|website)$/;

export const isSignedUrl2 = (request: Pick<S3Request, "query">): boolean =>
  request.query.some(([name]) => name === "AWSAccessKeyId");

function textToSign(request: S3Request, expires: string): string {
  const { headers, query, message } = request;
  const amz = [...headers]
    .filter(([name]) => name.startsWith("x-amz-"))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const parameters = query
    .filter(([name]) => covered.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  // As it was sent, not decoded; a bucket in the host name belongs in front.
  const [path = "/"] = (message.url ?? "/").split("?", 1);
  const isHosted = request.path.slice(1) === request.key;
  const resource = isHosted && request.bucket !== "" ? `/${request.bucket}${path}` : path;
  return [
    request.method,
    headers.get("content-md5") ?? "",
    headers.get("content-type") ?? "",
    expires,
    `${amz.join("")}${resource}${parameters.length === 0 ? "" : `?${parameters.join("&")}`}`,
  ].join("\n");
}

/** Checks who made the URL. Refuses as S3 does. */
export function authenticateUrl2(keyring: Keyring, request: S3Request, now = Date.now()): Signed {
  const value = (name: string): string => queryValue(request, name) ?? "";
  if (request.headers.has("authorization"))
    throw new S3Error("InvalidArgument", "Only one auth mechanism allowed.");
  const [accessKeyId, expires, signature] = [value("AWSAccessKeyId"), value("Expires"), value("Signature")];
  if (signature === "" || !/^\d{1,12}$/.test(expires))
    throw new S3Error(
      "AccessDenied",
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    );
  if (!sameText(accessKeyId, keyring.accessKeyId))
    throw new S3Error(
      "InvalidAccessKeyId",
      "The AWS access key ID that you provided does not exist in our records.",
    );
  const expected = createHmac("sha1", keyring.secretAccessKey)
    .update(textToSign(request, expires))
    .digest("base64");
  if (!sameText(signature, expected))
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  if (now > Number(expires) * 1000) throw new S3Error("AccessDenied", "Request has expired");
  return { payload: unsignedPayload, seed: { signature: "", date: "", scope: "", key: Buffer.alloc(0) } };
}
