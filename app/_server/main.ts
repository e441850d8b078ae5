/** The web process: our front door on a plain HTTP server, with Next behind it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import next from "next";
import { database } from "#lib/database.ts";
import { isDatabaseGoneNow } from "#lib/database-gone.ts";
import { delivery, prepareDelivery } from "#lib/delivery/index.ts";
import { required, settings } from "#lib/env.ts";
import { endLive } from "#lib/live/live.ts";
import { log } from "#lib/log.ts";
import { refuseOtherBuild } from "#lib/static/built.ts";
import { storage } from "#lib/storage/current.ts";
import { endWaiting } from "#lib/uploads/news.ts";
import { logConsole } from "./console.ts";
import { front } from "./front.ts";
import { asReader } from "./reader.ts";
import { roomFor } from "./room.ts";
import { hearing } from "./said.ts";
import { answer, uploadHandler } from "./uploads.ts";

const logger = log("web");

async function main(): Promise<void> {
  const { appUrl, host, port, staticUrl, requestsMax } = settings();
  if (process.env.NODE_ENV !== "development") await refuseOtherBuild(process.env);
  const { uploadOrigin } = await prepareDelivery(storage());
  required(settings().authSecret, "AUTH_SECRET");
  const door = front(settings(), {
    media: delivery().origins(),
    upload: [uploadOrigin],
    static: staticUrl === undefined ? [] : [new URL(staticUrl).origin],
    cookies: () => delivery().cookies(),
  });

  if (process.env.NODE_ENV !== "development") logConsole(log("next"));
  const app = next({ dev: process.env.NODE_ENV === "development", hostname: host, port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const { origin } = new URL(appUrl);
  const room = roomFor(requestsMax);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const started = performance.now();
    response.once("finish", () => {
      // The token of an invitation or of a share is its key: the log must not hand it on.
      const path = (request.url ?? "").split("?")[0]?.replace(/^\/+(invite|s|guest)\/.*/, "/$1/…");
      if (path?.startsWith("/_next/")) return;
      logger.info(
        {
          requestId: response.getHeader("x-request-id"),
          method: request.method,
          path,
          status: response.statusCode,
          ms: Math.round(performance.now() - started),
        },
        "answered",
      );
    });
    if (!door.admit(request, response) || !room.admit(request, response)) return;
    // Next says 500 to everything; to a balancer "not now" and "broken" are different answers.
    const writeHead = response.writeHead.bind(response);
    response.writeHead = ((status: number, ...rest: []) => {
      if (status !== 500 || !isDatabaseGoneNow()) return writeHead(status, ...rest);
      response.setHeader("retry-after", "5");
      return writeHead(503, ...rest);
    }) as typeof response.writeHead;
    const handler = uploadHandler(request);
    const answered =
      handler === undefined ? handle(request, response) : answer(handler, request, response, origin);
    answered.catch((error: unknown) => {
      logger.error({ err: error }, "a request was not handled");
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
  // Headers must come quickly, bodies are small JSON: a client that dribbles is let go, at the next look.
  const server = createServer(
    { headersTimeout: 15_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 },
    (request, response) => asReader(request, () => hearing(response, () => serve(request, response))),
  );
  // Whoever asks and then neither reads nor leaves; a stream of news says something every 25 seconds.
  server.timeout = 120_000;

  server.on("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(
      error.code === "EADDRINUSE"
        ? `Port ${port} is already in use. Stop the other program or set PORT.\n`
        : `The web server cannot start: ${error.message}\n`,
    );
    process.exit(1);
  });
  server.listen(port, host, () => {
    process.send?.("ready");
    logger.info({ appUrl, host, port }, "ready");
  });

  const stop = (): void => {
    logger.info("draining");
    endWaiting();
    endLive();
    server.close(() => {
      void app
        .close()
        .then(() => database().sql.end({ timeout: 2 }))
        .finally(() => process.exit(0));
    });
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 8_000).unref();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  logger.fatal({ err: error }, "the web process cannot start");
  process.stderr.write(
    `The web server cannot start: ${error instanceof Error ? error.message : "unknown reason"}\n`,
  );
  process.exit(1);
});
