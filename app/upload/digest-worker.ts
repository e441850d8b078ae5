/** SHA-256 of a file, off the main thread. One message in, one message out, told apart by their number. */
import { createSHA256 } from "hash-wasm";

export type DigestRequest = { n: number; file: File };
export type DigestReply = { n: number; sha256: string } | { n: number; error: string };

/** WebCrypto takes a whole buffer: fast, but not for a file that would fill the memory. */
const wholeBytesMax = 64 * 1024 * 1024;
/** Missing on plain http from another machine, such as a phone on the same network. */
const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function streamed(file: File): Promise<string> {
  const hash = await createSHA256();
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hash.digest("hex");
    hash.update(value);
  }
}

const digest = async (file: File): Promise<string> =>
  subtle !== undefined && file.size <= wholeBytesMax
    ? hex(new Uint8Array(await subtle.digest("SHA-256", await file.arrayBuffer())))
    : streamed(file);

addEventListener("message", (event: MessageEvent<DigestRequest>) => {
  const { n, file } = event.data;
  const reply = (message: DigestReply) => postMessage(message);
  digest(file).then(
    (sha256) => reply({ n, sha256 }),
    (error: unknown) => reply({ n, error: error instanceof Error ? error.name : "Error" }),
  );
});
