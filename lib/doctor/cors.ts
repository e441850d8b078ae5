/**
 * CORS as a browser judges it: the preflight and the answer are real, made at the address of browsers with the site's
 * origin. Why it does not fit is read from the rules of the bucket, where they may be seen.
 */

import { corsRule } from "../storage/cors-rule.ts";
import type { CorsRule } from "../storage/port.ts";
import { aws, listed, run } from "./advice.ts";
import { type Answer, ask, NoAnswer, named } from "./ask.ts";
import type { Change, Outcome } from "./finding.ts";
import { picture, pictureType } from "./objects.ts";
import { formOf } from "./outside.ts";
import { fail, ok, type Probe, warn } from "./probe.ts";
import type { Visit } from "./visit.ts";

export type Wish = { method: "POST" | "PUT"; headers: string[] };
/** What a form and a PUT ask for; `progress` listeners make browsers ask before a form too. */
export const form: Wish = { method: "POST", headers: [] };
export const put: Wish = { method: "PUT", headers: ["content-type", "if-none-match"] };
/** Methods that need no permission of their own once the origin may speak at all. */
const simple = ["GET", "HEAD", "POST"];

const valuesOf = (header: string | string[] | undefined): string[] =>
  String(header ?? "")
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== "");

/** Why a browser at `origin` would not go on after this preflight; undefined when it would. */
export function preflightRefused(answer: Answer, origin: string, wish: Wish): string | undefined {
  const allowed = answer.headers["access-control-allow-origin"];
  if (answer.status < 200 || answer.status > 299) return `the preflight is answered with ${named(answer)}`;
  if (allowed === undefined) return "the answer names no allowed origin";
  if (allowed !== "*" && allowed !== origin) return `the answer allows ${allowed}`;
  const methods = valuesOf(answer.headers["access-control-allow-methods"]);
  if (!simple.includes(wish.method) && !methods.includes("*") && !methods.includes(wish.method.toLowerCase()))
    return `${wish.method} is not among the methods allowed (${methods.join(", ").toUpperCase() || "none"})`;
  const headers = valuesOf(answer.headers["access-control-allow-headers"]);
  const missing = wish.headers.filter((one) => !headers.includes("*") && !headers.includes(one));
  return missing.length === 0 ? undefined : `the header ${listed(missing)} is not allowed`;
}

export const preflight = (url: string, origin: string, wish: Wish): Promise<Answer> =>
  ask({
    method: "OPTIONS",
    url,
    headers: {
      origin,
      "access-control-request-method": wish.method,
      ...(wish.headers.length === 0 ? {} : { "access-control-request-headers": wish.headers.join(",") }),
    },
  });

/** The rule that is missing, and both ways to set it. */
export function corsChange(visit: Visit): Change {
  const { location } = visit.bucket;
  const rule = corsRule(location, [...visit.origins]);
  const document = {
    CORSRules: [
      {
        ...(rule.id === undefined ? {} : { ID: rule.id }),
        AllowedOrigins: rule.origins,
        AllowedMethods: rule.methods,
        AllowedHeaders: rule.headers,
        ExposeHeaders: rule.expose,
        ...(rule.maxAgeSeconds === undefined ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
      },
    ],
  };
  // Named at all, the origins are all that are set.
  const options = visit.origins.length < 2 ? [] : visit.origins.map((origin) => ` --origin ${origin}`);
  return run(
    "Set the rule:",
    `tintype storage cors apply${options.join("")}`,
    "# or by hand, which replaces the rules there are:",
    `# ${aws(visit, "put-bucket-cors")} --cors-configuration '${JSON.stringify(document)}'`,
  );
}

/** Patterns of an AllowedOrigin: one `*` for any text. */
const originFits = (pattern: string, origin: string): boolean => {
  const [head = "", tail] = pattern.split("*");
  return tail === undefined ? pattern === origin : origin.startsWith(head) && origin.endsWith(tail);
};

/** Two origins that a person would take for the same. */
const nearly = (a: string, b: string): boolean => {
  const bare = (text: string): string =>
    text
      .toLowerCase()
      .replace(/^https?:\/\//, "")
      .replace(/^www\./, "")
      .replace(/(:\d+)?\/*$/, "");
  return bare(a) === bare(b);
};

/** What in the rules of the bucket keeps this origin out. */
export function corsCause(rules: readonly CorsRule[], origin: string, wish: Wish): string {
  if (rules.length === 0) return "the bucket has no CORS rules at all";
  const fitting = rules.filter((rule) => rule.origins.some((one) => originFits(one, origin)));
  if (fitting.length === 0) {
    const all = [...new Set(rules.flatMap((rule) => rule.origins))];
    const near = all.find((one) => nearly(one, origin));
    return near === undefined
      ? `the rules of the bucket name ${listed(all)}, not ${origin}`
      : `the rules of the bucket name ${near}, which is not ${origin}: scheme, host and port must be the same, without a slash at the end`;
  }
  const methods = [...new Set(fitting.flatMap((rule) => rule.methods))];
  if (!methods.includes(wish.method))
    return `the rule for ${origin} allows ${listed(methods)}, not ${wish.method}`;
  const headers = fitting.flatMap((rule) => rule.headers).map((one) => one.toLowerCase());
  const missing = wish.headers.filter((one) => !headers.some((pattern) => originFits(pattern, one)));
  if (missing.length > 0) return `the rule for ${origin} does not allow the header ${listed(missing)}`;
  return "the rules of the bucket would allow it: they were changed a moment ago, or something between browsers and the store answers for it";
}

async function causeOf(visit: Visit, origin: string, wish: Wish): Promise<string> {
  const rules = await visit.admin.cors().catch(() => undefined);
  return rules === undefined
    ? "its rules may not be read with these credentials"
    : corsCause(rules, origin, wish);
}

export const corsProbe = (origin: string): Probe<Visit> => ({
  id: "cors",
  subject: origin,
  needs: ["bucket", "public"],
  async run(visit) {
    try {
      return await judge(visit, origin);
    } catch (error) {
      if (error instanceof NoAnswer)
        return fail(`The preflight of a browser gets no answer (${error.code}).`, corsChange(visit));
      throw error;
    }
  },
});

const promise = { bytes: picture.byteLength, contentType: pictureType, expiresIn: 300 };

async function judge(visit: Visit, origin: string): Promise<Outcome> {
  const permit = await visit.browserStorage.presignPut("incoming/probe", promise);
  const own: Wish = { method: "PUT", headers: Object.keys(permit.headers).map((name) => name.toLowerCase()) };
  const wishes = visit.facts.posts === false ? [own] : [form, own];
  for (const wish of wishes) {
    const url =
      wish.method === "POST" ? visit.outside : `${visit.outside}/${visit.bucket.location}incoming/probe`;
    const refused = preflightRefused(await preflight(url, origin, wish), origin, wish);
    if (refused === undefined) continue;
    const found = `A page of ${origin} may not ${wish.method} to the bucket: ${refused}; ${await causeOf(visit, origin, wish)}.`;
    // A form does not need PUT; large files and stores without forms do.
    const usedOnlyForLarge = wish.method === "PUT" && visit.facts.posts !== false;
    return fail(
      usedOnlyForLarge ? `${found} Large files cannot be uploaded.` : `${found} Nobody can upload.`,
      corsChange(visit),
    );
  }
  return (
    (await readable(visit, origin)) ??
    ok(`A page of ${origin} may POST and PUT, read the answer and its ETag.`)
  );
}

/** After the preflight, the answer itself has to name the origin, and the ETag has to be readable for parts. */
async function readable(visit: Visit, origin: string): Promise<Outcome | undefined> {
  const key = visit.traces.key("incoming/", "cors");
  const below = key.slice(visit.bucket.location.length);
  if (visit.facts.posts === true) {
    const policy = await visit.browserStorage.presignPost(below, promise);
    const sent = await formOf(policy.fields, picture);
    const answer = await ask({
      method: "POST",
      url: policy.url,
      body: sent.body,
      headers: { ...sent.headers, origin },
    });
    const allowed = answer.headers["access-control-allow-origin"];
    if (allowed !== "*" && allowed !== origin)
      return fail(
        `The preflight allows ${origin}, but the answer to an upload does not (${allowed ?? "no Access-Control-Allow-Origin"}): the upload arrives and the page never learns it.`,
        corsChange(visit),
      );
  }
  const url = await visit.browserStorage.url(below, { expiresIn: 300 });
  await visit.raw({ method: "PUT", key, body: picture });
  const answer = await ask({ method: "GET", url, headers: { origin } });
  const exposed = valuesOf(answer.headers["access-control-expose-headers"]);
  if (answer.status === 200 && !exposed.includes("etag") && !exposed.includes("*"))
    return warn(
      `A page of ${origin} may not read the ETag of what it stored (${exposed.length === 0 ? "no header is exposed" : `exposed: ${listed(exposed)}`}): it cannot tell whether a part of a large file arrived as it was sent.`,
      corsChange(visit),
    );
  const varies = valuesOf(answer.headers.vary);
  if (
    answer.headers["access-control-allow-origin"] === origin &&
    !varies.includes("origin") &&
    !varies.includes("*")
  )
    return warn(
      `The store names one origin and does not say that its answer depends on it (Vary: Origin): a cache in between hands ${origin}'s answer to other sites.`,
      { say: "Let the CDN or proxy in front of the store keep answers apart by the header Origin." },
    );
  return undefined;
}
