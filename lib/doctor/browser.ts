/**
 * The server's half of a trial from a browser: permits to try, and afterwards what the browser could not see. A browser
 * shows a page nothing but "status 0" for a dozen causes; the same question asked from here tells them apart (F-5).
 */
import { openDelivery } from "../delivery/index.ts";
import { StorageError } from "../storage/port.ts";
import { run } from "./advice.ts";
import { ask, NoAnswer, named } from "./ask.ts";
import { corsCause, corsChange, form, preflight, preflightRefused, put, type Wish } from "./cors.ts";
import type { Change, Outcome } from "./finding.ts";
import { credentialsProbe } from "./identity.ts";
import { encryptionHeaders, picture, pictureType } from "./objects.ts";
import { fail, ok, skip, warn } from "./probe.ts";
import { probeKey } from "./traces.ts";
import type { BrowserFinding, Report, Seen, Trial } from "./trial.ts";
import { openVisit, randomName, type Subject, type Visit } from "./visit.ts";

/** Long enough for a slow line, short enough that nobody keeps a permit. */
const lifeSeconds = 300;
const names = { browserPost: "post", browserPut: "put", browserPart: "part" } as const;
const showName = "show";
const promise = { bytes: picture.byteLength, contentType: pictureType, expiresIn: lifeSeconds };

async function open(subject: Subject, id: string): Promise<Visit> {
  const visit = await openVisit(subject, id);
  await credentialsProbe.run(visit);
  if (visit.facts.credentials === undefined) {
    visit.close();
    throw new StorageError("denied", "No credentials for the bucket were found.");
  }
  return visit;
}

/** Prepares a trial. Throws StorageError when the bucket cannot be used from here, which the examination explains. */
export async function beginTrial(subject: Subject): Promise<Trial> {
  const id = randomName();
  const visit = await open(subject, id);
  try {
    const { browserStorage } = visit;
    const posts = subject.uploads.transport !== "put" && (await hasForms(visit));
    const post = posts
      ? await browserStorage.presignPost(probeKey("incoming/", id, names.browserPost), promise)
      : undefined;
    return {
      id,
      picture: picture.toString("base64"),
      pictureType,
      post: post === undefined ? undefined : { url: post.url, fields: post.fields },
      put: await browserStorage.presignPut(probeKey("incoming/", id, names.browserPut), {
        ...promise,
        ifAbsent: await hasConditions(visit, id),
      }),
      part: await partPermit(visit, id),
      show: await shown(visit, id),
    };
  } finally {
    visit.close();
  }
}

/** Whether the store knows forms: one without anything in it is refused by every store, but by 501 only where there are none. */
async function hasForms(visit: Visit): Promise<boolean> {
  const answer = await ask({
    method: "POST",
    url: visit.outside,
    headers: { "content-type": "multipart/form-data; boundary=none" },
    body: Buffer.from("--none--\r\n"),
  }).catch((error: unknown) => {
    // Not reachable from here says nothing about browsers.
    if (error instanceof NoAnswer) return undefined;
    throw error;
  });
  return answer === undefined || (answer.status !== 501 && answer.status !== 405);
}

/** Whether a PUT may be the first of its key only; where a store refuses the condition, uploads go without it. */
async function hasConditions(visit: Visit, id: string): Promise<boolean> {
  const key = `${visit.bucket.location}${probeKey("incoming/", id, showName)}`;
  const headers = { "content-type": pictureType, "if-none-match": "*", ...encryptionHeaders(visit) };
  const put = await visit.raw({ method: "PUT", key, headers, body: picture });
  await visit.raw({ method: "DELETE", key });
  return ![501, 405, 400].includes(put.status);
}

async function partPermit(visit: Visit, id: string): Promise<Trial["part"]> {
  const key = probeKey("incoming/", id, names.browserPart);
  try {
    const uploadId = await visit.storage.multipart.begin(key, { contentType: pictureType });
    const part = { number: 1, bytes: picture.byteLength, expiresIn: lifeSeconds };
    const permit = await visit.browserStorage.multipart.presignPart(key, uploadId, part);
    return { url: permit.url, headers: permit.headers, uploadId };
  } catch (error) {
    // The examination from the server says why; here the other steps are still worth trying.
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/** Puts a picture where pages show them from and answers its address. */
async function shown(visit: Visit, id: string): Promise<string> {
  const meta = { contentType: pictureType, cacheControl: "private, max-age=60" };
  const key = probeKey("derived/", id, showName);
  const put = await visit.storage.put(key, picture, meta).then(
    () => true,
    (error: unknown) => {
      // Where only the worker may write there, a page is still shown what lies in incoming/.
      if (error instanceof StorageError && error.code === "denied") return false;
      throw error;
    },
  );
  const delivery = openDelivery(visit.delivery, visit.bucket, visit.credentials, visit.outside);
  if (put) return delivery.url(key);
  const other = probeKey("incoming/", id, showName);
  await visit.storage.put(other, picture, meta);
  return visit.browserStorage.url(other, { expiresIn: lifeSeconds });
}

/** Judges what a browser at `origin` saw, finds the causes, and removes everything the trial has stored. */
export async function endTrial(
  subject: Subject,
  trial: { id: string; origin: string; report: Report },
): Promise<BrowserFinding[]> {
  const { id, origin, report } = trial;
  const visit = await open(subject, id);
  try {
    const findings: BrowserFinding[] = [];
    for (const seen of report.seen)
      findings.push({
        id: seen.id,
        ...(await judge(visit, { id, origin, seen, uploadId: report.uploadId })),
      });
    return findings;
  } finally {
    await tidy(visit, id, report.uploadId);
    visit.close();
  }
}

async function tidy(visit: Visit, id: string, uploadId: string | undefined): Promise<void> {
  for (const name of [...Object.values(names), showName]) visit.traces.key("incoming/", name);
  visit.traces.key("derived/", showName);
  // Whatever cannot be removed now, a later examination removes; the trial itself has been judged.
  if (uploadId !== undefined)
    await visit.storage.multipart
      .abort(probeKey("incoming/", id, names.browserPart), uploadId)
      .catch(() => undefined);
  await visit.traces.clear().catch(() => undefined);
}

type Judged = { id: string; origin: string; seen: Seen; uploadId: string | undefined };

async function judge(visit: Visit, judged: Judged): Promise<Outcome> {
  const { seen } = judged;
  if (seen.id === "browserShow" || seen.id === "browserRead") return judgeShown(visit, judged);
  if (seen.id === "browserPart") return judgePart(visit, judged);
  const stored = await isStored(visit, judged, seen.id);
  const wish = seen.id === "browserPost" ? form : put;
  if (seen.ok && stored === "unknown") return unseen;
  if (seen.ok)
    return stored === "whole"
      ? ok("Stored byte for byte, and the page could read the answer.")
      : fail(
          `The browser was told that the picture is stored, but it is ${stored === "absent" ? "not in the bucket" : "not what was sent"}: something between this browser and the store answers for it or changes it.`,
          {
            say: "Look for a proxy, a security program or a captive portal on this network; try another network.",
          },
        );
  if (seen.status === 0) return blocked(visit, judged, wish, stored === "whole" || stored === "changed");
  return refusedThere(seen);
}

/** that the server could not look says nothing about what the browser did. */
const unseen: Outcome = warn(
  "The browser was told that it is stored; the server could not look whether it arrived as it was sent.",
  { say: "Examine from the server: it names what keeps the server from reading there." },
);

async function isStored(
  visit: Visit,
  { id }: Judged,
  probe: "browserPost" | "browserPut",
): Promise<"whole" | "changed" | "absent" | "unknown"> {
  const key = visit.bucket.location + probeKey("incoming/", id, names[probe]);
  const answer = await visit.raw({ method: "GET", key }).catch((error: unknown) => {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  });
  if (answer?.status === 404) return "absent";
  if (answer?.status !== 200) return "unknown";
  return answer.body.equals(picture) ? "whole" : "changed";
}

async function judgePart(visit: Visit, judged: Judged): Promise<Outcome> {
  const { seen, id, uploadId } = judged;
  const key = probeKey("incoming/", id, names.browserPart);
  const parts =
    uploadId === undefined
      ? []
      : await visit.storage.multipart.parts(key, uploadId).catch((error: unknown) => {
          if (error instanceof StorageError) return error;
          throw error;
        });
  const arrived = Array.isArray(parts) && parts.some(({ bytes }) => bytes === picture.byteLength);
  if (seen.ok && seen.flaw === undefined && parts instanceof StorageError) return unseen;
  if (seen.ok && seen.flaw === undefined)
    return arrived
      ? ok("Part stored, and its ETag could be read.")
      : fail("The browser was told that the part is stored, but the store does not list it.", {
          say: "Something between this browser and the store answers for it: try another network.",
        });
  if (seen.flaw === "etag")
    return warn(
      "The part arrived, but the page may not read its ETag: the CORS rule does not expose it.",
      corsChange(visit),
    );
  if (seen.status === 0) return blocked(visit, judged, { method: "PUT", headers: [] }, arrived);
  return refusedThere(seen);
}

const refusedThere = (seen: Seen): Outcome =>
  fail(`The store answered ${seen.status}.`, {
    say:
      seen.status === 403
        ? "Examine from the server: a clock, a policy or the way of uploading is named there. If all is well there, something on this browser's network changes requests."
        : "Examine from the server, where the store's own words are seen. If all is well there, something on this browser's network changes requests.",
  });

/** No answer that a page may read. What the server sees of the same thing tells the causes apart. */
async function blocked(
  visit: Visit,
  { origin, seen }: Judged,
  wish: Wish,
  arrived: boolean,
): Promise<Outcome> {
  const host = new URL(visit.outside).host;
  const url =
    seen.id === "browserPost" ? visit.outside : `${visit.outside}/${visit.bucket.location}incoming/probe`;
  const answer = await preflight(url, origin, wish).catch((error: unknown) => {
    if (error instanceof NoAnswer) return error;
    throw error;
  });
  if (answer instanceof NoAnswer)
    return fail(
      `No answer came, to this browser or to the server: nothing can be reached at ${host} (${answer.code}).`,
      run(
        "Start the store there, or name the address where it can be reached:",
        "S3_PUBLIC_ENDPOINT=https://s3.example.com",
      ),
    );
  const refused = preflightRefused(answer, origin, wish);
  if (refused !== undefined) {
    const rules = await visit.admin.cors().catch(() => undefined);
    const cause =
      rules === undefined
        ? "the rules may not be read with the server's credentials"
        : corsCause(rules, origin, wish);
    return fail(
      `CORS: the bucket does not let a page of ${origin} ${wish.method}${arrived ? ", although what was sent arrived" : ""}: ${refused}; ${cause}.`,
      corsChange(visit),
    );
  }
  if (arrived)
    return fail(
      `What was sent arrived, but the page may not read the answer: the answer does not name ${origin}, although the preflight does.`,
      corsChange(visit),
    );
  return unreachable(visit, origin);
}

/** From the server all is well, so it is this browser, its network, or the address. */
function unreachable(visit: Visit, origin: string): Outcome {
  const { host, protocol } = new URL(visit.outside);
  const change = (say: string): Change => run(say, `${visit.outside}/`);
  if (origin.startsWith("https:") && protocol === "http:")
    return fail(`The page is https and ${host} is not: browsers refuse that as mixed content.`, {
      say: "Give browsers an https address of the store:",
      run: `S3_PUBLIC_ENDPOINT=https://${host}`,
    });
  return fail(
    `The server reaches ${host} and CORS is right there, but this browser gets no answer.`,
    change(
      protocol === "https:"
        ? "Open this address in a new tab of this browser. An error about the certificate: the store needs one that browsers trust. No answer at all: this network or a program on it (VPN, firewall, blocker) does not let it through, or the name is known to the server's network only; name an address in S3_PUBLIC_ENDPOINT that browsers can reach. A page of XML that says AccessDenied: an extension of the browser stopped the request."
        : "Open this address in a new tab of this browser. No answer at all: this network or a program on it (VPN, firewall, blocker) does not let it through, or the name is known to the server's network only; name an address in S3_PUBLIC_ENDPOINT that browsers can reach. A page of XML that says AccessDenied: an extension of the browser stopped the request.",
    ),
  );
}

async function judgeShown(visit: Visit, { seen, origin, id }: Judged): Promise<Outcome> {
  const reads = seen.id === "browserRead";
  if (seen.ok && seen.flaw === undefined) return ok(reads ? "Read byte for byte." : "Loaded and decoded.");
  if (seen.flaw === "bytes")
    return fail("What the browser got is not what is in the bucket: something on the way changes pictures.", {
      say: "Look for a proxy, a data saver or a security program on this network; try another network.",
    });
  const url = openDelivery(visit.delivery, visit.bucket, visit.credentials, visit.outside).url(
    probeKey("derived/", id, showName),
  );
  const answer = await ask({ method: "GET", url, headers: reads ? { origin } : {} }).catch(
    (error: unknown) => {
      if (error instanceof NoAnswer) return error;
      throw error;
    },
  );
  if (answer instanceof NoAnswer)
    return fail(
      `Nothing can be reached at ${new URL(url).host}, from this browser or from the server (${answer.code}).`,
      {
        say: "Examine from the server; it names the address and what to change.",
      },
    );
  if (answer.status !== 200)
    return fail(`The picture is refused to the server as well (${named(answer)}).`, {
      say: "Examine from the server; it names the cause.",
    });
  if (!reads) return unreachable(visit, origin);
  const allowed = answer.headers["access-control-allow-origin"];
  if (allowed === "*" || allowed === origin) return unreachable(visit, origin);
  if (visit.delivery.mode !== "s3-presigned")
    return skip("The CDN lets pages show pictures and not read them, which is all they do.");
  // Pages show pictures without it; nothing that people use today reads them.
  return warn(
    `Pictures can be shown but not read by a page of ${origin}: the answer to a GET does not name it.`,
    corsChange(visit),
  );
}
