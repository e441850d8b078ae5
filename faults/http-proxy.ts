/** In front of the store: answers 500, 503 or SlowDown in its place, before or after it has done what was asked. */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Random } from "./random.ts";

export const httpTroubles = [
  "error-before",
  "error-after",
  "slow-down",
  "reset-before",
  "reset-in-question",
  "reset-in-answer",
  "lost-answer",
  "delay",
  "hang",
] as const;
export type HttpTrouble = (typeof httpTroubles)[number];

const codes: Record<number, string> = { 500: "InternalError", 503: "ServiceUnavailable" };

export class HttpProxy {
  readonly port: number;
  readonly target: number;
  #server: Server;
  #agent = new Agent({ keepAlive: true });
  #trouble: { kind: HttpTrouble; chance: number; random: Random } | undefined;
  #hanging = new Set<ServerResponse>();

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => this.#serve(asked, answer));
    server.on("clientError", (_error, socket) => socket.destroy());
  }

  static async open(target: number): Promise<HttpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new HttpProxy(server, target);
  }

  /** From now on, each request meets this with that chance. */
  trouble(kind: HttpTrouble, chance: number, random: Random): void {
    this.#trouble = { kind, chance, random };
  }

  heal(): void {
    this.#trouble = undefined;
    for (const answer of this.#hanging) answer.socket?.resetAndDestroy();
    this.#hanging.clear();
  }

  close(): void {
    this.heal();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  #serve(asked: IncomingMessage, answer: ServerResponse): void {
    const met = this.#trouble;
    const kind = met?.random.chance(met.chance) ? met.kind : undefined;
    asked.on("error", () => {});
    answer.on("error", () => {});
    if (kind === "error-before" || kind === "slow-down") {
      asked.resume();
      asked.once("end", () => refuse(answer, kind === "slow-down" ? 503 : 500, kind === "slow-down"));
      return;
    }
    if (kind === "reset-before") {
      asked.socket.resetAndDestroy();
      return;
    }
    if (kind === "hang") {
      asked.resume();
      this.#hanging.add(answer);
      return;
    }
    if (kind === "delay") setTimeout(() => this.#forward(asked, answer, kind, 0), met?.random.int(50, 1500));
    else this.#forward(asked, answer, kind, met?.random.int(0, 20_000) ?? 0);
  }

  #forward(
    asked: IncomingMessage,
    answer: ServerResponse,
    kind: HttpTrouble | undefined,
    bytes: number,
  ): void {
    const onward = request({
      host: "127.0.0.1",
      port: this.target,
      method: asked.method,
      path: asked.url,
      headers: asked.rawHeaders,
      agent: this.#agent,
      setDefaultHeaders: false,
    });
    const fail = (): void => {
      asked.socket.resetAndDestroy();
    };
    onward.on("error", fail);
    if (kind === "reset-in-question") {
      let passed = 0;
      asked.on("data", (data: Buffer) => {
        passed += data.length;
        if (passed >= bytes / 20) {
          onward.destroy();
          fail();
        }
      });
    }
    asked.on("close", () => {
      if (!asked.complete) onward.destroy();
    });
    onward.on("response", (given) => {
      given.on("error", fail);
      if (kind === "error-after" || kind === "lost-answer") {
        given.resume();
        given.once("end", () => (kind === "lost-answer" ? fail() : refuse(answer, 500, false)));
        return;
      }
      answer.writeHead(given.statusCode ?? 502, given.rawHeaders);
      if (kind === "reset-in-answer") {
        answer.flushHeaders();
        let left = bytes / 10;
        given.on("data", (data: Buffer) => {
          answer.write(data.subarray(0, left));
          left -= data.length;
          if (left <= 0) fail();
        });
        given.once("end", fail);
        return;
      }
      given.pipe(answer);
    });
    asked.pipe(onward);
  }
}

function refuse(answer: ServerResponse, status: number, slowDown: boolean): void {
  const code = slowDown ? "SlowDown" : codes[status];
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>Not now.</Message></Error>`;
  answer.writeHead(status, {
    "content-type": "application/xml",
    "content-length": body.length,
    "access-control-allow-origin": "*",
    ...(slowDown ? { "retry-after": "1" } : {}),
  });
  answer.end(body);
}
