/** The bucket as browsers see it: at their address, with a form, with a PUT, and with what must be refused. */
import { quoted, run, set } from "./advice.ts";
import { type Answer, ask, NoAnswer, named } from "./ask.ts";
import type { Outcome } from "./finding.ts";
import { encryptionHeaders, picture, pictureType } from "./objects.ts";
import { fail, ok, type Probe, skip, warn } from "./probe.ts";
import { isS3 } from "./reach.ts";
import { refusal } from "./refusal.ts";
import { deniedBy, reasonOf } from "./rules.ts";
import { resigned } from "./signed.ts";
import { type Place, unanswered, unresolved } from "./silence.ts";
import type { Visit } from "./visit.ts";

const lifeSeconds = 300;

/** Everything above the bucket's name: scheme, host and port. */
const originOf = (url: string): string => new URL(url).origin;

const place = ({ inside, outside, bucket }: Visit): Place => ({
  url: outside,
  variable: "S3_PUBLIC_ENDPOINT",
  given: bucket.publicEndpoint !== undefined,
  better: originOf(inside),
});

export const publicProbe: Probe<Visit> = {
  id: "public",
  needs: ["incoming"],
  async run(visit) {
    if (!visit.hasOutside) return ok("Browsers use the same address as this machine.");
    const nameless = await unresolved(place(visit));
    if (nameless !== undefined) return nameless;
    const key = visit.traces.key("incoming/", "public");
    const put = await visit.raw({
      method: "PUT",
      key,
      headers: { "content-type": pictureType, ...encryptionHeaders(visit) },
      body: picture,
    });
    if (put.status !== 200) return refusal(visit, "write", key, put);
    const url = await visit.browserStorage.url(key.slice(visit.bucket.location.length), {
      expiresIn: lifeSeconds,
    });
    try {
      const answer = await ask({ method: "GET", url });
      if (answer.status === 200 && answer.body.equals(picture))
        return ok(`${new URL(visit.outside).host} leads to the same bucket.`);
      return elsewhere(visit, answer);
    } catch (error) {
      if (error instanceof NoAnswer) return unanswered(place(visit), error);
      throw error;
    }
  },
};

function elsewhere(visit: Visit, answer: Answer): Outcome {
  const host = new URL(visit.outside).host;
  const address = { S3_PUBLIC_ENDPOINT: originOf(visit.inside) };
  const { code = "" } = answer.fault ?? {};
  if (answer.status === 200 || !isS3(answer))
    return fail(
      `At ${host}, the address given to browsers, something else than the store answers (${named(answer)}).`,
      set(
        "Name an address that leads to the store; where browsers reach the same one as this machine:",
        address,
      ),
    );
  if (code === "SignatureDoesNotMatch")
    return fail(
      `${host} reaches a store that computes another signature: a proxy there does not pass the Host header on, or it is another store with the same key.`,
      run(
        "In the proxy, hand the host and the whole path on as they came (nginx):",
        "proxy_set_header Host $http_host;\nproxy_pass http://store:9000;   # no path after the port",
      ),
    );
  return fail(
    `What was written through ${new URL(visit.inside).host} is not at ${host} (${named(answer)}): the address given to browsers leads to another store or bucket.`,
    set("Name the address of the same store; where browsers reach the same one as this machine:", address),
  );
}

/** The body of a form as a browser would send it. */
export async function formOf(
  fields: Record<string, string>,
  body: Uint8Array,
): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([Uint8Array.from(body)], { type: pictureType }), "probe.png");
  const encoded = new Response(form);
  return {
    headers: { "content-type": encoded.headers.get("content-type") ?? "" },
    body: Buffer.from(await encoded.arrayBuffer()),
  };
}

async function post(
  visit: Visit,
  policy: { url: string; fields: Record<string, string> },
  body: Uint8Array,
): Promise<Answer> {
  const form = await formOf(policy.fields, body);
  const origin = visit.origins[0] ?? "";
  return ask({ method: "POST", url: policy.url, ...form, headers: { ...form.headers, origin } });
}

const promise = { bytes: picture.byteLength, contentType: pictureType, expiresIn: lifeSeconds };
const below = (visit: Visit, key: string): string => key.slice(visit.bucket.location.length);

export const postProbe: Probe<Visit> = {
  id: "post",
  needs: ["incoming", "public"],
  async run(visit) {
    const key = visit.traces.key("incoming/", "post");
    const answer = await post(
      visit,
      await visit.browserStorage.presignPost(below(visit, key), promise),
      picture,
    );
    visit.facts.posts = answer.status === 201 || answer.status === 204 || answer.status === 200;
    if (answer.status === 501 || answer.status === 405)
      return visit.uploads.transport === "post"
        ? fail(
            `The store has no POST Object (${named(answer)}), and S3_UPLOAD_TRANSPORT=post allows nothing else.`,
            set("Let uploads travel by PUT on this store:", { S3_UPLOAD_TRANSPORT: "auto" }),
          )
        : skip(`The store has no POST Object (${named(answer)}): uploads travel by PUT instead.`);
    if (!visit.facts.posts) return postRefusal(visit, key, answer);
    const arrived = await visit.raw({ method: "GET", key });
    if (arrived.status === 404)
      return fail(
        `An upload to ${new URL(visit.outside).host} was confirmed (${answer.status}), but it is not in the bucket: browsers reach another store.`,
        set("Name the address of the same store:", { S3_PUBLIC_ENDPOINT: originOf(visit.inside) }),
      );
    if (arrived.status === 200 && !arrived.body.equals(picture))
      return fail("An uploaded picture is not stored as it was sent.", {
        say: "Something between browsers and the store changes bodies (a proxy, a firewall that looks into uploads): go around it.",
      });
    return ok("A picture sent by a form, with a signed policy, arrived byte for byte.");
  },
};

async function postRefusal(visit: Visit, key: string, answer: Answer): Promise<Outcome> {
  const { message = "" } = answer.fault ?? {};
  if (answer.status === 413 || /EntityTooLarge|MaxMessageLength/.test(answer.fault?.code ?? ""))
    return fail(
      `A picture of ${picture.byteLength} bytes, promised to be just that, is refused as too large (${named(answer)}).`,
      /EntityTooSmall|EntityTooLarge/.test(answer.fault?.code ?? "")
        ? set("This store misreads an exact range of sizes:", { UPLOAD_EXACT_SIZE: "false" })
        : run(
            "Let the proxy in front of the store take large bodies (nginx):",
            "client_max_body_size 0;\nproxy_request_buffering off;",
          ),
    );
  if (answer.fault?.code === "EntityTooSmall")
    return fail(
      `A picture of exactly the promised size is refused as too small (${named(answer)}).`,
      set("This store misreads an exact range of sizes:", { UPLOAD_EXACT_SIZE: "false" }),
    );
  if (answer.status === 403) {
    const denial = await deniedBy(visit, "s3:PutObject", key);
    if (denial !== undefined)
      return fail(
        `An upload by form is refused (${named(answer)}): the ${denial.name} of the bucket policy denies it.`,
        denial.change,
      );
    return fail(
      `A write with these credentials works, but an upload by form is refused (${named(answer)}).${reasonOf(message)}`,
      set(
        "If a policy forbids forms (s3:authType POST, or a required encryption header), allow them under incoming/; otherwise let uploads travel by PUT:",
        { S3_UPLOAD_TRANSPORT: "put" },
      ),
    );
  }
  if (!isS3(answer))
    return fail(
      `An upload to ${new URL(visit.outside).host} is answered by something that is not the store (${answer.status}).`,
      set("Name an address that leads to the store itself:", { S3_PUBLIC_ENDPOINT: originOf(visit.inside) }),
    );
  return fail(`An upload by form is refused: ${named(answer)}. ${quoted(message)}`, {
    say: "Look at the log of the store for this moment. If it does not know forms well, let uploads travel by PUT:",
    run: "S3_UPLOAD_TRANSPORT=put",
  });
}

/** What a store has to refuse, or the promise of a policy is worth nothing (A-1, A-3, A-9, A-12, F-6). */
async function cheats(visit: Visit): Promise<[string, Promise<Answer>][]> {
  const by = { credentials: visit.credentials(), region: visit.bucket.region };
  const forger = { ...by, credentials: { ...by.credentials, secretAccessKey: "not the secret" } };
  const key = (name: string): string => visit.traces.key("incoming/", `limits-${name}`);
  const sign = (name: string) => visit.browserStorage.presignPost(below(visit, key(name)), promise);
  const send = async (
    name: string,
    change: (fields: Record<string, string>) => Record<string, string>,
    body: Uint8Array = picture,
  ): Promise<Answer> => {
    const policy = await sign(name);
    return post(visit, { ...policy, fields: change(policy.fields) }, body);
  };
  const stray = key("stray");
  const over = "2020-01-01T00:00:00.000Z";
  return [
    [tooLarge, send("size", (fields) => fields, Buffer.concat([picture, Buffer.from("!")]))],
    ["another type than promised", send("type", (fields) => ({ ...fields, "Content-Type": "text/html" }))],
    ["another key than promised", send("key", (fields) => ({ ...fields, key: stray }))],
    [
      pastDue,
      send("expired", (fields) => resigned(fields, (policy) => ({ ...policy, expiration: over }), by)),
    ],
    [
      "a policy that was changed after it was signed",
      send("forged", (fields) => resigned(fields, (policy) => policy, forger)),
    ],
  ];
}
const tooLarge = "one byte more than promised";
const pastDue = "a policy that has expired";

export const limitsProbe: Probe<Visit> = {
  id: "limits",
  needs: ["post"],
  async run(visit) {
    if (visit.facts.posts !== true) return skip("Uploads do not travel by form on this store.");
    // All of them are heard at once: one that fails while another is waited for must not end the process.
    const answers = await Promise.all(
      (await cheats(visit)).map(async ([what, asked]) => ({
        what,
        // A store that closes the connection on what it refuses has refused it.
        answer: await asked.catch((error: unknown) => {
          if (error instanceof NoAnswer) return undefined;
          throw error;
        }),
      })),
    );
    const taken = answers.flatMap(({ what, answer }) =>
      answer !== undefined && answer.status < 400 ? [what] : [],
    );
    if (taken.length === 0)
      return ok("One byte too many, another type, another key, an expired and a forged policy: all refused.");
    const found = `The store takes ${taken.join(" and ")}.`;
    const change = set(
      "The worker still measures and hashes everything before it is shown, but anyone with a policy can fill the bucket. Use a store that checks policies, or let uploads travel by PUT, where the length is signed:",
      { S3_UPLOAD_TRANSPORT: "put" },
    );
    // One that is merely late stays within what it promised.
    return taken.every((what) => what === pastDue) ? warn(found, change) : fail(found, change);
  },
};

/** A signed PUT with a byte too many, and then the one that was promised. */
async function putBy(
  visit: Visit,
  name: string,
  bounds: { ifAbsent?: boolean },
): Promise<{ longer: Answer; honest: Answer }> {
  const key = visit.traces.key("incoming/", name);
  const permit = await visit.browserStorage.presignPut(below(visit, key), { ...promise, ...bounds });
  const origin = visit.origins[0] ?? "";
  const headers = Object.fromEntries(
    Object.entries({ ...permit.headers, origin }).filter(
      ([header]) => header.toLowerCase() !== "content-length",
    ),
  );
  const send = (body: Uint8Array): Promise<Answer> => ask({ method: "PUT", url: permit.url, headers, body });
  // Before the honest one: afterwards the key is taken, which would refuse it as well.
  const longer = await send(Buffer.concat([picture, Buffer.from("!")]));
  return { longer, honest: await send(picture) };
}

export const putProbe: Probe<Visit> = {
  id: "put",
  needs: ["incoming", "public"],
  async run(visit) {
    const bound = await putBy(visit, "put", {});
    // Some stores refuse the condition itself, and uploads then go without it (lib/uploads/probe.ts).
    const isUnknown = [501, 405, 400].includes(bound.honest.status);
    const plain = isUnknown ? await putBy(visit, "put-plain", { ifAbsent: false }) : bound;
    const isPlain = isUnknown && plain.honest.status === 200;
    const { honest, longer } = isPlain ? plain : bound;
    const used = visit.facts.posts !== true;
    if (honest.status !== 200) {
      const found = `An upload by signed PUT is refused (${named(honest)}).${reasonOf(honest.fault?.message ?? "")}`;
      const change = run(
        "Large files and stores without forms travel this way. Let nothing between browsers and the store change headers (If-None-Match, Content-Type, Content-Length), and ask once more:",
        `curl -sS -i -X PUT ${visit.outside}/`,
      );
      return used ? fail(found, change) : warn(found, change);
    }
    if (longer.status < 400)
      return warn(
        "A signed PUT takes more bytes than were promised: the store does not check the signed length.",
        {
          say: "The worker still measures and hashes everything before it is shown. Forms are bounded better where the store has them:",
          run: "S3_UPLOAD_TRANSPORT=auto",
        },
      );
    return ok(
      `A picture sent by signed PUT arrived${isPlain ? ", without If-None-Match, which this store does not know" : ""}; one byte more than promised was refused.`,
    );
  },
};
