/** Our signer beside the SDK's presigner, on the same keys, interleaved. */
import { randomBytes } from "node:crypto";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { signer } from "#lib/delivery/sigv4.ts";
import { median, table } from "./processes.ts";

export async function run(): Promise<void> {
  const credentials = {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  };
  const client = new S3Client({
    region: "ap-northeast-2",
    endpoint: "http://localhost:9100",
    forcePathStyle: true,
    credentials,
  });
  const sign = signer({
    base: "http://localhost:9100/pictures",
    region: "ap-northeast-2",
    credentials,
    expiresIn: 7200,
  });
  const keys = Array.from({ length: 1000 }, () => `derived/${randomBytes(16).toString("hex")}/640.avif`);
  const at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
  const response = { "response-cache-control": "private, max-age=3600, immutable" };
  const [ours, sdk]: [number[], number[]] = [[], []];
  for (let round = 0; round < 9; round++) {
    let started = performance.now();
    for (const key of keys) sign(key, at, response);
    ours.push(performance.now() - started);
    started = performance.now();
    for (const key of keys)
      await getSignedUrl(
        client,
        new GetObjectCommand({
          Bucket: "pictures",
          Key: key,
          ResponseCacheControl: response["response-cache-control"],
        }),
        { expiresIn: 7200, signingDate: at },
      );
    sdk.push(performance.now() - started);
  }
  table([
    { signer: "ours", "µs a URL": median(ours).toFixed(2) },
    { signer: "AWS SDK, shared client", "µs a URL": median(sdk).toFixed(2) },
  ]);
  console.log(`${(median(sdk) / median(ours)).toFixed(0)} × faster`);
  client.destroy();
}
