import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type BucketSettings, parseSettings } from "../env.ts";
import { openDelivery, windowStart } from "./index.ts";
import { signer } from "./sigv4.ts";

const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const bucket: BucketSettings = {
  bucket: "pictures",
  region: "ap-northeast-2",
  endpoint: "http://127.0.0.1:9100",
  publicEndpoint: "http://localhost:9100",
  credentials,
  forcePathStyle: true,
  location: "",
};
const presigned = {
  mode: "s3-presigned",
  windowSeconds: 3600,
  publicBase: undefined,
  cloudfront: undefined,
} as const;

/** Deterministic, and full of what breaks signers: spaces, +, %, quotes, Korean, emoji, reserved marks. */
function* keys(count: number): Generator<string> {
  const alphabet = [
    "a",
    "Z",
    "0",
    "-",
    "_",
    ".",
    "~",
    " ",
    "+",
    "%",
    "'",
    "(",
    ")",
    "*",
    "!",
    "&",
    "=",
    "?",
    "#",
    "한",
    "글",
    "é",
    "📷",
    "/",
  ];
  let seed = createHash("sha256").update("tintype").digest();
  for (let n = 0; n < count; n++) {
    seed = createHash("sha256").update(seed).digest();
    yield `media/x${Array.from(seed, (byte) => alphabet[byte % alphabet.length] ?? "a").join("")}y`.replace(
      /\/+/g,
      "/",
    );
  }
}

async function assertSameAsSdk(
  options: { endpoint?: string; pathStyle: boolean; base: string; sessionToken?: string },
  count: number,
): Promise<void> {
  const keysOf =
    options.sessionToken === undefined ? credentials : { ...credentials, sessionToken: options.sessionToken };
  const client = new S3Client({
    region: "ap-northeast-2",
    credentials: keysOf,
    forcePathStyle: options.pathStyle,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
  });
  const sign = signer({ base: options.base, region: "ap-northeast-2", credentials: keysOf, expiresIn: 7200 });
  const start = Date.UTC(2026, 0, 31, 23, 0, 0);
  let n = 0;
  for (const key of keys(count)) {
    const at = new Date(start + (n++ % 50) * 450_000);
    const download = n % 3 === 0;
    const expected = await getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: "pictures",
        Key: key,
        ResponseCacheControl: "private, max-age=3600, immutable",
        ...(download ? { ResponseContentDisposition: 'attachment; filename="a b.jpg"' } : {}),
      }),
      { expiresIn: 7200, signingDate: at },
    );
    const actual = sign(key, at, {
      "response-cache-control": "private, max-age=3600, immutable",
      ...(download ? { "response-content-disposition": 'attachment; filename="a b.jpg"' } : {}),
    });
    assert.equal(actual, expected);
  }
  client.destroy();
}

describe("signer", () => {
  it("equals the SDK's presigner byte for byte for 10,000 keys, path style", async () => {
    await assertSameAsSdk(
      { endpoint: "http://localhost:9100", pathStyle: true, base: "http://localhost:9100/pictures" },
      10_000,
    );
  });
  it("equals the SDK's presigner on AWS with virtual hosts and a session token", async () => {
    await assertSameAsSdk(
      {
        pathStyle: false,
        base: "https://pictures.s3.ap-northeast-2.amazonaws.com",
        sessionToken: "FwoG/+=token",
      },
      200,
    );
  });
});

describe("presigned delivery", () => {
  it("gives the same URL within a window and another one after it (R-61)", () => {
    const key = "derived/abc/320.avif";
    const start = windowStart(key, Date.UTC(2026, 5, 1, 12, 0), 3600);
    assert.equal(windowStart(key, start, 3600), start);
    assert.equal(windowStart(key, start + 3_599_999, 3600), start);
    assert.equal(windowStart(key, start + 3_600_000, 3600), start + 3_600_000);
  });
  it("never signs in the future and never more than one window in the past (R-61)", () => {
    for (let n = 0; n < 500; n++) {
      const key = randomBytes(8).toString("hex");
      const now = 1_800_000_000_000 + n * 7_919;
      const age = now - windowStart(key, now, 3600);
      assert.ok(age >= 0 && age < 3_600_000, `age ${age}`);
    }
  });
  it("lives two windows, is cached for one, and puts the location in front of the key (R-61, R-62)", () => {
    const made = openDelivery(presigned, { ...bucket, location: "site/a/" }, () => credentials);
    const url = new URL(made.url("derived/abc/320.avif"));
    assert.equal(url.pathname, "/pictures/site/a/derived/abc/320.avif");
    assert.equal(url.searchParams.get("X-Amz-Expires"), "7200");
    assert.equal(url.searchParams.get("response-cache-control"), "private, max-age=3600, immutable");
    assert.deepEqual(made.origins(), ["http://localhost:9100"]);
  });
  it("has the store answer with the type that was verified, whatever it was given (R-47)", () => {
    const made = openDelivery(presigned, bucket, () => credentials);
    const url = new URL(made.url("media/사진 1.png", { contentType: "image/jpeg" }));
    assert.equal(url.searchParams.get("response-content-type"), "image/jpeg");
    assert.equal(url.pathname, "/pictures/media/%EC%82%AC%EC%A7%84%201.png");
  });
  it("offers a download under a name that no quote, line break or script can escape (R-47, A-21)", () => {
    const made = openDelivery(presigned, bucket, () => credentials);
    const url = new URL(made.url("media/a.jpg", { download: '제주"\r\nSet-Cookie: x=1.jpg' }));
    const header = url.searchParams.get("response-content-disposition") ?? "";
    assert.match(header, /^attachment; filename="/);
    assert.doesNotMatch(header, /[\r\n]/);
    assert.match(header, /filename\*=UTF-8''/);
  });
});

describe("CDN delivery", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const cdn = {
    mode: "cloudfront",
    windowSeconds: 3600,
    publicBase: "https://cdn.example.com",
    cloudfront: { keyPairId: "K2JCJMDEHXQW5F", privateKey, cookieDomain: "example.com" },
  } as const;

  it("signs one policy for all widths of a medium, with SHA-256 (R-65, A-54)", () => {
    const made = openDelivery(cdn, bucket, () => credentials);
    const small = new URL(made.url("derived/abc/320.avif"));
    const large = new URL(made.url("derived/abc/2048.avif"));
    assert.equal(small.search, large.search);
    assert.equal(small.searchParams.get("Hash-Algorithm"), "SHA256");
    const policy = Buffer.from(
      (small.searchParams.get("Policy") ?? "").replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/"),
      "base64",
    ).toString();
    assert.equal(JSON.parse(policy).Statement[0].Resource, "https://cdn.example.com/derived/abc/*");
    assert.notEqual(new URL(made.url("derived/other/320.avif")).search, small.search);
  });
  it("spells a key of any alphabet as an address, and signs what a browser will ask for (A-50)", () => {
    const key = "media/사진/50% off + (1)?*#.jpg";
    const wanted =
      "https://cdn.example.com/media/%EC%82%AC%EC%A7%84/50%25%20off%20%2B%20%281%29%3F%2A%23.jpg";
    const plain = openDelivery({ ...cdn, mode: "public", cloudfront: undefined }, bucket, () => credentials);
    assert.equal(plain.url(key), wanted);
    assert.equal(new URL(plain.url(key)).href, wanted, "a browser changes nothing in it");
    const signed = openDelivery(cdn, bucket, () => credentials).url(key, { contentType: "image/jpeg" });
    assert.ok(signed.startsWith(`${wanted}?response-content-type=image%2Fjpeg&Policy=`), signed);
    const policy = Buffer.from(
      (new URL(signed).searchParams.get("Policy") ?? "")
        .replaceAll("-", "+")
        .replaceAll("_", "=")
        .replaceAll("~", "/"),
      "base64",
    ).toString();
    assert.equal(JSON.parse(policy).Statement[0].Resource, `${wanted}*`);
  });
  it("leaves rendition URLs bare when a cookie opens them, but still signs originals", () => {
    const made = openDelivery({ ...cdn, mode: "cloudfront-cookie" }, bucket, () => credentials);
    assert.equal(made.url("derived/abc/320.avif"), "https://cdn.example.com/derived/abc/320.avif");
    assert.match(made.url("media/abc.jpg"), /Signature=/);
    assert.deepEqual(
      made
        .cookies()
        .map((cookie) => cookie.name)
        .sort(),
      ["CloudFront-Hash-Algorithm", "CloudFront-Key-Pair-Id", "CloudFront-Policy", "CloudFront-Signature"],
    );
  });
  it("refuses the cookie, which opens everything, while private pictures are possible (A-54)", () => {
    const env = {
      MEDIA_URL_MODE: "cloudfront-cookie",
      MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com",
      CLOUDFRONT_KEY_PAIR_ID: "K2JCJMDEHXQW5F",
      CLOUDFRONT_PRIVATE_KEY: privateKey,
      CLOUDFRONT_COOKIE_DOMAIN: "example.com",
    };
    assert.throws(() => parseSettings(env), /private pictures/);
    const allowed = parseSettings({ ...env, MEDIA_VISIBILITIES: "unlisted,public" });
    assert.equal(allowed.delivery.cloudfront?.cookieDomain, "example.com");
  });
  it("gives plain URLs from a public base, and refuses that mode while private pictures are possible (R-60)", () => {
    const made = openDelivery({ ...cdn, mode: "public", cloudfront: undefined }, bucket, () => credentials);
    assert.equal(made.url("derived/abc/320.avif"), "https://cdn.example.com/derived/abc/320.avif");
    assert.throws(
      () => parseSettings({ MEDIA_URL_MODE: "public", MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com" }),
      /MEDIA_VISIBILITIES/,
    );
  });
});
