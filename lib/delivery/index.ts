/**
 * The URL of an object for a person's browser: presigned, signed for CloudFront, or public, as configured (R-60).
 * A URL stays the same for a whole window, so that browsers and caches keep what they have (R-61, R-62).
 */
import { createHash } from "node:crypto";
import { getSignedCookies, getSignedUrl } from "@aws-sdk/cloudfront-signer";
import { create as contentDisposition } from "content-disposition";
import { type BucketSettings, type DeliverySettings, required, settings } from "../env.ts";
import { bucketCredentials } from "../storage/credentials.ts";
import { absentKey } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import { type Credentials, encodePath, type Signer, signer } from "./sigv4.ts";

type Answer = {
  download?: string;
  contentType?: string;
  /** For places that no cookie of ours reaches, such as a page of another site. */
  cookieless?: boolean;
};

export type Delivery = {
  /**
   * `download` is the name the browser saves under, `contentType` what it is told instead of the type in the bucket,
   * which for an adopted object may be wrong. Synchronous and cheap: a page asks hundreds of times.
   */
  url(key: string, options?: Answer): string;
  /** Where images come from, for the content security policy. */
  origins(): string[];
  /** Cookies that open the renditions at the CDN; empty in every mode but cloudfront-cookie (R-65). */
  cookies(): { name: string; value: string; domain: string }[];
};

/** Keys are spread over this many phases, so that a window's end does not renew every URL in the same second. */
const phases = 8;

const phaseOf = (key: string): number => (createHash("sha1").update(key).digest()[0] ?? 0) % phases;

/** The start of the window that `now` is in for this key, never in the future. Milliseconds. */
export function windowStart(key: string, now: number, windowSeconds: number): number {
  const length = windowSeconds * 1000;
  const shift = (phaseOf(key) * length) / phases;
  return Math.floor((now - shift) / length) * length + shift;
}

/** `https://bucket.s3.region.amazonaws.com` or the path-style equal, without a trailing slash. */
export function bucketBase(bucket: BucketSettings): string {
  const endpoint = new URL(bucket.publicEndpoint ?? `https://s3.${bucket.region}.amazonaws.com`);
  // A dot in the name breaks the wildcard certificate of the virtual host, so the SDK falls back to the path.
  if (bucket.forcePathStyle || bucket.bucket.includes("."))
    return `${endpoint.origin}${endpoint.pathname.replace(/\/$/, "")}/${bucket.bucket}`;
  return `${endpoint.protocol}//${bucket.bucket}.${endpoint.host}`;
}

function presigned(
  bucket: BucketSettings,
  base: string,
  windowSeconds: number,
  credentials: () => Credentials,
): Delivery {
  let signing: { by: Credentials; sign: Signer } | undefined;
  const current = (): Signer => {
    const by = credentials();
    if (signing?.by !== by)
      signing = {
        by,
        // R-61: a URL handed out at the end of a window still lives for one whole window.
        sign: signer({ base, region: bucket.region, credentials: by, expiresIn: windowSeconds * 2 }),
      };
    return signing.sign;
  };
  return {
    url(key, options) {
      const full = bucket.location + key;
      return current()(full, new Date(windowStart(full, Date.now(), windowSeconds)), {
        "response-cache-control": `private, max-age=${windowSeconds}, immutable`,
        ...answerOf(options),
      });
    },
    origins: () => [new URL(base).origin],
    cookies: () => [],
  };
}

/** The headers that the store is asked to answer with. */
const answerOf = ({ download, contentType }: Answer = {}): Record<string, string> => ({
  ...(download === undefined ? {} : { "response-content-disposition": contentDisposition(download) }),
  ...(contentType === undefined ? {} : { "response-content-type": contentType }),
});

function answerQuery(answer: Answer | undefined): string {
  const fields = Object.entries(answerOf(answer));
  return fields.length === 0
    ? ""
    : `?${fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

function cloudfront(
  options: {
    base: string;
    keyPairId: string;
    privateKey: string;
    windowSeconds: number;
    /** The domain of the cookies that open all renditions; undefined to sign each address. */
    cookieDomain: string | undefined;
  },
  location: string,
): Delivery {
  const { base, windowSeconds } = options;
  const credentials = {
    keyPairId: options.keyPairId,
    privateKey: options.privateKey,
    algorithm: "SHA256",
  } as const;
  const policyFor = (resource: string, now: number): string =>
    JSON.stringify({
      Statement: [
        {
          Resource: resource,
          Condition: {
            DateLessThan: {
              "AWS:EpochTime":
                Math.floor(windowStart(resource, now, windowSeconds) / 1000) + 2 * windowSeconds,
            },
          },
        },
      ],
    });
  // One RSA signature opens a whole folder: all widths of a medium, for a whole window.
  const signed = new Map<string, { policy: string; query: string }>();
  const queryFor = (resource: string): string => {
    const policy = policyFor(resource, Date.now());
    const known = signed.get(resource);
    if (known?.policy === policy) return known.query;
    const query = new URL(getSignedUrl({ ...credentials, url: resource, policy })).search.slice(1);
    if (signed.size > 10_000) signed.clear();
    signed.set(resource, { policy, query });
    return query;
  };
  // Signed once a window: a signature costs a millisecond, and this is asked at every request.
  let cookies: { policy: string; made: { name: string; value: string; domain: string }[] } | undefined;
  const cookiesFor = (domain: string): { name: string; value: string; domain: string }[] => {
    const policy = policyFor(`${base}/${location}derived/*`, Date.now());
    if (cookies?.policy !== policy)
      cookies = {
        policy,
        made: Object.entries(getSignedCookies({ ...credentials, policy })).map(([name, value]) => ({
          name,
          value: String(value),
          domain,
        })),
      };
    return cookies.made;
  };
  return {
    url(key, wanted) {
      const url = `${base}/${location}${encodePath(key)}`;
      const isRendition = key.startsWith("derived/");
      const byCookie = wanted?.download === undefined && wanted?.cookieless !== true;
      if (options.cookieDomain !== undefined && isRendition && byCookie) return url;
      const resource = isRendition ? `${url.slice(0, url.lastIndexOf("/"))}/*` : `${url}*`;
      const query = answerQuery(wanted);
      return `${url}${query}${query === "" ? "?" : "&"}${queryFor(resource)}`;
    },
    origins: () => [new URL(base).origin],
    cookies: () => (options.cookieDomain === undefined ? [] : cookiesFor(options.cookieDomain)),
  };
}

/** A delivery for the given settings. Throws a sentence when a part is missing; `parseSettings` refuses that earlier. */
export function openDelivery(
  how: DeliverySettings,
  bucket: BucketSettings,
  credentials: () => Credentials,
  bucketUrl = bucketBase(bucket),
): Delivery {
  if (how.mode === "s3-presigned") return presigned(bucket, bucketUrl, how.windowSeconds, credentials);
  const base = required(how.publicBase, "MEDIA_PUBLIC_BASE_URL");
  if (how.mode === "public")
    return {
      url: (key, wanted) => `${base}/${bucket.location}${encodePath(key)}${answerQuery(wanted)}`,
      origins: () => [new URL(base).origin],
      cookies: () => [],
    };
  const pair = required(how.cloudfront, "CLOUDFRONT_KEY_PAIR_ID");
  return cloudfront(
    {
      base,
      ...pair,
      windowSeconds: how.windowSeconds,
      cookieDomain: how.mode === "cloudfront-cookie" ? pair.cookieDomain : undefined,
    },
    bucket.location,
  );
}

const holder = globalThis as typeof globalThis & { tintypeDelivery?: Delivery };

/**
 * Opens the delivery of this process at the address that browsers upload to, as the SDK resolves it (partition,
 * virtual host or path): what is written there is read there. Returns that address's origin.
 */
export async function prepareDelivery(storage: Storage): Promise<{ uploadOrigin: string }> {
  const bucket = required(settings().bucket, "S3_BUCKET");
  await bucketCredentials(bucket).load();
  const policy = await storage.presignPost(absentKey(), {
    bytes: 1,
    contentType: "image/jpeg",
    expiresIn: 60,
  });
  const base = policy.url.replace(/\/+$/, "");
  holder.tintypeDelivery = openDelivery(
    settings().delivery,
    bucket,
    () => bucketCredentials(bucket).current(),
    base,
  );
  return { uploadOrigin: new URL(base).origin };
}

/** The delivery of this process. In presigned mode `bucketCredentials` must have been loaded at boot. */
export function delivery(): Delivery {
  const bucket = required(settings().bucket, "S3_BUCKET");
  holder.tintypeDelivery ??= openDelivery(settings().delivery, bucket, () =>
    bucketCredentials(bucket).current(),
  );
  return holder.tintypeDelivery;
}
