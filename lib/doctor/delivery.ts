/** The addresses that pages carry: signed by our own signer, or served by the CDN, as a person's browser asks for them. */
import { openDelivery } from "../delivery/index.ts";
import { checkStatic } from "../static/check.ts";
import { quoted, run, set } from "./advice.ts";
import { type Answer, ask, NoAnswer, named } from "./ask.ts";
import type { Outcome } from "./finding.ts";
import { encryptionHeaders, picture, pictureType } from "./objects.ts";
import { fail, ok, type Probe, skip, warn } from "./probe.ts";
import { isS3 } from "./reach.ts";
import { refusal } from "./refusal.ts";
import { unanswered } from "./silence.ts";
import type { Visit } from "./visit.ts";

/** A rendition that is there, and the address a page would have for it. */
async function published(
  visit: Visit,
  name: string,
): Promise<{ key: string; put: Answer; url: (options?: { download?: string }) => string }> {
  const full = visit.traces.key("derived/", name);
  const key = full.slice(visit.bucket.location.length);
  const headers = {
    "content-type": pictureType,
    "cache-control": "private, max-age=60",
    ...encryptionHeaders(visit),
  };
  const put = await visit.raw({ method: "PUT", key: full, headers, body: picture });
  const delivery = openDelivery(visit.delivery, visit.bucket, visit.credentials, visit.outside);
  return { key: full, put, url: (options) => delivery.url(key, options) };
}

export const deliveryProbe: Probe<Visit> = {
  id: "delivery",
  needs: ["derived", "public"],
  async run(visit) {
    if (visit.delivery.mode !== "s3-presigned")
      return skip(`Pictures are served by MEDIA_PUBLIC_BASE_URL (${visit.delivery.mode}).`);
    const { key, put, url } = await published(visit, "delivery");
    if (put.status !== 200) return refusal(visit, "write", key, put);
    const address = url();
    const answer = await ask({ method: "GET", url: address });
    if (answer.status !== 200) return signedRefusal(visit, answer);
    if (!answer.body.equals(picture))
      return fail("A signed address answers with other bytes than those stored.", {
        say: "Something between browsers and the store changes bodies or answers from a cache of another object: go around it.",
      });
    const type = String(answer.headers["content-type"] ?? "");
    if (type !== pictureType)
      return fail(
        `A signed address answers with the type "${type}" instead of ${pictureType}: browsers do not show it.`,
        {
          say: "Let nothing between browsers and the store set Content-Type.",
        },
      );
    const forged = await ask({ method: "GET", url: address.replace(/(X-Amz-Signature=)./, "$1z") });
    if (forged.status < 300)
      return fail(
        "An address with a forged signature is served as well: whoever guesses a key sees the picture.",
        {
          say: "The store, or a cache in front of it, must check every signature. Do not cache what is signed without the query in the cache key.",
        },
      );
    const wanted = `private, max-age=${visit.delivery.windowSeconds}, immutable`;
    const cache = answer.headers["cache-control"];
    if (cache !== wanted)
      return warn(
        `A signed address says "Cache-Control: ${cache ?? ""}" instead of "${wanted}": browsers load pictures again that they have.`,
        {
          say: "Let the store honour response-cache-control, and nothing in between set Cache-Control.",
        },
      );
    const saved = await ask({ method: "GET", url: url({ download: "probe.png" }) });
    if (!/attachment/.test(String(saved.headers["content-disposition"] ?? "")))
      return warn(
        "The address for downloading does not name the file: the store ignores response-content-disposition.",
        {
          say: "Pictures open in the browser instead of being saved. Prefer a newer version of this store.",
        },
      );
    return ok(
      "A signed address is served with its type, its cache headers and its name; a forged one is refused.",
    );
  },
};

function signedRefusal(visit: Visit, answer: Answer): Outcome {
  const host = new URL(visit.outside).host;
  if (answer.fault?.code === "SignatureDoesNotMatch")
    return fail(
      `A signed address is refused at ${host} (${named(answer)}), although signed requests from here are accepted: the host that the store sees is not ${host}.`,
      run(
        "In the proxy in front of the store, hand the host and the whole path on as they came (nginx):",
        "proxy_set_header Host $http_host;",
      ),
    );
  if (
    answer.fault?.code === "RequestTimeTooSkewed" ||
    /not yet valid|expired/i.test(answer.fault?.message ?? "")
  )
    return fail(`A signed address is refused (${named(answer)}): ${quoted(answer.fault?.message ?? "")}`, {
      say: "Set the clocks of this machine and of the store right.",
      run: "timedatectl set-ntp true && timedatectl status",
    });
  return fail(
    `A signed address is refused at ${host} (${named(answer)}). No picture can be shown. ${quoted(answer.fault?.message ?? "")}`.trim(),
    run(
      "If a policy allows reading only from somewhere (aws:SourceIp, a VPC endpoint, s3:authType), except signed addresses:",
      "tintype storage policy show",
    ),
  );
}

export const cdnProbe: Probe<Visit> = {
  id: "cdn",
  needs: ["derived"],
  async run(visit) {
    const { publicBase, mode } = visit.delivery;
    if (mode === "s3-presigned" || publicBase === undefined)
      return skip("No CDN is set: pictures come signed from the bucket.");
    const { key, put, url } = await published(visit, "cdn");
    if (put.status !== 200) return refusal(visit, "write", key, put);
    try {
      return await served(visit, publicBase, url);
    } catch (error) {
      if (error instanceof NoAnswer)
        return unanswered({ url: publicBase, variable: "MEDIA_PUBLIC_BASE_URL", given: true }, error);
      throw error;
    }
  },
};

async function served(
  visit: Visit,
  base: string,
  url: (options?: { download?: string }) => string,
): Promise<Outcome> {
  const signedHere = visit.delivery.mode !== "public";
  // First the one that must not leave its mark on the next.
  const cookie = openDelivery(visit.delivery, visit.bucket, visit.credentials, visit.outside)
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
  const get = (address: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask({ method: "GET", url: address, headers: { ...(cookie === "" ? {} : { cookie }), ...headers } });
  const saved = await get(url({ download: "probe.png" }));
  const answer = await get(url());
  if (answer.status !== 200 || !answer.body.equals(picture)) return cdnRefusal(base, answer);
  const type = String(answer.headers["content-type"] ?? "");
  if (type !== pictureType)
    return fail(
      `The CDN answers with the type "${type}" instead of ${pictureType}: browsers do not show it.`,
      {
        say: "Let the CDN hand Content-Type on as the bucket says it.",
      },
    );
  if (signedHere) {
    const bare = url().split("?")[0] ?? "";
    const unsigned = await ask({ method: "GET", url: bare });
    if (unsigned.status < 300)
      return fail(
        "The CDN serves pictures to anyone without a signature: private pictures are public to whoever has the address.",
        {
          say: "Restrict viewer access of this behaviour to the trusted key group, or pictures once seen are served to all.",
          run: `CLOUDFRONT_KEY_PAIR_ID=${visit.delivery.cloudfront?.keyPairId ?? ""}   # must be in the key group of the behaviour for derived/* and media/*`,
        },
      );
  }
  if (/attachment/.test(String(answer.headers["content-disposition"] ?? "")))
    return fail(
      "The CDN answers an address with what it kept for another one: the query is not in its cache key, and one download turns a picture into a download for all.",
      {
        say: "Put response-content-disposition into the cache key, and hand it on to the bucket (a cache policy and an origin request policy with that query string).",
      },
    );
  if (!/attachment/.test(String(saved.headers["content-disposition"] ?? "")))
    return warn(
      "The CDN does not hand response-content-disposition on: originals open in the browser instead of being saved.",
      {
        say: "Hand that query string on to the bucket and put it into the cache key.",
      },
    );
  return ok(
    `${new URL(base).host} serves what is in the bucket${signedHere ? ", and only with a signature" : ""}.`,
  );
}

function cdnRefusal(base: string, answer: Answer): Outcome {
  const host = new URL(base).host;
  const { code = "", message = "" } = answer.fault ?? {};
  const example = set(
    "Name the address under which the CDN serves the bucket's root (below it come S3_PREFIX and the key):",
    {
      MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com",
    },
  );
  if (/KeyPairId|Key-Pair|MissingKey|InvalidKey/i.test(`${code} ${message}`))
    return fail(
      `The CDN at ${host} does not know the key that signs (${named(answer)}). ${quoted(message)}`.trim(),
      run(
        "Put the public key that belongs to CLOUDFRONT_PRIVATE_KEY into the key group of the distribution, and name it:",
        "CLOUDFRONT_KEY_PAIR_ID=…   # the ID of that public key, K…",
        "openssl rsa -in private.pem -pubout   # the public key that must be there",
      ),
    );
  if (answer.status === 404 || code === "NoSuchKey")
    return fail(
      `${host} does not find what is in the bucket (${named(answer)}): it leads to another bucket or folder, or kept an earlier 404.`,
      example,
    );
  if (answer.status === 403)
    return fail(
      `${host} answers 403${code === "" ? "" : ` ${code}`}: the CDN may not read the bucket, or does not accept the signature. ${quoted(message)}`.trim(),
      run(
        "Let the distribution read the bucket (origin access control) with the policy this prints, and check the key group:",
        "tintype storage policy show",
      ),
    );
  if (answer.status === 200 || !isS3(answer))
    return fail(
      `${host} answers ${named(answer)} with something else than the picture in the bucket.`,
      example,
    );
  return fail(`${host} answers ${named(answer)}. ${quoted(message)}`, example);
}

/** The pages' own scripts and styles, where STATIC_URL has them come from a bucket or a CDN. */
export const staticProbe: Probe<Visit> = {
  id: "static",
  needs: ["bucket"],
  async run({ staticUrl, build }) {
    if (staticUrl === undefined) return skip("Scripts and styles come from the site itself.");
    if (build === undefined) return skip("There are no built pages here to compare with.");
    const problem = await checkStatic(staticUrl, build);
    if (problem === undefined) return ok(`${new URL(staticUrl).host} serves the scripts of this build.`);
    return fail(
      `Pages come without scripts and styles: ${problem}`,
      run("Put the files of this build there:", "tintype static push"),
    );
  },
};
