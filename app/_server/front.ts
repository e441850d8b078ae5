/**
 * The front door: what is decided about a request before Next sees it. Who the client is, whether a changing
 * request comes from our own pages, and which security headers every answer carries.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, isIP } from "node:net";
import type { Settings } from "#lib/env.ts";
import { words } from "#lib/words.ts";

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, "");

/** Answers whether an address is one of the proxies that were named. */
export function trustedProxies(networks: string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return (address) => isIP(address) !== 0 && list.check(address, family(address));
}

/** The client's address: the nearest one in the chain that is not a trusted proxy. */
export function clientAddress(
  socketAddress: string,
  forwardedFor: string | undefined,
  trusted: (address: string) => boolean,
): string {
  const chain = [...(forwardedFor ?? "").split(",").map((part) => plain(part.trim())), plain(socketAddress)];
  let client = plain(socketAddress);
  for (let n = chain.length - 1; n >= 0; n--) {
    const address = chain[n] ?? "";
    if (isIP(address) === 0) break;
    client = address;
    if (!trusted(address)) break;
  }
  return client;
}

/** No inline script without this request's nonce; pictures and uploads only from and to the named origins. */
export function contentSecurityPolicy(options: {
  nonce: string;
  mediaOrigins: string[];
  uploadOrigins: string[];
  /** Where styles, fonts and public files are loaded from besides the site itself (STATIC_URL). */
  staticOrigins?: string[];
  https: boolean;
  /** Which sites may show the page in a frame: none, or for what is made for that (app/embed) all. */
  framed?: boolean;
}): string {
  const fixed = ["", ...(options.staticOrigins ?? [])].join(" ");
  const media = options.mediaOrigins.join(" ");
  const upload = options.uploadOrigins.join(" ");
  const connect = [...new Set([...options.uploadOrigins, ...options.mediaOrigins])].join(" ");
  return [
    "default-src 'none'",
    // 'wasm-unsafe-eval' lets the hash of large files run; it allows no script text. Scripts from STATIC_URL carry the
    // nonce as well: beside 'strict-dynamic' a browser would ignore their origin here.
    `script-src 'nonce-${options.nonce}' 'strict-dynamic' 'wasm-unsafe-eval'`,
    "worker-src 'self'",
    `style-src 'self' 'unsafe-inline'${fixed}`,
    `img-src 'self' data: blob: ${media}${fixed}`,
    `media-src 'self' blob: ${media}`,
    `connect-src 'self' ${connect}`,
    `form-action 'self' ${upload}`,
    `font-src 'self'${fixed}`,
    `manifest-src 'self'${fixed}`,
    "base-uri 'none'",
    "object-src 'none'",
    `frame-ancestors ${options.framed === true ? "*" : "'none'"}`,
    // /embed/code shows what it makes.
    "frame-src 'self'",
    ...(options.https ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}

const reading = new Set(["GET", "HEAD", "OPTIONS"]);
const changing = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/** Headers that only this door may set; whatever a client sends under these names is dropped. */
const ours = [
  "x-tintype-client",
  "x-request-id",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "forwarded",
  "x-real-ip",
  "x-nonce",
  "content-security-policy",
  "x-middleware-subrequest",
  "x-tintype-path",
];

export type Front = {
  /** Prepares request and response. False: it was answered already. */
  admit(request: IncomingMessage, response: ServerResponse): boolean;
};

export function front(
  settings: Pick<Settings, "appUrl" | "trustedProxies">,
  origins: {
    media: string[];
    upload: string[];
    static?: string[];
    cookies: () => { name: string; value: string; domain: string }[];
  },
): Front {
  const app = new URL(settings.appUrl);
  const https = app.protocol === "https:";
  const trusted = trustedProxies(settings.trustedProxies);
  const fixed: [string, string][] = [
    ["x-content-type-options", "nosniff"],
    // a signed URL must not travel on as a referrer.
    ["referrer-policy", "same-origin"],
    ["x-frame-options", "DENY"],
    ["cross-origin-opener-policy", "same-origin"],
    ["permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"],
    ...(https ? [["strict-transport-security", "max-age=31536000"] as [string, string]] : []),
  ];

  return {
    admit(request, response) {
      const socketAddress = request.socket.remoteAddress ?? "";
      const forwarded = request.headers["x-forwarded-for"];
      const client = clientAddress(
        socketAddress,
        Array.isArray(forwarded) ? forwarded.join(",") : forwarded,
        trusted,
      );
      const proxied = ["x-forwarded-for", "x-forwarded-host", "forwarded"].some(
        (name) => request.headers[name] !== undefined,
      );
      for (const name of ours) delete request.headers[name];
      const requestId = randomUUID();
      request.headers["x-tintype-client"] = client;
      request.headers["x-request-id"] = requestId;
      if (!isReadable(request.url ?? "/")) request.url = nowhere;
      // Where a sign-in leads back to; a layout cannot see its own address.
      request.headers["x-tintype-path"] = (request.url ?? "/")
        .replace(/([?&])_rsc=[^&]*&?/, "$1")
        .replace(/[?&]$/, "");
      // Next compares a server action's Origin with this: only our own address passes.
      request.headers["x-forwarded-host"] = app.host;
      request.headers["x-forwarded-proto"] = app.protocol.slice(0, -1);
      for (const [name, value] of fixed) response.setHeader(name, value);
      response.setHeader("x-request-id", requestId);

      const path = request.url ?? "/";
      const method = request.method ?? "GET";
      // Only what is read: a form sent to such an address must meet the check of its origin below.
      if (isFile(path) && reading.has(method)) return true;
      const framed = embeddable.test(path);
      if (framed) response.removeHeader("x-frame-options");
      // A share's address is its key: not even our own pages learn it from a referrer, and no index keeps it.
      if (/^\/(s|guest)\//.test(path)) {
        response.setHeader("referrer-policy", "no-referrer");
        response.setHeader("x-robots-tag", "noindex, nofollow, noarchive");
      }
      const nonce = randomBytes(16).toString("base64");
      const policy = contentSecurityPolicy({
        nonce,
        mediaOrigins: origins.media,
        uploadOrigins: origins.upload,
        staticOrigins: origins.static ?? [],
        https,
        framed,
      });
      // Next reads the nonce from the request's policy and puts it on every script it writes.
      request.headers["content-security-policy"] = policy;
      response.setHeader("content-security-policy", policy);

      if (!reading.has(method) && !changing.has(method)) {
        // Next answers a method that no web page knows, such as TRACE, with a failure of its own.
        response
          .writeHead(405, { allow: [...reading, ...changing].join(", "), "cache-control": "no-store" })
          .end();
        return false;
      }
      if (method === "POST" && path === shareTarget) {
        // The pictures in it are for the service worker, which was not there: none of them is read or kept.
        request.resume();
        response.writeHead(303, { location: shareTarget, "cache-control": "no-store" }).end();
        return false;
      }
      if (changing.has(method) && request.headers.origin !== app.origin) return refuse(response, requestId);
      if (elsewhere(request, app, proxied)) {
        response
          .writeHead(307, {
            location: `${app.origin}${path.startsWith("/") && !path.startsWith("//") ? path : "/"}`,
            "cache-control": "no-store",
            "set-cookie": `${sentOn}=1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax`,
          })
          .end();
        return false;
      }
      if (framed) return true;
      for (const { name, value, domain } of origins.cookies())
        response.appendHeader(
          "set-cookie",
          `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=${domain}`,
        );
      return true;
    },
  };
}

/** Pages for frames on other sites: what everybody may see, without cookies. */
const embeddable = /^\/embed(\/[0-9a-f-]{36})?(\?|$)/;

/** Where another app's share sheet sends pictures (app/manifest.webmanifest); public/sw.js takes them. */
const shareTarget = "/upload/share-target";

/** A file of the build. What climbs out of its folder is a page, and needs what pages need. */
const isFile = (path: string): boolean => /^\/_next\/static\/(?!.*\.\.)[^%\\]+$/.test(path);

/** No page of ours and never one: Next answers it as not found, with the page for that. */
const nowhere = "/_nowhere/_nothing";

/**
 * Next answers a path it cannot decode with a bare 500, and Postgres takes no text with a zero in it. An address with a
 * host of its own would pass by whatever is decided here by how a path begins.
 */
function isReadable(url: string): boolean {
  try {
    return url.startsWith("/") && !decodeURIComponent(url.split("?")[0] ?? "").includes("\0");
  } catch {
    return false;
  }
}

/**
 * Set on the way to the configured address, for a minute. A proxy that hands on no Host sends the person back here
 * under a loopback name: without this mark they would be sent on for ever.
 */
const sentOn = "tintype-sent-on";

/**
 * A person who opened this machine by a loopback name would be refused at every form, because their pages' origin is
 * not the configured one: send them there first.
 */
function elsewhere(request: IncomingMessage, app: URL, proxied: boolean): boolean {
  const { host, referer, cookie = "" } = request.headers;
  return (
    request.method === "GET" &&
    request.headers["sec-fetch-mode"] === "navigate" &&
    !proxied &&
    host !== undefined &&
    host !== app.host &&
    /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host) &&
    // Their browser says that they are there already.
    !referer?.startsWith(`${app.origin}/`) &&
    !cookie.includes(`${sentOn}=`)
  );
}

function refuse(response: ServerResponse, requestId: string): false {
  response.writeHead(403, { "content-type": "application/problem+json", "cache-control": "no-store" }).end(
    JSON.stringify({
      type: "about:blank",
      title: "cross_site",
      status: 403,
      code: "cross_site",
      detail: words("errors")("cross_site"),
      requestId,
    }),
  );
  return false;
}
