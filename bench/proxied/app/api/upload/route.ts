/** The baseline: the same files, streamed to the same store through a route handler, as most galleries do it. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

// Made at the first request: the build loads this module too, without the bucket's settings.
let client: S3Client | undefined;
const open = (): S3Client =>
  new S3Client({
    region: process.env.BENCH_REGION ?? "",
    endpoint: process.env.BENCH_ENDPOINT ?? "",
    forcePathStyle: true,
    credentials: {
      accessKeyId: process.env.BENCH_KEY ?? "",
      secretAccessKey: process.env.BENCH_SECRET ?? "",
    },
    requestChecksumCalculation: "WHEN_REQUIRED",
  });

export async function POST(request: Request): Promise<Response> {
  const length = Number(request.headers.get("content-length"));
  client ??= open();
  await client.send(
    new PutObjectCommand({
      Bucket: process.env.BENCH_BUCKET ?? "",
      Key: `media/proxied-${randomUUID()}.jpg`,
      Body: Readable.fromWeb(request.body as ReadableStream<Uint8Array>),
      ContentLength: length,
      ContentType: "image/jpeg",
    }),
  );
  return Response.json({ stored: length });
}
