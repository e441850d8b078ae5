/** The embedded store: an S3-compatible server on a folder of the local disk, for one owner and one machine. */
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type pino from "pino";
import { log as logOf } from "../../log.ts";
import { Bodies } from "./bodies.ts";
import { Catalogue } from "./catalogue.ts";
import { corsHeaders, preflightHeaders } from "./cors.ts";
import { operationOf } from "./dispatch.ts";
import { Exchange } from "./exchange.ts";
import { getObject } from "./objects.ts";
import { isOpenRead, nobody, type OpenPrefix } from "./open-prefix.ts";
import { isFormPost, postObject } from "./post-object.ts";
import { readRequest, type S3Request, withMovedHeaders } from "./request.ts";
import { S3Error, systemCode } from "./s3-error.ts";
import { authenticateUrl2, isSignedUrl2 } from "./sigv2.ts";
import { authenticate } from "./sigv4.ts";
import type { Store } from "./store.ts";
import { keepTidy, unfinishedMsMax } from "./tidy.ts";

export type StoreOptions = {
  /** Made when it is not there. Belongs to this store alone. */
  folder: string;
  host: string;
  /** 0 takes any free one. */
  port: number;
  credentials: { accessKeyId: string; secretAccessKey: string };
  region: string;
  /** Host names under which `<bucket>.<name>` addresses a bucket; localhost when not given. */
  domains?: string[];
  /** Folders that anybody may read without a signature; none when not given. */
  open?: readonly OpenPrefix[];
  /** The slowest upload that is let live: this many bytes in each span. Default 16 KiB a minute. */
  pace?: Pace;
  /** Answers POST Object with NotImplemented, as stores without it do. */
  refusePost?: boolean;
  /** Uploads in parts are forgotten when nothing has happened in them for so long. Default seven days. */
  unfinishedMs?: number;
};

export type Pace = { everyMs: number; bytesMin: number };

export type RunningStore = {
  url: string;
  /** Stops accepting, finishes what is under way for up to ten seconds, then lets go of the folder. */
  close(): Promise<void>;
};

const headersMsMax = 20_000;
/** How often the server looks for connections whose headers are overdue. */
const lookMs = 5_000;
const idleMsMax = 120_000;
const drainMsMax = 10_000;
/** An upload may be slow, but one that sends less than this is holding a connection, not uploading. */
const defaultPace: Pace = { everyMs: 60_000, bytesMin: 16 * 1024 };

/** A client that went away is not a failure of the store. */
const isGone = (error: unknown): boolean =>
  ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ABORT_ERR", "ERR_STREAM_DESTROYED"].includes(
    systemCode(error) ?? "",
  );

/** What is decided about a request before its signature. */
type Doors = { domains: string[]; open: readonly OpenPrefix[] };

/** What clients sign for S3's first region while they do not know a bucket's. */
const firstRegion = "us-east-1";
const asksWhere = (request: S3Request): boolean =>
  request.bucket === "" ||
  (request.method === "GET" && request.query.some(([name]) => name === "location")) ||
  (request.method === "PUT" &&
    request.key === "" &&
    !request.query.some(([name]) => !/^(x-amz-|x-id$)/i.test(name)));

async function answer(store: Store, doors: Doors, exchange: Exchange, request: S3Request): Promise<void> {
  const bucket = store.catalogue.bucket(request.bucket);
  const origin = request.headers.get("origin");
  if (request.method === "OPTIONS") {
    const asked = {
      origin,
      method: request.headers.get("access-control-request-method"),
      headers: request.headers.get("access-control-request-headers"),
    };
    exchange.send(200, preflightHeaders(bucket?.cors ?? [], asked));
    return;
  }
  Object.assign(exchange.corsHeaders, corsHeaders(bucket?.cors ?? [], origin, request.method));
  if (isFormPost(request)) {
    if (store.refusesPost)
      throw new S3Error("NotImplemented", "This store does not take uploads by POST. Use PUT.");
    await postObject(store, exchange, request);
    return;
  }
  if (isOpenRead(request, doors.open)) {
    // Without its query, so that no part of it can ask for anything but the object.
    await getObject({ store, exchange, request: { ...request, query: [] }, signed: nobody });
    return;
  }
  const keyring = asksWhere(request) ? { ...store.keyring, otherRegion: firstRegion } : store.keyring;
  const isUrl2 = isSignedUrl2(request);
  const signed = isUrl2 ? authenticateUrl2(keyring, request) : authenticate(keyring, request);
  // Version 2 does not cover the whole query.
  const complete = isUrl2 ? request : withMovedHeaders(request);
  await operationOf(complete)({ store, exchange, request: complete, signed });
}

async function handle(store: Store, doors: Doors, exchange: Exchange): Promise<void> {
  const started = performance.now();
  const { message } = exchange;
  let resource = (message.url ?? "").split("?", 1)[0] ?? "";
  try {
    const request = readRequest(message, doors.domains);
    resource = request.path;
    await answer(store, doors, exchange, request);
  } catch (error) {
    if (isGone(error) && (message.errored !== null || exchange.response.destroyed)) {
      exchange.response.destroy();
    } else if (error instanceof S3Error) {
      if (error.status >= 500 && error.code !== "NotImplemented")
        store.log.warn({ err: error, requestId: exchange.id }, "refused");
      await exchange.refuse(error, resource);
    } else {
      store.log.error({ err: error, requestId: exchange.id, resource }, "failed");
      await exchange.refuse(
        new S3Error("InternalError", "We encountered an internal error. Please try again."),
        resource,
      );
    }
  } finally {
    await exchange.release();
  }
  const { statusCode } = exchange.response;
  const ms = Math.round(performance.now() - started);
  // The path without its query: that is where signatures are.
  store.log.debug(
    { requestId: exchange.id, method: message.method, resource, status: statusCode, ms },
    "answered",
  );
}

/** Ends uploads that hold a connection without sending. Whoever sends slowly but steadily goes on. */
function watchPace(exchanges: Set<Exchange>, pace: Pace): NodeJS.Timeout {
  const seen = new WeakMap<Exchange, number>();
  const timer = setInterval(() => {
    for (const exchange of exchanges) {
      const { socket, complete } = exchange.message;
      const before = seen.get(exchange);
      seen.set(exchange, socket.bytesRead);
      if (before === undefined || complete || !exchange.waiting) continue;
      if (socket.bytesRead - before < pace.bytesMin) socket.destroy();
    }
  }, pace.everyMs);
  return timer.unref();
}

function serve(store: Store, doors: Doors): { server: Server; exchanges: Set<Exchange> } {
  const exchanges = new Set<Exchange>();
  const listener = (expectsContinue: boolean) => (message: IncomingMessage, response: ServerResponse) => {
    const exchange = new Exchange(message, response, expectsContinue);
    exchanges.add(exchange);
    response.once("close", () => exchanges.delete(exchange));
    handle(store, doors, exchange).catch((err: unknown) => {
      store.log.error({ err, requestId: exchange.id }, "an answer could not be finished");
      response.destroy();
    });
  };
  const server = createServer(
    { headersTimeout: headersMsMax, keepAliveTimeout: 65_000, connectionsCheckingInterval: lookMs },
    listener(false),
  );
  server.on("checkContinue", listener(true));
  // A large upload over a slow line takes hours in all; watchPace judges it by its pace instead.
  server.requestTimeout = 0;
  server.timeout = idleMsMax;
  return { server, exchanges };
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The store has no address.");
  return address;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A keep-alive connection that becomes idle now would hold the server open.
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const timer = setTimeout(() => server.closeAllConnections(), drainMsMax);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}

async function openFolder(
  folder: string,
  shared: { log: pino.Logger; keyring: Store["keyring"]; refusesPost: boolean },
): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The index first: its lock decides who may touch the bodies.
  const catalogue = new Catalogue(folder);
  try {
    return { catalogue, bodies: await Bodies.open(folder), ...shared };
  } catch (error) {
    await catalogue.close();
    throw error;
  }
}

/** Opens the folder and listens. Throws StoreInUse when another process has it, or what the system says (EADDRINUSE, EACCES). */
export async function startStore(options: StoreOptions): Promise<RunningStore> {
  const { folder, host, credentials, region } = options;
  const store = await openFolder(folder, {
    log: logOf("store"),
    keyring: { ...credentials, region },
    refusesPost: options.refusePost ?? false,
  });
  const { server, exchanges } = serve(store, {
    domains: options.domains ?? ["localhost"],
    open: options.open ?? [],
  });
  try {
    const { port } = await listen(server, host, options.port);
    const pace = watchPace(exchanges, options.pace ?? defaultPace);
    const stopTidying = keepTidy(store, options.unfinishedMs ?? unfinishedMsMax);
    const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
    const close = async (): Promise<void> => {
      clearInterval(pace);
      await stop(server);
      await stopTidying();
      await store.bodies.close();
      await store.catalogue.close();
    };
    let closing: Promise<void> | undefined;
    return { url: `http://${name}:${port}`, close: () => (closing ??= close()) };
  } catch (error) {
    await store.catalogue.close();
    throw error;
  }
}
