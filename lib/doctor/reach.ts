/** From the settings to the first word with the store: do they fit together, does it answer, is it S3, what time has it. */
import { databaseClock } from "#db/queries/clock.ts";
import { set, spoken } from "./advice.ts";
import { type Answer, NoAnswer, nodeAt, xmlOf } from "./ask.ts";
import { fail, ok, type Probe, skip, warn } from "./probe.ts";
import { expiring, type Place, unanswered, unresolved } from "./silence.ts";
import type { Visit } from "./visit.ts";

/** Past these, the readiness check of a process warns and fails as well (F-22). */
const skewWarnMs = 30_000;
const skewFailMs = 300_000;

const isLoopback = (url: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname) ||
  new URL(url).hostname.endsWith(".localhost");

export const settingsProbe: Probe<Visit> = {
  id: "settings",
  needs: [],
  async run({ appUrl, outside, bucket, delivery, inside }) {
    const { host } = new URL(outside);
    const https = appUrl.startsWith("https:");
    if (https && outside.startsWith("http:"))
      return fail(
        `The site is https (${appUrl}) and browsers are sent to the store by http (${host}): they refuse that as mixed content.`,
        set("Give browsers an https address of the store:", { S3_PUBLIC_ENDPOINT: `https://${host}` }),
      );
    const base = delivery.publicBase;
    if (https && delivery.mode !== "s3-presigned" && base?.startsWith("http:") === true)
      return fail(
        `The site is https (${appUrl}) and pictures come from ${base}: browsers refuse them as mixed content.`,
        set("Serve the pictures by https:", { MEDIA_PUBLIC_BASE_URL: base.replace(/^http:/, "https:") }),
      );
    if (isLoopback(outside) && !isLoopback(appUrl))
      return fail(
        `People open the site at ${appUrl}, but their browsers are sent to ${host}, which is their own machine.`,
        set("Name the address at which browsers reach the store:", {
          S3_PUBLIC_ENDPOINT: "https://s3.example.com",
        }),
      );
    const keyId = bucket.credentials?.accessKeyId ?? "";
    if (keyId.startsWith("ASIA") && bucket.credentials?.sessionToken === undefined)
      return fail(
        "S3_ACCESS_KEY_ID is a temporary key (ASIA…), which is nothing without its session token.",
        set(
          "Set the token that came with the key, or better use a role or a profile and set none of the three:",
          {
            S3_SESSION_TOKEN: "…",
          },
        ),
      );
    if (bucket.credentials?.sessionToken !== undefined)
      return warn(
        "The credentials are temporary (S3_SESSION_TOKEN is set) and nobody renews them: everything stops when they end.",
        {
          say: "Use a role of this machine or a profile, which are renewed: unset the three variables and let the AWS chain find them.",
          run: "# unset S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY S3_SESSION_TOKEN\nAWS_PROFILE=tintype",
        },
      );
    if (inside.startsWith("http:") && !isLoopback(inside))
      return warn(
        `This machine speaks with the store by http (${new URL(inside).host}): whoever listens on that network reads every picture.`,
        set("Use https, unless that network is yours alone:", {
          S3_ENDPOINT: `https://${new URL(inside).host}`,
        }),
      );
    const folder = bucket.location === "" ? "" : `, folder ${bucket.location}`;
    return ok(
      `Bucket ${bucket.bucket}${folder}, region ${bucket.region}, at ${new URL(inside).host}; browsers at ${host}; pictures by ${delivery.mode}.`,
    );
  },
};

const placeOf = ({ inside, bucket }: Visit): Place => ({
  url: inside,
  variable: "S3_ENDPOINT",
  given: bucket.endpoint !== undefined,
});

export const reachProbe: Probe<Visit> = {
  id: "reach",
  needs: [],
  async run(visit) {
    const place = placeOf(visit);
    const nameless = await unresolved(place);
    if (nameless !== undefined) return nameless;
    try {
      visit.facts.greeting = await visit.anonymous({
        method: "GET",
        query: { "list-type": "2", "max-keys": "1" },
      });
    } catch (error) {
      if (error instanceof NoAnswer) return unanswered(place, error);
      throw error;
    }
    const { sent, received } = visit.facts.greeting;
    return (await expiring(place)) ?? ok(`${new URL(visit.inside).host} answers, in ${received - sent} ms.`);
  },
};

/** Whether an answer can be that of an S3 store: its own XML, or its own headers on an empty body. */
export function isS3({ body, headers }: Answer): boolean {
  const document = xmlOf(body);
  const known = ["Error", "ListBucketResult", "ListAllMyBucketsResult"];
  if (known.some((name) => nodeAt(document, name) !== undefined)) return true;
  return body.byteLength === 0 && (headers["x-amz-request-id"] ?? headers["x-amz-id-2"]) !== undefined;
}

const kindOf = ({ headers, body }: Answer): string => {
  const type = String(headers["content-type"] ?? "").split(";")[0] ?? "";
  if (/html/i.test(type) || /^\s*<(!doctype )?html/i.test(body.subarray(0, 200).toString("latin1")))
    return "a page of HTML";
  return type === "" ? "something that is not S3's XML" : type;
};

export const serviceProbe: Probe<Visit> = {
  id: "service",
  needs: ["reach"],
  async run(visit) {
    const { greeting } = visit.facts;
    if (greeting === undefined) return { because: "reach" };
    const host = new URL(visit.inside).host;
    const server = greeting.headers.server === undefined ? "" : ` (${greeting.headers.server})`;
    if (isS3(greeting)) return ok(`${host} speaks S3${server}.`);
    const { location } = greeting.headers;
    if (location?.startsWith("https:") && visit.inside.startsWith("http:"))
      return fail(
        `${host} sends every request on to https.`,
        set("Ask by https:", { S3_ENDPOINT: new URL(location).origin }),
      );
    if (greeting.status >= 500)
      return fail(
        `At ${host} something in front of the store answers ${greeting.status}${server}: the store behind it is down or not found.`,
        {
          say: `Start the store, or correct where the proxy at ${host} sends its requests.`,
          run: `curl -sS -i ${visit.inside}/`,
        },
      );
    return fail(
      `What answers at ${host} is not an S3 store: it sent ${greeting.status} with ${kindOf(greeting)}${server}.`,
      set("Name the address of the S3 interface; a console, a web site or a CDN has another port or host:", {
        S3_ENDPOINT: "https://s3.example.com",
      }),
    );
  },
};

/** How far the answerer's clock is ahead, in milliseconds; undefined when it does not tell. */
function skewOf(answer: Answer): number | undefined {
  const date = Date.parse(answer.headers.date ?? "");
  if (Number.isNaN(date)) return undefined;
  // The header has whole seconds, hence the half.
  return date + 500 - (answer.sent + answer.received) / 2;
}

export const clockProbe: Probe<Visit> = {
  id: "clock",
  needs: ["service"],
  async run({ facts, db }) {
    const skew = facts.greeting === undefined ? undefined : skewOf(facts.greeting);
    const sql = db === undefined ? undefined : await databaseClock(db).catch(() => undefined);
    const clocks = [
      ...(skew === undefined ? [] : [{ whose: "store", ms: skew }]),
      ...(sql === undefined ? [] : [{ whose: "database", ms: sql - Date.now() }]),
    ];
    if (skew === undefined && sql === undefined) return skip("The store does not tell its time.");
    const worst = clocks.reduce((a, b) => (Math.abs(b.ms) > Math.abs(a.ms) ? b : a));
    const ms = Math.abs(worst.ms);
    if (ms <= skewWarnMs)
      return ok(
        `This machine${sql === undefined ? " and the store" : ", the store and the database"} agree to within ${Math.max(1, Math.ceil(ms / 1000))} s.`,
      );
    const found = `The ${worst.whose}'s clock is ${spoken(ms)} ${worst.ms > 0 ? "ahead of" : "behind"} this machine's.`;
    const change = {
      say: `Let both machines take their time from a time server; the one that is wrong is the one that differs from your own watch (now ${new Date().toISOString()} here).`,
      run: "timedatectl set-ntp true && timedatectl status",
    };
    return ms > skewFailMs
      ? fail(
          `${found} Signed uploads and pictures are refused as expired, or live longer than they should.`,
          change,
        )
      : warn(`${found} Past 15 minutes the store refuses every request.`, change);
  },
};
