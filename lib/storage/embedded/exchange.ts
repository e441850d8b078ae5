/** One request and its answer: how the body is read, how answers are written, and how a refusal ends in good order. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Chunks } from "./byte-reader.ts";
import { S3Error } from "./s3-error.ts";
import { document } from "./xml.ts";

/** Objects come from strangers: a browser must neither guess their type nor run anything in them. */
const guardHeaders = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

/** A browser reads the refusal only after it could send what it had begun to send; past this it is cut off. */
const drainBytesMax = 256 * 1024 * 1024;
const drainMsMax = 60_000;

export class Exchange {
  readonly id = randomBytes(8).toString("hex").toUpperCase();
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** Goes out with whatever the answer turns out to be. */
  readonly corsHeaders: Record<string, string> = {};
  /** True while the store waits for the client to send, false while the disk makes the client wait. */
  waiting = false;
  #expectsContinue: boolean;
  #chunks: AsyncIterator<Buffer> | undefined;

  constructor(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    this.message = message;
    this.response = response;
    this.#expectsContinue = expectsContinue;
  }

  /** The bytes of the body as they arrive. To be asked for once. */
  async *chunks(): Chunks & AsyncGenerator<Buffer, void, void> {
    if (this.#expectsContinue) {
      this.#expectsContinue = false;
      this.response.writeContinue();
    }
    const source: AsyncIterator<Buffer> = this.message.iterator({ destroyOnReturn: false });
    this.#chunks = source;
    for (;;) {
      this.waiting = true;
      const next = await source.next();
      this.waiting = false;
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** The whole body of a small request. Refuses with MaxMessageLengthExceeded. */
  async text(source: Chunks, bytesMax: number): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > bytesMax) throw new S3Error("MaxMessageLengthExceeded", "Your request was too big.");
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  }

  /** Lets go of the body, so that Node can skip what is left of it. */
  async release(): Promise<void> {
    await this.#chunks?.return?.();
    this.#chunks = undefined;
  }

  /** Writes status and headers; the caller streams the body. */
  head(status: number, headers: Record<string, string>): void {
    this.response.writeHead(status, {
      "x-amz-request-id": this.id,
      "x-amz-id-2": "tintype",
      Server: "Tintype",
      ...guardHeaders,
      ...this.corsHeaders,
      ...headers,
    });
  }

  send(status: number, headers: Record<string, string> = {}, body = ""): void {
    this.head(
      status,
      status === 204 || status === 304
        ? headers
        : { "Content-Length": String(Buffer.byteLength(body)), ...headers },
    );
    this.response.end(body);
  }

  sendXml(status: number, body: string, headers: Record<string, string> = {}): void {
    this.send(status, { "Content-Type": "application/xml", ...headers }, body);
  }

  #hasUnreadBody(): boolean {
    const { headers, complete } = this.message;
    const announced =
      headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    return announced && !complete;
  }

  /** Answers with S3's error document. The bucket's and the key's name are the client's own, the rest is ours. */
  async refuse(error: S3Error, resource: string): Promise<void> {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const body = document(
      "Error",
      {
        Code: error.code,
        Message: error.message,
        ...error.details,
        Resource: resource,
        RequestId: this.id,
        HostId: "tintype",
      },
      false,
    );
    const headers: Record<string, string> = {
      "Content-Type": "application/xml",
      "Content-Length": String(Buffer.byteLength(body)),
      ...error.headers,
    };
    if (!this.#hasUnreadBody()) {
      this.head(error.status, headers);
      this.response.end(this.message.method === "HEAD" ? undefined : body);
      return;
    }
    this.head(error.status, { ...headers, Connection: "close" });
    // Whoever waits for 100 Continue will not send the body any more.
    if (!this.#expectsContinue && this.message.method !== "HEAD") {
      this.response.write(body);
      await this.#drain();
      this.response.end();
    } else this.response.end(this.message.method === "HEAD" ? undefined : body);
  }

  /** Reads on without keeping anything: closing at once would reset the connection and the answer with it. */
  async #drain(): Promise<void> {
    await this.release();
    const { message } = this;
    let bytes = 0;
    const ended = new Promise<void>((resolve) => {
      message.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > drainBytesMax) resolve();
      });
      message.once("end", resolve);
      message.once("error", () => resolve());
      message.once("close", resolve);
    });
    message.resume();
    const timer = new AbortController();
    await Promise.race([
      ended,
      delay(drainMsMax, undefined, { ref: false, signal: timer.signal }).catch(() => {}),
    ]);
    timer.abort();
  }
}
