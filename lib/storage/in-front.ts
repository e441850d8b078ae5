/** Stands between a client and a store and makes trouble, so that tests see what other stores and networks do. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/**
 * What happens to a request: an answer of one's own, the store's answer with other bytes in its body, cut off after so
 * many of them or lost altogether, or (undefined) nothing.
 */
export type Trouble =
  | { status: number; body: string }
  | { cutAnswerAfter: number }
  | { loseAnswer: true }
  | { spoilAnswer: true }
  | undefined;

export type InFront = { url: string; close(): Promise<void> };

/** Passes everything on to `store`, the signed Host header included, unless `meddle` says otherwise. */
export async function inFrontOf(
  store: string,
  meddle: (asked: IncomingMessage) => Trouble,
): Promise<InFront> {
  const server = createServer((asked, answer) => {
    const trouble = meddle(asked);
    if (trouble !== undefined && "status" in trouble) {
      asked.resume();
      answer.writeHead(trouble.status, { "content-type": "application/xml" }).end(trouble.body);
      return;
    }
    const passed = request(store, { path: asked.url, method: asked.method, headers: asked.headers }, (got) =>
      pass(got, answer, trouble),
    );
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server without a port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(got: IncomingMessage, answer: ServerResponse, trouble: Trouble): void {
  if (trouble !== undefined && "loseAnswer" in trouble) {
    got.resume().once("end", () => answer.destroy());
    return;
  }
  answer.writeHead(got.statusCode ?? 500, got.headers);
  if (trouble === undefined || "status" in trouble) {
    got.pipe(answer);
    return;
  }
  if ("spoilAnswer" in trouble) {
    got.on("data", (piece: Buffer) => answer.write(piece.map((byte) => byte ^ 1)));
    got.once("end", () => answer.end());
    return;
  }
  let left = trouble.cutAnswerAfter;
  got.on("data", (piece: Buffer) => {
    if (left <= 0) return;
    const some = piece.subarray(0, left);
    left -= some.length;
    answer.write(some, () => {
      if (left === 0) answer.destroy();
    });
  });
}
