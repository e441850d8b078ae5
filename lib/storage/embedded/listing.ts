/** Lists of keys: a walk over the index that reads no more than it answers with. */
import { uriEncodePath } from "./encoding.ts";
import { queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Bucket, StoredObject } from "./schema.ts";
import { bucketNamed, type Call, type Store } from "./store.ts";
import { document, type XmlValue } from "./xml.ts";

/** What a page of any list holds at most. */
export const pageMax = 1000;
export const owner = { ID: "tintype", DisplayName: "tintype" };

/** The first key after this one, in the order of bytes. */
const afterKey = (key: Buffer): Buffer => Buffer.concat([key, Buffer.of(0)]);

/** The first key after everything that starts with this prefix; undefined when nothing can follow. */
export function afterPrefix(prefix: Buffer): Buffer | undefined {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix[end - 1] ?? 0xff;
    if (last < 0xff) return Buffer.concat([prefix.subarray(0, end - 1), Buffer.of(last + 1)]);
  }
  return undefined;
}

type Page = {
  objects: StoredObject[];
  prefixes: string[];
  /** Where the next page starts; undefined at the end. */
  next: Buffer | undefined;
  /** The last name on the page, a key or a common prefix. */
  last: string | undefined;
};

/** One page of names in key order. With a delimiter the walk jumps over everything below a common prefix. */
export function listPage(
  store: Pick<Store, "catalogue">,
  bucket: Bucket,
  asked: { prefix: string; delimiter: string; from: Buffer; limit: number },
): Page {
  const prefix = Buffer.from(asked.prefix);
  const page: Page = { objects: [], prefixes: [], next: undefined, last: undefined };
  let from: Buffer | undefined = Buffer.compare(asked.from, prefix) > 0 ? asked.from : prefix;
  const room = (): number => asked.limit - page.objects.length - page.prefixes.length;
  // Under a delimiter most of a large read would lie below one prefix, unless names without one follow each other.
  let reach = asked.delimiter === "" ? Number.POSITIVE_INFINITY : 2;
  while (from !== undefined) {
    const wanted: number = Math.min(room() + 1, reach);
    reach = Math.min(reach * 8, 512);
    const rows = store.catalogue.page(bucket, from, wanted);
    from = undefined;
    for (const object of rows) {
      if (!object.key.startsWith(asked.prefix)) return page;
      if (room() === 0) {
        page.next = Buffer.from(object.key);
        return page;
      }
      const cut = asked.delimiter === "" ? -1 : object.key.indexOf(asked.delimiter, asked.prefix.length);
      if (cut >= 0) {
        page.last = object.key.slice(0, cut + asked.delimiter.length);
        page.prefixes.push(page.last);
        from = afterPrefix(Buffer.from(page.last));
        reach = 2;
        break;
      }
      page.objects.push(object);
      page.last = object.key;
      if (rows.length === wanted) from = afterKey(Buffer.from(object.key));
    }
  }
  return page;
}

const tokenOf = (next: Buffer): string => next.toString("base64url");

function placeOf(token: string): Buffer {
  const place = Buffer.from(token, "base64url");
  if (tokenOf(place) !== token || token === "")
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
  return place;
}

/** Whole numbers from the query, capped as S3 caps them. */
export function limitOf(call: Call, name: string, most: number): number {
  const text = queryValue(call.request, name);
  if (text === undefined || text === "") return most;
  if (!/^\d{1,10}$/.test(text))
    throw new S3Error("InvalidArgument", `Provided ${name} not an integer or within integer range`);
  return Math.min(Number(text), most);
}

/** How names are spelt in the answer; percent-encoded on request, for keys that XML cannot carry. */
export function spelling(call: Call): { type: string | undefined; spell(text: string): string } {
  const type = queryValue(call.request, "encoding-type");
  if (type !== undefined && type !== "url")
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  return { type, spell: type === undefined ? (text) => text : uriEncodePath };
}

const contents = (page: Page, spell: (text: string) => string, hasOwner: boolean): XmlValue[] =>
  page.objects.map((object) => ({
    Key: spell(object.key),
    LastModified: new Date(object.modified).toISOString(),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm.toUpperCase(),
    ChecksumType: object.checksum?.type,
    Size: object.bytes,
    Owner: hasOwner ? owner : undefined,
    StorageClass: "STANDARD",
  }));

/** ListObjectsV2 and, for old clients, ListObjects. */
export function listObjects(call: Call): void {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const value = (name: string): string | undefined => queryValue(request, name);
  const isV2 = value("list-type") === "2";
  const { type, spell } = spelling(call);
  const [prefix, delimiter] = [value("prefix") ?? "", value("delimiter") ?? ""];
  const limit = limitOf(call, "max-keys", pageMax);
  const token = isV2 ? value("continuation-token") : undefined;
  const after = value(isV2 ? "start-after" : "marker");
  const page: Page =
    limit === 0
      ? { objects: [], prefixes: [], next: undefined, last: undefined }
      : listPage(store, bucket, {
          prefix,
          delimiter,
          limit,
          from: startOf(token, after, { prefix, delimiter }),
        });
  const shared = {
    Name: bucket.name,
    Prefix: spell(prefix),
    Delimiter: delimiter === "" ? undefined : spell(delimiter),
    MaxKeys: limit,
    EncodingType: type,
    IsTruncated: page.next !== undefined,
  };
  const names = {
    Contents: contents(page, spell, !isV2 || value("fetch-owner") === "true"),
    CommonPrefixes: page.prefixes.map((one) => ({ Prefix: spell(one) })),
  };
  const own = isV2
    ? {
        KeyCount: page.objects.length + page.prefixes.length,
        ContinuationToken: token,
        NextContinuationToken: page.next === undefined ? undefined : tokenOf(page.next),
        StartAfter: after === undefined ? undefined : spell(after),
      }
    : {
        Marker: spell(after ?? ""),
        NextMarker: page.next === undefined || page.last === undefined ? undefined : spell(page.last),
      };
  exchange.sendXml(200, document("ListBucketResult", { ...shared, ...own, ...names }));
}

function startOf(
  token: string | undefined,
  after: string | undefined,
  asked: { prefix: string; delimiter: string },
): Buffer {
  if (token !== undefined) return placeOf(token);
  if (after === undefined || after === "") return Buffer.alloc(0);
  // A marker that is a common prefix means everything below it has been listed.
  const isPrefix =
    asked.delimiter !== "" && after.startsWith(asked.prefix) && after.endsWith(asked.delimiter);
  return (isPrefix ? afterPrefix(Buffer.from(after)) : undefined) ?? afterKey(Buffer.from(after));
}

/** ListObjectVersions of buckets that keep none: each object is its only version. */
export function listVersions(call: Call): void {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const value = (name: string): string => queryValue(request, name) ?? "";
  const { type, spell } = spelling(call);
  const [prefix, delimiter, marker] = [value("prefix"), value("delimiter"), value("key-marker")];
  const limit = limitOf(call, "max-keys", pageMax);
  const from = startOf(undefined, marker, { prefix, delimiter });
  const page = listPage(store, bucket, { prefix, delimiter, limit, from });
  const truncated = limit > 0 && page.next !== undefined;
  const answer = {
    Name: bucket.name,
    Prefix: spell(prefix),
    KeyMarker: spell(marker),
    VersionIdMarker: value("version-id-marker"),
    NextKeyMarker: truncated ? spell(page.last ?? "") : undefined,
    NextVersionIdMarker: truncated ? "null" : undefined,
    Delimiter: delimiter === "" ? undefined : spell(delimiter),
    EncodingType: type,
    MaxKeys: limit,
    IsTruncated: truncated,
    Version: page.objects.map((object) => ({
      Key: spell(object.key),
      VersionId: "null",
      IsLatest: true,
      LastModified: new Date(object.modified).toISOString(),
      ETag: `"${object.etag}"`,
      Size: object.bytes,
      StorageClass: "STANDARD",
      Owner: owner,
    })),
    CommonPrefixes: page.prefixes.map((one) => ({ Prefix: spell(one) })),
  };
  exchange.sendXml(200, document("ListVersionsResult", answer));
}
