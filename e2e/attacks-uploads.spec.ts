/** Attacks on the way of a picture into the gallery: by whoever holds a form, by whoever sends what is no picture. */
import { readFileSync } from "node:fs";
import path from "node:path";
import {
  animation,
  blackPng,
  pngHeader,
  pngSignature,
  scene,
  segment,
  tinyGif,
  withSegments,
} from "#lib/imaging/fixtures.ts";
import { pngChunk } from "#lib/imaging/formats/png.ts";
import type { PostPermit } from "#lib/media.ts";
import { codeOf, type FormPost, postForm } from "#lib/storage/form-post.ts";
import { declare, picture, sha256 } from "#lib/uploads/testing.ts";
import {
  begin,
  complete,
  deliver,
  expect,
  fateOf,
  json,
  keysThere,
  origin,
  permitFor,
  send,
  test,
  withStorage,
} from "./attacks.ts";
import { main, withSql } from "./world.ts";

test.beforeEach(() => test.setTimeout(120_000));

const mediaOf = (owner: string): Promise<number> =>
  withSql(async (sql) => Number((await sql`select count(*) from media where owner_id = ${owner}`)[0]?.count));

/** Whether an object is removed at the next sweep, and once more when its form has ended. */
const isGoing = (key: string): Promise<boolean> =>
  withSql(async (sql) => {
    const rows =
      await sql`select not_before <= now() or done_at is not null as due from purges where key = ${key}`;
    return rows.length === 2 && rows.some((row) => row.due);
  });

/** What somebody does with a form that was meant for ten bytes of JPEG, and how the store answers. */
type Misuse = (form: FormPost & { fields: Record<string, string> }, permit: PostPermit) => FormPost;
const ten = Buffer.alloc(10, "x");
const victim = "media/victim.jpg";
const elsewhere = (url: string): string => url.replace(/\/tintype(?=\/|$)/, "/another");
const without = (fields: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field.toLowerCase() !== name.toLowerCase()));
const named = (fields: Record<string, string>, name: string): string =>
  Object.keys(fields).find((field) => field.toLowerCase() === name.toLowerCase()) ?? name;
const withField = (
  form: FormPost & { fields: Record<string, string> },
  name: string,
  value: string,
): FormPost => ({
  ...form,
  fields: { ...form.fields, [named(form.fields, name)]: value },
});
const misuses: [title: string, statuses: number[], misuse: Misuse][] = [
  ["A-1: one byte more is refused", [400], (form) => ({ ...form, file: Buffer.alloc(11) })],
  ["A-1: three megabytes more are refused", [400], (form) => ({ ...form, file: Buffer.alloc(3_000_010) })],
  ["A-2: a byte less is refused", [400], (form) => ({ ...form, file: Buffer.alloc(9) })],
  ["A-2: an empty file is refused", [400], (form) => ({ ...form, file: Buffer.alloc(0) })],
  ["A-3: another type is refused", [403], (form) => withField(form, "content-type", "text/html")],
  ["A-4: no type is refused", [403], (form) => ({ ...form, fields: without(form.fields, "content-type") })],
  ["A-6: an open ACL is refused", [400, 403], (form) => withField(form, "acl", "public-read")],
  ...[
    ["x-amz-meta-evil", "1"],
    ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
    ["x-amz-website-redirect-location", "https://evil.example/"],
    ["x-amz-server-side-encryption", "AES256"],
    ["x-amz-server-side-encryption-customer-algorithm", "AES256"],
    ["success_action_redirect", "https://evil.example/"],
    ["content-disposition", "inline"],
    ["cache-control", "public"],
  ].map(([name = "", value = ""]): [string, number[], Misuse] => [
    `A-7: the field ${name} is refused`,
    [400, 403],
    (form) => withField(form, name, value),
  ]),
  ["A-9: the key of a published picture is refused", [403], (form) => withField(form, "key", victim)],
  ["A-9: a climbing key is refused", [403], (form) => withField(form, "key", `incoming/../${victim}`)],
  [
    "A-10: a second key after the first is refused",
    [400, 403],
    (form) => ({ ...form, fields: [...Object.entries(form.fields), ["key", victim]] }),
  ],
  [
    "A-10: a second key before the first is refused",
    [400, 403],
    (form) => ({ ...form, fields: [["key", victim], ...Object.entries(form.fields)] }),
  ],
  [
    "A-11: the form at another bucket is refused",
    [403, 404],
    (form) => ({ ...form, url: elsewhere(form.url) }),
  ],
  [
    "A-11: the form at another bucket, naming it, is refused",
    [403, 404],
    (form) => withField({ ...form, url: elsewhere(form.url) }, "bucket", "another"),
  ],
  [
    "A-12: a wider policy under the old signature is refused",
    [403],
    (form) => {
      const policy = Buffer.from(form.fields[named(form.fields, "policy")] ?? "", "base64").toString();
      const wider = policy.replace(",10,10]", ",0,9999999]");
      if (wider === policy) throw new Error(`The policy names no size: ${policy}`);
      return withField({ ...form, file: Buffer.alloc(500) }, "policy", Buffer.from(wider).toString("base64"));
    },
  ],
  [
    "A-12: a signature of zeros is refused",
    [403],
    (form) => withField(form, "x-amz-signature", "0".repeat(64)),
  ],
  [
    "A-12: no signature is refused",
    [400, 403],
    (form) => ({ ...form, fields: without(form.fields, "x-amz-signature") }),
  ],
  ["A-12: no policy is refused", [400, 403], (form) => ({ ...form, fields: without(form.fields, "policy") })],
];

test("A-1 … A-12: a form is good for what it was made for: nothing else is stored, and its upload waits as before", async ({
  member,
}) => {
  const before = await keysThere();
  const files = misuses.map(() => declare(ten));
  const permits = await begin(member.as, files);
  for (const [n, [title, statuses, misuse]] of misuses.entries()) {
    const permit = permits[n];
    if (permit?.status !== "issued" || permit.transport !== "post") throw new Error("No form was issued.");
    const form = { url: permit.url, fields: permit.fields, file: ten, origin };
    const answer = await postForm(misuse(form, permit));
    expect(statuses, `${title}: ${answer.status} ${codeOf(answer)}`).toContain(answer.status);
    const [told] = await complete(member.as, [permit.id]);
    expect(told, title).toMatchObject({ status: "refused", code: "object_missing" });
  }
  expect(await keysThere()).toEqual(before);
});

test("A-5, A-24: a page that calls itself a picture is stored as one, read, and refused: nobody is ever shown it", async ({
  member,
}) => {
  const page = Buffer.from("<!doctype html><html><script>alert(document.domain)</script></html>");
  const permit = await permitFor(member.as, page, { filename: "holiday.jpg" });
  const answer = await postForm({ ...permit, file: page, fileType: "text/html", filename: "x.html", origin });
  expect(answer.status).toBe(201);
  const key = permit.fields.key ?? "";
  expect((await withStorage((storage) => storage.head(key)))?.contentType).toBe("image/jpeg");
  const before = await mediaOf(member.id);
  await complete(member.as, [permit.id]);
  expect(await fateOf(member.as, permit.id)).toBe("not_an_image");
  expect(await mediaOf(member.id)).toBe(before);
  expect(await isGoing(key)).toBe(true);
});

test("A-8, A-23: fields to ignore are ignored, and the name of a file is no part of any key", async ({
  member,
}) => {
  const bytes = await picture();
  const permit = await permitFor(member.as, bytes);
  const before = new Set(await keysThere());
  const answer = await postForm({
    url: permit.url,
    fields: { ...permit.fields, "x-ignore-foo": "bar" },
    file: bytes,
    filename: "../../evil.html",
    fieldsAfterFile: [["acl", "public-read"]],
    origin,
  });
  expect(answer.status).toBe(201);
  expect((await keysThere()).filter((key) => !before.has(key))).toEqual([permit.fields.key]);
  // What stands in a name is text, also when it looks like the store's placeholder.
  const [placed] = await begin(member.as, [declare(ten, { filename: ["$", "{filename}.jpg"].join("") })]);
  expect(JSON.stringify(placed)).not.toContain("{filename}");
});

test("A-13: a form used again after success changes nothing that is shown, and the second word is the first", async ({
  member,
}) => {
  const bytes = await picture();
  const permit = await permitFor(member.as, bytes);
  expect((await send(permit, bytes)).status).toBe(201);
  await complete(member.as, [permit.id]);
  expect(await fateOf(member.as, permit.id)).toBe("ready");
  const other = Buffer.from(bytes);
  other[bytes.length - 3] = (other[bytes.length - 3] ?? 0) ^ 0xff;
  expect((await send(permit, other)).status).toBe(201);
  const [again] = await complete(member.as, [permit.id]);
  expect(again).toMatchObject({ status: "known", state: "ready" });
  const [row] = await withSql(
    (sql) => sql`select m.key from media m join uploads u on u.media_id = m.id where u.id = ${permit.id}`,
  );
  const kept = await withStorage((storage) => storage.get(String(row?.key), { bytesMax: 1_000_000 }));
  expect(sha256(kept?.body ?? Buffer.alloc(0))).toBe(sha256(bytes));
});

test("A-14: what is parked in the bucket with a form whose upload was cancelled is removed when the form ends", async ({
  member,
}) => {
  const bytes = await picture();
  const permit = await permitFor(member.as, bytes);
  const cancelled = await member.as.delete(`/api/uploads/${permit.id}`, { headers: json });
  expect((await cancelled.json()).state).toBe("cancelled");
  expect((await send(permit, bytes)).status).toBe(201);
  expect((await send(permit, Buffer.concat([bytes, bytes]))).status).toBe(400);
  const purges = await withSql(
    (sql) => sql`select p.not_before > u.policy_expires_at as late from purges p
      join uploads u on u.id = ${permit.id} where p.key = ${permit.fields.key ?? ""} and p.not_before > now()`,
  );
  expect(purges.map((row) => row.late)).toEqual([true]);
});

test("A-15, A-35: bytes exchanged while they are read are never published under the other's digest", async ({
  member,
}) => {
  const bytes = await picture();
  const other = Buffer.from(bytes);
  other[bytes.length - 3] = (other[bytes.length - 3] ?? 0) ^ 0xff;
  const permit = await permitFor(member.as, bytes);
  expect((await send(permit, bytes)).status).toBe(201);
  const told = complete(member.as, [permit.id]);
  for (let n = 0; n < 20; n++) await send(permit, other);
  await told;
  const fate = await fateOf(member.as, permit.id);
  expect(["ready", "checksum_mismatch", "corrupt"]).toContain(fate);
  const rows = await withSql(
    (sql) => sql`select encode(sha256, 'hex') as sha, key from media where owner_id = ${member.id}
      and sha256 in (decode(${sha256(bytes)}, 'hex'), decode(${sha256(other)}, 'hex'))`,
  );
  expect(rows.map((row) => row.sha)).toEqual(fate === "ready" ? [sha256(bytes)] : []);

  const lied = await permitFor(member.as, bytes, { sha256: sha256(other) });
  expect((await send(lied, bytes)).status).toBe(201);
  await complete(member.as, [lied.id]);
  expect(await fateOf(member.as, lied.id)).toBe("checksum_mismatch");
  expect(await isGoing(lied.fields.key ?? "")).toBe(true);
});

test("A-24 … A-33: what is no picture, or one too many for us, is refused by name; the worker lives and shows none", async ({
  member,
}) => {
  const latin = (text: string): Buffer => Buffer.from(text, "latin1");
  const jpeg = await scene(200, 150).jpeg().toBuffer();
  const png = await scene(200, 150).png().toBuffer();
  const many = (code: number, head: string, bytes: number): Buffer[] =>
    Array.from({ length: Math.ceil(bytes / 65_000) }, () =>
      segment(code, Buffer.concat([latin(head), Buffer.alloc(65_000)])),
    );
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="http://127.0.0.1/"/></svg>';
  const cases: [title: string, bytes: Buffer, fate: RegExp][] = [
    ["A-24 HTML", latin("<html><body onload=alert(1)>"), /not_an_image/],
    ["A-25 SVG", latin(svg), /unsupported_type/],
    [
      "A-25 SVG with entities",
      latin(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${svg}`),
      /unsupported_type/,
    ],
    ["A-27 400 megapixels in 48 KB", blackPng(20_000, 20_000), /too_many_pixels/],
    ["A-27 256 megapixels in 31 KB", blackPng(16_000, 16_000), /too_many_pixels/],
    [
      "A-27 wider than a number",
      Buffer.concat([
        pngSignature,
        pngHeader(2 ** 31, 1),
        pngChunk("IDAT", Buffer.alloc(9)),
        pngChunk("IEND", Buffer.alloc(0)),
      ]),
      /too_many_pixels|corrupt/,
    ],
    ["A-28 a hundred thousand frames", tinyGif(1, 1, 100_000), /too_many_frames/],
    ["A-28 a giant canvas", tinyGif(9_000, 9_000, 3), /too_many_frames/],
    ["A-29 half a JPEG", jpeg.subarray(0, jpeg.length >> 1), /corrupt/],
    ["A-29 half a PNG", png.subarray(0, png.length >> 1), /corrupt/],
    ["A-30 one byte", Buffer.from([0xff]), /not_an_image/],
    ["A-30 the beginning of a JPEG", latin("\xff\xd8\xff"), /corrupt/],
    [
      "A-31 TIFF",
      Buffer.concat([latin("II*\0\x08\0\0\0"), Buffer.alloc(64)]),
      /unsupported_type|corrupt|not_an_image/,
    ],
    ["A-31 PSD", Buffer.concat([latin("8BPS\0\x01"), Buffer.alloc(60)]), /unsupported_type/],
    ["A-31 BMP", Buffer.concat([latin("BM"), Buffer.alloc(60)]), /unsupported_type/],
    ["A-31 JXL", Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.alloc(60)]), /unsupported_type/],
    [
      "A-31 OpenEXR",
      Buffer.concat([latin("\x76\x2f\x31\x01\x02\0\0\0"), Buffer.alloc(60)]),
      /unsupported_type/,
    ],
    ["A-31 CSV", latin("a,b\n=cmd|' /C calc'!A0,2\n"), /not_an_image/],
    [
      "A-32 8 MB of profile",
      withSegments(jpeg, ...many(0xe2, "ICC_PROFILE\0\x01\x01", 8e6)),
      /too_much_metadata/,
    ],
  ];
  const begun = (): number =>
    readFileSync(path.join(main().data, "log", "worker.log"), "utf8").match(/"msg":"ready"/g)?.length ?? 0;
  const [before, alive] = [await mediaOf(member.id), begun()];
  const permits = await begin(
    member.as,
    cases.map(([title, bytes]) => declare(bytes, { filename: `${title}.jpg`, mime: "" })),
  );
  const ids: string[] = [];
  for (const [n, permit] of permits.entries()) {
    if (permit.status !== "issued" || permit.transport !== "post") throw new Error("No form was issued.");
    expect((await send(permit, cases[n]?.[1] ?? ten)).status).toBe(201);
    ids.push(permit.id);
  }
  await complete(member.as, ids);
  for (const [n, [title, , fate]] of cases.entries())
    expect(await fateOf(member.as, ids[n] ?? ""), title).toMatch(fate);
  expect(await mediaOf(member.id)).toBe(before);
  expect(begun()).toBe(alive);
});

test("A-26: a picture that is an archive or a script as well is given out as a picture, and its renditions are clean", async ({
  member,
}) => {
  const jpeg = await picture();
  const hidden = "PK\x03\x04<script>alert(1)</script>";
  const polyglot = Buffer.concat([jpeg, Buffer.from(hidden, "latin1")]);
  const gif = Buffer.concat([await animation("gif", 2), Buffer.from("/*<script>*/=1;alert(1)")]);
  for (const bytes of [polyglot, gif]) {
    const { id, fate } = await deliver(member.as, bytes, { filename: "x.html", mime: "" });
    if (fate !== "ready") {
      expect(fate).toMatch(/corrupt|not_an_image/);
      continue;
    }
    const [row] = await withSql(
      (sql) =>
        sql`select m.id, m.rendition_folder as folder from media m join uploads u on u.media_id = m.id where u.id = ${id}`,
    );
    const details = await (await member.as.get(`/m/${row?.id}/details`)).text();
    const [, link = '""'] = /("http[^"]*response-content-disposition[^"]*")/.exec(details) ?? [];
    const original = await member.as.get(JSON.parse(link));
    expect(original.headers()["content-disposition"]).toMatch(/^attachment/);
    expect(original.headers()["x-content-type-options"]).toBe("nosniff");
    expect(original.headers()["content-type"]).toMatch(/^image\/(jpeg|gif)$/);
    await withStorage(async (storage) => {
      for await (const { key } of storage.list(`${row?.folder}/`)) {
        const rendition = await storage.get(key, { bytesMax: 1_000_000 });
        expect(rendition?.body.includes("<script>"), key).toBe(false);
      }
    });
  }
});

test("A-36: who begins a thousand uploads and sends none is told to wait; what is held for them has an end, others go on", async ({
  member,
  other,
}) => {
  const flood = () =>
    other.as.post("/api/uploads", {
      data: JSON.stringify({
        uploads: Array.from({ length: 50 }, () =>
          declare(ten, { sha256: sha256(Buffer.from(String(Math.random()))) }),
        ),
      }),
      headers: json,
    });
  let refused = await flood();
  for (let n = 0; n < 25 && refused.status() === 200; n++) refused = await flood();
  expect(refused.status()).toBe(429);
  expect(Number(refused.headers()["retry-after"])).toBeGreaterThan(0);
  expect((await refused.json()).code).toBe("too_many_in_flight");
  const [held] = await withSql(
    (sql) => sql`select count(*)::int as rows, sum(bytes)::int as bytes,
      (select reserved_bytes::int from quotas where owner_id = ${other.id}) as reserved
      from uploads where owner_id = ${other.id} and state = 'issued'`,
  );
  expect(held?.rows).toBe(1_000);
  expect(held?.reserved).toBe(held?.bytes);
  expect((await deliver(member.as, await picture())).fate).toBe("ready");
  await withSql(
    (sql) => sql`update uploads set state = 'cancelled' where owner_id = ${other.id} and state = 'issued'`,
  );
  await withSql((sql) => sql`update quotas set reserved_bytes = 0 where owner_id = ${other.id}`);
});

test("A-37: two hundred who say at once that a picture has arrived make one picture, and nobody is answered an error", async ({
  member,
}) => {
  const bytes = await picture();
  const permit = await permitFor(member.as, bytes);
  expect((await send(permit, bytes)).status).toBe(201);
  const { cookies } = await member.as.storageState();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  // By connections of their own, all at once: Playwright sends them one after the other.
  const ask = (): Promise<number> =>
    fetch(`${origin}/api/uploads/${permit.id}/complete`, {
      method: "POST",
      headers: { ...json, cookie },
      body: "{}",
    }).then((answer) => answer.status);
  const statuses = new Set(await Promise.all(Array.from({ length: 200 }, ask)));
  for (const status of statuses) expect([200, 202]).toContain(status);
  expect(await fateOf(member.as, permit.id)).toBe("ready");
  const rows = await withSql(
    (sql) =>
      sql`select id from media where owner_id = ${member.id} and sha256 = decode(${sha256(bytes)}, 'hex')`,
  );
  expect(rows).toHaveLength(1);
  expect((await member.as.get("/api/health/ready")).status()).toBe(200);
});

test("A-49: a form sent from another site's page is stored and its answer withheld: the form is the key, not the page", async ({
  member,
}) => {
  const bytes = await picture();
  const permit = await permitFor(member.as, bytes);
  const answer = await postForm({ ...permit, file: bytes, origin: "https://evil.example" });
  expect(answer.status).toBe(201);
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  // Nobody is shown it before the account that asked for the form says so.
  expect(
    await withSql((sql) => sql`select 1 from uploads where id = ${permit.id} and state = 'issued'`),
  ).toHaveLength(1);
});

test("A-53: a change of nothing, of everything without saying so, or of a list that is none, deletes nothing", async ({
  member,
}) => {
  const before = await withSql((sql) => sql`select count(*)::int as n from media where deleted_at is null`);
  for (const selection of [
    undefined,
    null,
    {},
    { ids: [] },
    { ids: undefined },
    { list: "" },
    { list: "all" },
    { all: "yes" },
    { days: [] },
    [],
  ]) {
    const answer = await member.as.post("/api/changes", {
      data: JSON.stringify({ selection, change: { kind: "trash" } }),
      headers: json,
    });
    expect([200, 400, 404], JSON.stringify(selection)).toContain(answer.status());
    if (answer.status() === 200) expect((await answer.json()).changed, JSON.stringify(selection)).toBe(0);
  }
  expect(await withSql((sql) => sql`select count(*)::int as n from media where deleted_at is null`)).toEqual(
    before,
  );
});

test("A-16, A-17, A-18: somebody else's upload is no upload, guesses come to an end, and a body says nothing of keys and sizes", async ({
  member,
  other,
}) => {
  const bytes = await picture();
  const permit = await permitFor(other.as, bytes);
  expect((await send(permit, bytes)).status).toBe(201);
  const rowOf = () =>
    withSql(
      (sql) =>
        sql`select state, staging_key, final_key, bytes, updated_at from uploads where id = ${permit.id}`,
    );
  const before = await rowOf();

  const unknown = "0192d2b0-0000-4000-8000-000000000000";
  const ask = async (id: string, path: string, data: string) => {
    const answer = await member.as.fetch(`/api/uploads${path.replace("ID", id)}`, {
      method: "POST",
      headers: json,
      data,
    });
    return `${answer.status()} ${(await answer.text()).replaceAll(id, "ID").replace(/"requestId":"[^"]*"/, "")}`;
  };
  for (const [path, data] of [
    ["/ID/complete", "{}"],
    ["/ID/renew", "{}"],
    ["/complete", JSON.stringify({ ids: [permit.id] })],
    ["/status", JSON.stringify({ ids: [permit.id] })],
  ] as const)
    expect(await ask(permit.id, path, data), path).toBe(
      await ask(unknown, path, data.replace(permit.id, unknown)),
    );

  for (const sly of [{ key: "media/other.jpg" }, { size: 1 }, { etag: "x" }, { mediaId: unknown }]) {
    const single = await other.as.post(`/api/uploads/${permit.id}/complete`, {
      data: JSON.stringify(sly),
      headers: json,
    });
    expect([single.status(), (await single.json()).code]).toEqual([400, "unknown_field"]);
    const data = JSON.stringify({ ids: [permit.id], ...sly });
    const batch = await other.as.post("/api/uploads/complete", { data, headers: json });
    expect([batch.status(), (await batch.json()).code]).toEqual([400, "unknown_field"]);
  }
  expect(await rowOf()).toEqual(before);

  let limited: Awaited<ReturnType<typeof member.as.post>> | undefined;
  for (let n = 0; n < 200 && limited === undefined; n++) {
    const ids = Array.from(
      { length: 40 },
      (_, k) => `0192d2b0-${String(n).padStart(4, "0")}-4000-8000-${String(k).padStart(12, "0")}`,
    );
    const answer = await member.as.post("/api/uploads/complete", {
      data: JSON.stringify({ ids }),
      headers: json,
    });
    if (answer.status() === 429) limited = answer;
    else
      expect([...new Set((await answer.json()).uploads.map(({ code }: { code: string }) => code))]).toEqual([
        "not_found",
      ]);
  }
  expect(Number(limited?.headers()["retry-after"])).toBeGreaterThan(0);
  expect(await rowOf()).toEqual(before);
  // Others go on, and what was theirs is as it was.
  expect(await complete(other.as, [permit.id])).toBeDefined();
  expect(await fateOf(other.as, permit.id)).toBe("ready");
  // Within its minute the member would be asked to wait by whatever test comes next.
  await withSql((sql) => sql`delete from rate_limits where key like ${`looks:${member.id}%`}`);
});
