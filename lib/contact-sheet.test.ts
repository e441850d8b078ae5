import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type Loose, packSheet, unpackSheet } from "./contact-sheet.ts";
import { openDelivery } from "./delivery/index.ts";
import type { BucketSettings, DeliverySettings } from "./env.ts";
import { renditionFolder, renditionKey } from "./storage/keys.ts";

const bucket: BucketSettings = {
  bucket: "pictures",
  region: "ap-northeast-2",
  endpoint: "http://127.0.0.1:9100",
  publicEndpoint: "http://127.0.0.1:9100",
  credentials: undefined,
  forcePathStyle: true,
  location: "some/where/",
};
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const presigned = {
  mode: "s3-presigned",
  windowSeconds: 3600,
  publicBase: undefined,
  cloudfront: undefined,
} as const;

function pictures(count: number, url: (key: string) => string): Loose[] {
  return Array.from({ length: count }, (_, n) => {
    const folder = renditionFolder();
    const widths = n % 3 === 0 ? [320] : [320, 640];
    return {
      id: randomUUID(),
      ratio: Math.round((0.5 + (n % 7) / 3) * 1000) / 1000,
      color: createHash("sha1").update(String(n)).digest().readUIntBE(0, 3),
      label: n % 5 === 0 ? `Lake “${n}” | 호수 & <b>` : "Photo, 3 May 2026",
      mark: n % 4,
      folder,
      files: widths.map((width) => ({
        name: `${width}.avif`,
        url: url(renditionKey(folder, width, "avif")),
      })),
    };
  });
}

const assertRoundTrip = (loose: Loose[]): void => {
  const tiles = unpackSheet(JSON.parse(JSON.stringify(packSheet(loose))));
  assert.deepEqual(
    tiles,
    loose.map(({ folder: _, files, ...rest }) => ({
      ...rest,
      sources: files.map(({ name, url }) => ({ width: Number.parseInt(name, 10), url })),
    })),
  );
};

const compressed = (value: unknown): number => gzipSync(JSON.stringify(value)).length;

describe("contact sheet", () => {
  it("gives back every presigned address byte for byte (R-61)", () => {
    const { url } = openDelivery(presigned, bucket, () => credentials);
    assertRoundTrip(pictures(200, url));
  });

  it("gives back addresses of every other kind of delivery too (R-60)", () => {
    const open: DeliverySettings = {
      mode: "public",
      windowSeconds: 3600,
      publicBase: "https://cdn.example.org/m",
      cloudfront: undefined,
    };
    assertRoundTrip(pictures(50, openDelivery(open, bucket, () => credentials).url));
    // As CloudFront signs: one signature a folder, nothing of S3's in it.
    assertRoundTrip(
      pictures(
        50,
        (key) => `https://cdn.example.org/${key}?Policy=a_-~${key.slice(-9, -7)}&Signature=x~_&Key-Pair-Id=K`,
      ),
    );
  });

  it("holds nothing when there is nothing", () => {
    assert.deepEqual(unpackSheet(packSheet([])), []);
  });

  it("refuses an address that lies elsewhere, instead of sending a broken one", () => {
    const [first] = pictures(1, (key) => `https://a.example/${key}`);
    assert.ok(first);
    const elsewhere = { ...first, files: [{ name: "1.avif", url: "https://b.example/1.avif" }] };
    assert.throws(() => packSheet([first, elsewhere]), RangeError);
  });

  it("costs, compressed, at most two fifths more than the random bytes it has to carry", () => {
    const { url } = openDelivery(presigned, bucket, () => credentials);
    const loose = pictures(60, url);
    const secrets = loose.reduce((sum, { files }) => sum + files.length, 0);
    // What cannot be shared: a signature per address, an id and a folder per picture, all of them random.
    const floor = gzipSync(randomBytes(secrets * 32 + 60 * 36)).length;
    assert.ok(compressed(packSheet(loose)) < floor * 1.4, `${compressed(packSheet(loose))} of ${floor}`);
  });

  it("costs next to nothing behind HTML that spells the same addresses", () => {
    const { url } = openDelivery(presigned, bucket, () => credentials);
    const loose = pictures(15, url);
    const html = loose.map(({ id, files }) => `${id} ${files.map((file) => file.url).join()}`);
    const alone = compressed(packSheet(loose));
    const behind = compressed([html, packSheet(loose)]) - compressed(html);
    assert.ok(behind < alone / 2, `${behind} of ${alone}`);
  });
});
