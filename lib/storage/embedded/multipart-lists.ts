/** What has been begun and not finished: ListMultipartUploads, and the parts of one upload. */
import { checksumElement } from "./checksums.ts";
import { afterPrefix, limitOf, owner, pageMax, spelling } from "./listing.ts";
import { uploadOf } from "./multipart.ts";
import { queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Bucket, StoredUpload } from "./schema.ts";
import { bucketNamed, type Call, type Store } from "./store.ts";
import { document } from "./xml.ts";

/** Follows every id, which are hexadecimal. */
const afterEveryId = "~";

export function listParts(call: Call): void {
  const { bucket, upload } = uploadOf(call);
  const limit = limitOf(call, "max-parts", pageMax);
  const marker = queryValue(call.request, "part-number-marker") ?? "";
  if (!/^\d{0,10}$/.test(marker))
    throw new S3Error(
      "InvalidArgument",
      "Provided part-number-marker not an integer or within integer range",
    );
  const parts = call.store.catalogue.parts(upload.id, Number(marker), limit + 1);
  const page = parts.slice(0, limit);
  const kind = upload.checksum;
  const answer = {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    Initiator: owner,
    Owner: owner,
    StorageClass: "STANDARD",
    PartNumberMarker: Number(marker),
    NextPartNumberMarker: page.at(-1)?.number ?? Number(marker),
    MaxParts: limit,
    IsTruncated: limit > 0 && parts.length > limit,
    ChecksumAlgorithm: kind?.algorithm.toUpperCase(),
    ChecksumType: kind?.type,
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.modified).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.bytes,
      ...(kind === undefined || part.checksum === undefined
        ? {}
        : { [checksumElement(kind.algorithm)]: part.checksum }),
    })),
  };
  call.exchange.sendXml(200, document("ListPartsResult", answer));
}

type Place = { key: Buffer; id: string };
type Page = {
  uploads: StoredUpload[];
  prefixes: string[];
  isTruncated: boolean;
  /** The last name on the page. */
  last: { key: string; id: string } | undefined;
};

/** One page of uploads in key order; with a delimiter the walk jumps over everything below a common prefix. */
function uploadsPage(
  store: Store,
  bucket: Bucket,
  asked: { prefix: string; delimiter: string; after: Place; limit: number },
): Page {
  const { prefix, delimiter, limit } = asked;
  const page: Page = { uploads: [], prefixes: [], isTruncated: false, last: undefined };
  let after: Place | undefined = asked.after;
  while (after !== undefined && limit > 0) {
    const rows: StoredUpload[] = store.catalogue.uploads(bucket, after, limit + 1);
    after = undefined;
    for (const upload of rows) {
      if (!upload.key.startsWith(prefix)) return page;
      if (page.uploads.length + page.prefixes.length === limit) return { ...page, isTruncated: true };
      const cut = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
      if (cut >= 0) {
        const common = upload.key.slice(0, cut + delimiter.length);
        page.prefixes.push(common);
        page.last = { key: common, id: "" };
        const key = afterPrefix(Buffer.from(common));
        after = key === undefined ? undefined : { key, id: "" };
        break;
      }
      page.uploads.push(upload);
      page.last = upload;
      if (upload === rows.at(-1) && rows.length === limit + 1)
        after = { key: Buffer.from(upload.key), id: upload.id };
    }
  }
  return page;
}

function placeAfter(asked: { prefix: string; delimiter: string; key: string; id: string }): Place {
  const prefix = Buffer.from(asked.prefix);
  const key = Buffer.from(asked.key);
  if (Buffer.compare(key, prefix) < 0 || asked.key === "") return { key: prefix, id: "" };
  const isCommon =
    asked.delimiter !== "" && asked.key.startsWith(asked.prefix) && asked.key.endsWith(asked.delimiter);
  if (isCommon) return { key: afterPrefix(key) ?? key, id: "" };
  return { key, id: asked.id === "" ? afterEveryId : asked.id };
}

export function listUploads(call: Call): void {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const { type, spell } = spelling(call);
  const value = (name: string): string => queryValue(request, name) ?? "";
  const [prefix, delimiter] = [value("prefix"), value("delimiter")];
  const [key, id] = [value("key-marker"), value("upload-id-marker")];
  const limit = limitOf(call, "max-uploads", pageMax);
  const after = placeAfter({ prefix, delimiter, key, id });
  const page = uploadsPage(store, bucket, { prefix, delimiter, limit, after });
  const answer = {
    Bucket: bucket.name,
    KeyMarker: spell(key),
    UploadIdMarker: id,
    NextKeyMarker: page.isTruncated ? spell(page.last?.key ?? "") : undefined,
    NextUploadIdMarker: page.isTruncated ? (page.last?.id ?? "") : undefined,
    Prefix: spell(prefix),
    Delimiter: delimiter === "" ? undefined : spell(delimiter),
    EncodingType: type,
    MaxUploads: limit,
    IsTruncated: page.isTruncated,
    Upload: page.uploads.map((upload) => ({
      Key: spell(upload.key),
      UploadId: upload.id,
      Initiator: owner,
      Owner: owner,
      StorageClass: "STANDARD",
      Initiated: new Date(upload.created).toISOString(),
      ChecksumAlgorithm: upload.checksum?.algorithm.toUpperCase(),
      ChecksumType: upload.checksum?.type,
    })),
    CommonPrefixes: page.prefixes.map((one) => ({ Prefix: spell(one) })),
  };
  exchange.sendXml(200, document("ListMultipartUploadsResult", answer));
}
