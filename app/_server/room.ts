/**
 * How many requests are worked on at once. More would only wait for the same cores and the same connections of the
 * database, take memory meanwhile, and be answered when whoever asked has given up. Uploads are asked to come back
 * first: their page waits, says so and goes on. Who looks at pictures is refused only when there is no room at all.
 */
import { randomInt } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { escaped, plainPage } from "#lib/markup.ts";
import { words } from "#lib/words.ts";

/** Of all the room, what uploads may fill. */
const uploadsShare = 0.5;
/** Seconds, drawn anew for everybody: who was refused together must not come back together. */
const [soonest, latest] = [2, 9];
/** What takes longer to arrive is not being worked on: five hundred who dribble would keep everybody else out. */
const usualSlowBodyMs = 2_000;

/**
 * Not counted: what is read from the disk, what a balancer asks to learn how we are, and what costs nothing while it is
 * held back until there is news (each has a limit of its own).
 */
const free =
  /^\/(_next\/static\/.+|api\/health\/[^/]+|api\/live|(api|guest\/[^/]+)\/uploads\/status|m\/[^/]+\/full\.jpg)$/;
/** Ways through which a path that begins like one of these would lead elsewhere. */
const winding = /\/\/|\.\.|\\|%/;
const pathOf = ({ url = "/" }: IncomingMessage): string => url.split("?", 1)[0] ?? "/";
const isFree = (path: string): boolean => free.test(path) && !winding.test(path);
const isUpload = (method: string | undefined, path: string): boolean =>
  method === "POST" && /^\/(api|guest)\/(.*\/)?uploads(\/|$)/.test(path);

export type Room = {
  /** Lets a request in until it is answered. False: it was asked to come back later. */
  admit(request: IncomingMessage, response: ServerResponse): boolean;
};

export function roomFor(most: number, slowBodyMs: number = usualSlowBodyMs): Room {
  let inside = 0;
  return {
    admit(request, response) {
      const path = pathOf(request);
      if (isFree(path)) return true;
      if (inside >= (isUpload(request.method, path) ? Math.ceil(most * uploadsShare) : most)) {
        refuse(request, response);
        return false;
      }
      let counted = false;
      const count = (on: boolean): void => {
        if (counted !== on) inside += on ? 1 : -1;
        counted = on;
      };
      count(true);
      const dribbles = setTimeout(() => count(request.complete), slowBodyMs);
      request.once("end", () => count(!response.closed));
      response.once("close", () => {
        clearTimeout(dribbles);
        count(false);
      });
      return true;
    },
  };
}

const style =
  "p { font: 1.1rem/1.5 system-ui, sans-serif; max-inline-size: 34rem; margin: 20vh auto; padding: 1rem }";

/** A page comes back by itself; a program is told when to. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const seconds = randomInt(soonest, latest);
  const text = words("errors")("busy");
  const head = { "cache-control": "no-store", "retry-after": String(seconds) };
  if (request.headers["sec-fetch-mode"] === "navigate") {
    response.writeHead(503, { ...head, "content-type": "text/html; charset=utf-8" });
    const refresh = `<meta http-equiv="refresh" content="${seconds}">`;
    response.end(plainPage({ title: "Tintype", head: refresh, style, body: `<p>${escaped(text)}</p>` }));
    return;
  }
  const requestId = response.getHeader("x-request-id");
  response.writeHead(503, { ...head, "content-type": "application/problem+json" });
  response.end(
    JSON.stringify({
      type: "about:blank",
      title: "busy",
      status: 503,
      code: "busy",
      detail: text,
      requestId,
    }),
  );
}
