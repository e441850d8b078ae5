/**
 * Takes aws-chunked bodies apart: chunks with or without a signature chain, with or without a signed trailer
 * (docs.aws.amazon.com, "Signature calculations: transferring a payload in multiple chunks").
 */
import { createHash } from "node:crypto";
import { ByteReader, type Chunks } from "./byte-reader.ts";
import { S3Error } from "./s3-error.ts";
import { emptySha256, hmac, type Signed, sameText, sha256Hex } from "./sigv4.ts";

const lineEnd = Buffer.from("\r\n");
const lineBytesMax = 256;
const trailerBytesMax = 4096;

const kinds: Record<string, { signed: boolean; trailer: boolean }> = {
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { signed: true, trailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { signed: true, trailer: true },
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { signed: false, trailer: true },
};

/** How a payload of this name is framed; undefined when it is not framed. */
export const chunkedKind = (payload: string): { signed: boolean; trailer: boolean } | undefined =>
  kinds[payload];

const malformed = (): S3Error =>
  new S3Error("InvalidRequest", "The aws-chunked encoding of the body is broken.");
const mismatch = (): S3Error =>
  new S3Error("SignatureDoesNotMatch", "The signature of a chunk does not match its bytes.");

/** The chain of chunk signatures: each is made over the one before it. */
class Chain {
  #seed: Signed["seed"];

  constructor(seed: Signed["seed"]) {
    this.#seed = seed;
  }

  #advance(given: string, kind: string, lines: string[]): void {
    const { date, scope, signature, key } = this.#seed;
    const expected = hmac(key, [`AWS4-HMAC-SHA256-${kind}`, date, scope, signature, ...lines].join("\n"));
    if (!sameText(given, expected.toString("hex"))) throw mismatch();
    this.#seed = { ...this.#seed, signature: given };
  }

  chunk(given: string, digest: string): void {
    this.#advance(given, "PAYLOAD", [emptySha256, digest]);
  }

  trailer(given: string, lines: string): void {
    this.#advance(given, "TRAILER", [sha256Hex(lines)]);
  }
}

function parseChunkLine(line: Buffer | undefined, signed: boolean): { size: number; signature: string } {
  const m = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line?.toString("latin1") ?? "");
  if (m === null || (m[2] !== undefined) !== signed) throw malformed();
  return { size: Number.parseInt(m[1] ?? "", 16), signature: m[2] ?? "" };
}

/** Reads `name:value` lines to the empty one. The signature of a signed trailer is checked over the others. */
async function readTrailer(
  reader: ByteReader,
  chain: Chain | undefined,
  found: Map<string, string>,
): Promise<void> {
  let signedLines = "";
  let bytes = 0;
  for (;;) {
    const line = (await reader.until(lineEnd, trailerBytesMax))?.toString("latin1");
    // Some clients leave the last empty line away.
    if (line === undefined || line === "") break;
    bytes += line.length;
    const colon = line.indexOf(":");
    if (colon < 1 || bytes > trailerBytesMax) throw malformed();
    const name = line.slice(0, colon).toLowerCase().trim();
    const value = line.slice(colon + 1).trim();
    if (name === "x-amz-trailer-signature") {
      if (chain === undefined) throw malformed();
      chain.trailer(value, signedLines);
      // The empty line that ends it; some clients leave it away.
      if ((await reader.until(lineEnd, 0)) === undefined && !(await reader.atEnd())) throw malformed();
      return;
    }
    signedLines += `${name}:${value}\n`;
    found.set(name, value);
  }
  if (chain !== undefined) throw malformed();
}

/**
 * The bytes inside the frames. Each chunk's signature is compared when the chunk has passed, so nothing may be kept
 * for good before the iteration has ended. `trailer` is filled at the end.
 */
export async function* unchunked(
  source: Chunks,
  signed: Signed,
  trailer: Map<string, string>,
): AsyncGenerator<Buffer, void, void> {
  const kind = kinds[signed.payload];
  if (kind === undefined) throw malformed();
  const reader = new ByteReader(source);
  const chain = kind.signed ? new Chain(signed.seed) : undefined;
  for (;;) {
    const { size, signature } = parseChunkLine(await reader.until(lineEnd, lineBytesMax), kind.signed);
    const hash = chain === undefined ? undefined : createHash("sha256");
    for await (const piece of reader.take(size)) {
      hash?.update(piece);
      yield piece;
    }
    if (chain !== undefined && hash !== undefined) chain.chunk(signature, hash.digest("hex"));
    if (size === 0) break;
    const end = await reader.exactly(2);
    if (end === undefined || !end.equals(lineEnd)) throw malformed();
  }
  if (kind.trailer) await readTrailer(reader, chain, trailer);
  else await reader.exactly(2);
  if (!(await reader.atEnd())) throw malformed();
}
