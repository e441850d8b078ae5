/** `tintype storage …` on a real store: results, what programs read, exit codes and refusals (REQUIREMENTS 4.2). */
import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type TestStore, testStore } from "#lib/testing.ts";
import { atTerminal, bucketEnvironment, type Told, tintype } from "../testing.ts";

let store: TestStore;
let folder: string;
let environment: Record<string, string | undefined>;

before(async () => {
  store = await testStore();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-cli-"));
  environment = bucketEnvironment(store.bucket);
});
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const storage = (
  args: string[],
  more: { input?: Uint8Array | string } = {},
): Promise<Told & { bytes: Buffer }> =>
  tintype(["storage", ...args], { cwd: folder, env: environment, ...more });
const lay = (key: string, text = key, contentType = "text/plain"): Promise<void> =>
  store.storage.put(key, Buffer.from(text), { contentType });
const textOf = async (key: string): Promise<string | undefined> =>
  (await store.storage.get(key, { bytesMax: 1e6 }))?.body.toString();
const lines = (text: string): unknown[] =>
  text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
const file = (name: string): string => path.join(folder, name);
const done = <T extends Told>(told: T): T => {
  assert.equal(told.code, 0, told.err);
  return told;
};
const refused = (told: Told, sentence: RegExp, code = 1): void => {
  assert.equal(told.code, code, `${told.out}${told.err}`);
  assert.match(told.err, sentence);
  assert.doesNotMatch(told.err, /\n\s+at /, "no stack");
};

test("a file is stored under its name, with the type its name says and what was asked to be kept", async () => {
  await writeFile(file("page.html"), "<p>");
  const { out } = done(
    await storage(["put", "page.html", "site/", "--cache-control", "max-age=60", "--meta", "Owner=김"]),
  );
  assert.equal(out, "Stored site/page.html (3 bytes).\n");
  const kept = await store.storage.describe("site/page.html");
  assert.deepEqual(
    [kept?.contentType, kept?.cacheControl, kept?.metadata],
    ["text/html", "max-age=60", { owner: "김" }],
  );
  const shown = done(await storage(["stat", "site/page.html"])).out;
  assert.match(shown, /^size +3 bytes$/m);
  assert.match(shown, /^type +text\/html$/m);
  assert.match(shown, /^owner +김$/m);
  const [json] = lines(done(await storage(["stat", "site/page.html", "--json"])).out);
  assert.equal(Reflect.get(Object(json), "contentType"), "text/html");
});

test("what is there is overwritten only when that is said, or when a person says yes", async () => {
  await writeFile(file("a.txt"), "new");
  await lay("a.txt", "old");
  refused(await storage(["put", "a.txt"]), /^a\.txt is there already\. Say --force .* or --if-absent/);
  assert.equal(await textOf("a.txt"), "old");
  const skipped = done(await storage(["put", "a.txt", "--if-absent", "--json"]));
  assert.deepEqual(lines(skipped.out), [{ key: "a.txt", bytes: 3, state: "skipped" }]);
  const no = await atTerminal(["storage", "put", "a.txt"], { cwd: folder, env: environment, input: "n\n" });
  assert.equal(no.code, 1);
  assert.equal(await textOf("a.txt"), "old");
  const yes = await atTerminal(["storage", "put", "a.txt"], { cwd: folder, env: environment, input: "y\n" });
  assert.match(yes.out, /Overwrite it\? \[y\/N\]/);
  assert.equal(await textOf("a.txt"), "new");
  await lay("a.txt", "old");
  done(await storage(["put", "a.txt", "--force"]));
  assert.equal(await textOf("a.txt"), "new");
});

test("a folder goes up and comes back with every name it has, and a second time changes nothing", async () => {
  const names = ["한글 이름.jpg", "plus+and space.txt", "deep/er/100%.txt", "deep/empty"];
  for (const name of names) {
    await mkdir(path.dirname(file(`photos/${name}`)), { recursive: true });
    await writeFile(file(`photos/${name}`), name.endsWith("empty") ? "" : name);
  }
  refused(await storage(["put", "photos"]), /photos is a folder; say -r/);
  const stored = done(await storage(["put", "-r", "photos", "backup/photos"]));
  assert.match(stored.out, /^Stored 4 objects \(\d+ bytes\) in \d+\.\d s\.$/m);
  done(await storage(["get", "-r", "backup/photos/", "back"]));
  for (const name of names)
    assert.equal(await readFile(file(`back/${name}`), "utf8"), name.endsWith("empty") ? "" : name);
  assert.deepEqual(
    (await readdir(file("back"))).filter((name) => name.startsWith(".")),
    [],
  );
  await writeFile(file("back/deep/er/100%.txt"), "mine");
  refused(await storage(["get", "-r", "backup/photos/", "back"]), /and 1 more are there already/);
  assert.equal(await readFile(file("back/deep/er/100%.txt"), "utf8"), "mine");
  const again = done(await storage(["put", "-r", "photos", "backup/photos", "--if-absent"]));
  assert.match(again.out, /Stored 0 objects .* 4 were there already\./);
});

test("what cannot be read of a folder fails by its name, and the rest is stored", async () => {
  await mkdir(file("mixed/inner"), { recursive: true });
  await writeFile(file("mixed/good.txt"), "good");
  await symlink(file("nowhere.txt"), file("mixed/lost.txt"));
  await symlink(file("mixed/inner"), file("mixed/again"));
  const told = await storage(["put", "-r", "mixed", "mixed"]);
  refused(told, /lost\.txt cannot be read: there is no such file\./);
  assert.equal(
    told.err.match(/again is neither a file nor a folder of its own, and was left out\./g)?.length,
    1,
  );
  assert.equal(await textOf("mixed/good.txt"), "good");
});

test("a large object travels in parts, both ways, and through pipes of unknown length", async () => {
  const bytes = randomBytes(40_000_000);
  await writeFile(file("large.bin"), bytes);
  done(await storage(["put", "large.bin"]));
  assert.match((await store.storage.head("large.bin"))?.etag ?? "", /-\d+"?$/, "stored in parts");
  done(await storage(["get", "large.bin", "large.back"]));
  assert.ok(bytes.equals(await readFile(file("large.back"))));
  done(await storage(["put", "-", "piped.bin"], { input: bytes }));
  const piped = done(await storage(["get", "piped.bin", "-"]));
  assert.ok(bytes.equals(piped.bytes));
  assert.equal((await stat(file("large.back"))).mtimeMs % 1000, 0, "as old as the object");
  done(await storage(["put", "-", "empty.txt"], { input: "" }));
  assert.equal(await textOf("empty.txt"), "");
  refused(await storage(["put", "-", "empty.txt"], { input: "x" }), /^empty\.txt is there already/);
  for await (const open of store.storage.multipart.open("")) assert.fail(`${open.key} was left in parts`);
});

test("a listing shows one level or all, for people and for programs", async () => {
  await lay("list/one.txt");
  await lay("list/sub/two.txt");
  const level = done(await storage(["ls", "list"])).out;
  assert.match(level, /^ +– +sub\/$/m);
  assert.match(level, /^ +12 bytes +\d{4}-\d\d-\d\d \d\d:\d\d +one\.txt$/m);
  const all = lines(done(await storage(["ls", "-r", "list/", "--json"])).out);
  assert.deepEqual(
    all.map((one) => [Reflect.get(Object(one), "key"), Reflect.get(Object(one), "bytes")]),
    [
      ["list/one.txt", 12],
      ["list/sub/two.txt", 16],
    ],
  );
  assert.match(done(await storage(["ls", "list/one.txt"])).out, /list\/one\.txt$/m);
  refused(await storage(["ls", "nowhere"]), /^There is nothing under nowhere in the bucket tintype-test/);
});

test("exists answers with its exit code, and what cannot be found out is neither yes nor no (R-33)", async () => {
  await lay("there");
  const [yes, no, unknown] = await Promise.all([
    storage(["exists", "there"]),
    storage(["exists", "--json", "not-there"]),
    storage(["exists", "-q", "there", "--endpoint", "http://127.0.0.1:9"]),
  ]);
  assert.deepEqual([yes.code, yes.out], [0, "there is there.\n"]);
  assert.deepEqual([no.code, lines(no.out)], [1, [{ key: "not-there", exists: false }]]);
  refused(unknown, /^The bucket could not look up an object: nothing answers/, 2);
});

test("a copy is made inside the bucket and replaces nothing unasked", async () => {
  await lay("from/a", "a");
  await lay("from/b", "b");
  done(await storage(["cp", "from/a", "to/"]));
  assert.equal(await textOf("to/a"), "a");
  refused(await storage(["cp", "from/b", "to/a"]), /^to\/a is there already/);
  assert.equal(await textOf("to/a"), "a");
  const some = lines(done(await storage(["cp", "-r", "from", "to", "--if-absent", "--json"])).out);
  assert.deepEqual(
    some.map((one) => Reflect.get(Object(one), "state")),
    ["skipped", "copied"],
  );
  refused(await storage(["cp", "nothing", "to/x"]), /^There is no object nothing/);
  refused(await storage(["cp", "-r", "from/", "from/again/"]), /inside/);
});

test("objects are removed for good only when that is meant", async () => {
  await lay("media/shown.jpg");
  await lay("trash/a");
  await lay("trash/b");
  refused(await storage(["rm", "media/shown.jpg"]), /The gallery may show media\/shown\.jpg/);
  refused(
    await storage(["rm", "-r", "trash/"]),
    /This removes 2 objects \(14 bytes\) from trash\/ in .* say --yes/,
  );
  const tried = done(await storage(["rm", "-r", "trash/", "--dry-run", "--json"]));
  assert.deepEqual(lines(tried.out), [
    { key: "trash/a", state: "would be removed" },
    { key: "trash/b", state: "would be removed" },
  ]);
  assert.ok(await store.storage.exists("trash/a"));
  assert.match(done(await storage(["rm", "-r", "trash/", "--yes"])).out, /^Removed 2 objects\.$/m);
  assert.equal(await store.storage.exists("trash/a"), false);
  refused(await storage(["rm", "trash/a"]), /^There is no object trash\/a/);
  done(await storage(["rm", "trash/a", "-f"]));
});

test("an address opens an object for as long as it says, under the name it says", async () => {
  await lay("가 나.txt", "hello");
  const { out } = done(await storage(["url", "가 나.txt", "--expires", "15m", "--download", "새.txt"]));
  assert.equal(new URL(out).searchParams.get("X-Amz-Expires"), "900");
  const answer = await fetch(out.trim());
  assert.equal(await answer.text(), "hello");
  assert.match(answer.headers.get("content-disposition") ?? "", /filename\*=UTF-8''%EC%83%88\.txt/);
  refused(await storage(["url", "a", "--expires", "8d"]), /up to 7 days/, 2);
  refused(await storage(["url", "a", "--cdn"]), /MEDIA_PUBLIC_BASE_URL/);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signed = await tintype(["storage", "url", "a%20 b.jpg", "--expires", "1h", "--download", "c.jpg"], {
    cwd: folder,
    env: {
      ...environment,
      MEDIA_URL_MODE: "cloudfront",
      MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com",
      CLOUDFRONT_KEY_PAIR_ID: "K123",
      CLOUDFRONT_PRIVATE_KEY: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    },
  });
  const query = new URL(done(signed).out).searchParams;
  const Resource = signed.out.slice(0, signed.out.indexOf("&Expires="));
  assert.ok(Resource.startsWith("https://cdn.example.com/a%2520%20b.jpg?response-content-disposition="));
  const DateLessThan = { "AWS:EpochTime": Number(query.get("Expires")) };
  const policy = JSON.stringify({ Statement: [{ Resource, Condition: { DateLessThan } }] });
  const signature = (query.get("Signature") ?? "").replace(
    /[-_~]/g,
    (sign) => ({ "-": "+", _: "=" })[sign] ?? "/",
  );
  assert.ok(createVerify("RSA-SHA256").update(policy).verify(publicKey, signature, "base64"));
  const cdn = await tintype(["storage", "url", "a b.jpg", "--json"], {
    cwd: folder,
    env: {
      ...environment,
      S3_PREFIX: "gallery",
      MEDIA_URL_MODE: "public",
      MEDIA_VISIBILITIES: "public",
      MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com",
    },
  });
  assert.deepEqual(lines(cdn.out), [
    { key: "a b.jpg", url: "https://cdn.example.com/gallery/a%20b.jpg", expires: null },
  ]);
});

test("keys stay below the location, whatever they are spelt like", async () => {
  await lay("outside.html");
  const inside = (args: string[]): Promise<Told> => storage([...args, "--prefix", "gallery/2026"]);
  await writeFile(file("page.html"), "<p>");
  done(await inside(["put", "page.html", "a.html"]));
  assert.ok(await store.storage.exists("gallery/2026/a.html"));
  assert.match(done(await inside(["ls", "-r"])).out, / a\.html$/m);
  refused(await inside(["stat", "../../site/page.html"]), /is not a plain path below the location/);
  refused(await inside(["put", "page.html", "x/../../y"]), /is not a plain path below the location/);
  refused(await inside(["stat", "outside.html"]), /There is no object outside\.html .* in gallery\/2026\//);
});

test("the files that aws configure writes are enough to work on any bucket", async () => {
  const { accessKeyId, secretAccessKey } = store.bucket.credentials ?? assert.fail();
  await writeFile(file("config"), "[default]\nregion = us-west-2\n[profile work]\nregion = ap-northeast-2\n");
  await writeFile(
    file("credentials"),
    `[work]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
  const aws = (args: string[]): Promise<Told> =>
    tintype(["storage", ...args, "--endpoint", store.bucket.endpoint ?? ""], {
      cwd: folder,
      env: { AWS_CONFIG_FILE: file("config"), AWS_SHARED_CREDENTIALS_FILE: file("credentials") },
    });
  const [listed, unknown, none, nowhere] = await Promise.all([
    aws(["bucket", "list", "--profile", "work", "--json"]),
    aws(["ls", "--bucket", store.bucket.bucket, "--profile", "wrok"]),
    aws(["ls", "--bucket", store.bucket.bucket]),
    aws(["ls", "--profile", "work"]),
  ]);
  assert.equal(Reflect.get(Object(lines(done(listed).out)[0]), "bucket"), store.bucket.bucket);
  refused(unknown, /^There are no credentials in the profile wrok/);
  refused(none, /no credentials were found/);
  refused(nowhere, /^Which bucket\? Say --bucket/);
});

test("where only the store is set, a bucket can be made, and other commands ask which one", async () => {
  const bare = (args: string[]): Promise<Told> =>
    tintype(["storage", ...args], { cwd: folder, env: { ...environment, S3_BUCKET: "" } });
  const [made, nowhere] = await Promise.all([bare(["bucket", "create", "before-settings"]), bare(["ls"])]);
  assert.match(done(made).out, /^Made the bucket before-settings at /);
  refused(nowhere, /^Which bucket\? Say --bucket/);
  assert.match(done(await bare(["bucket", "list"])).out, /before-settings/);
  done(await bare(["bucket", "delete", "before-settings", "--yes"]));
});

test("a bucket is made and removed again, and a name that S3 would refuse is explained", async () => {
  const [capital, taken] = await Promise.all([
    storage(["bucket", "create", "My_Photos"]),
    storage(["bucket", "create", store.bucket.bucket]),
  ]);
  refused(capital, /capital letters.*"_".*Perhaps my-photos\?/s);
  assert.match(done(taken).out, /^There is the bucket tintype-test .* already/);
  const made = done(await storage(["bucket", "create", "second-bucket", "--json"]));
  assert.deepEqual(lines(made.out), [
    { bucket: "second-bucket", region: "ap-northeast-2", state: "created" },
  ]);
  done(await storage(["put", "-", "page.html", "--bucket", "second-bucket"], { input: "<p>" }));
  refused(
    await storage(["bucket", "delete", "second-bucket", "--yes"]),
    /is not empty \(page\.html is in it/,
  );
  done(await storage(["rm", "page.html", "--bucket", "second-bucket"]));
  refused(await storage(["bucket", "delete", "second-bucket"]), /say --yes/);
  done(await storage(["bucket", "delete", "second-bucket", "--yes"]));
  refused(await storage(["ls", "--bucket", "second-bucket"]), /there is no such bucket/);
});

test("a wrong command line is told in the words it was written in, with exit code 2", async () => {
  const [option, name, prefix] = await Promise.all([
    storage(["ls", "--nope"]),
    storage(["ls", "--bucket", "UPPER"]),
    storage(["ls", "--prefix", "../up"]),
  ]);
  refused(option, /unknown option '--nope'/, 2);
  refused(name, /^--bucket must be/);
  refused(prefix, /^--prefix must be/);
});

test("an upload that is interrupted leaves no parts behind, and exit code 130", async () => {
  const { code } = await tintype(["storage", "put", "-", "endless.bin"], {
    cwd: folder,
    env: environment,
    // More than two parts, and no end.
    endless: randomBytes(50_000_000),
    async whileRunning(interrupt) {
      while (!(await hasOpenUpload())) await new Promise((resolve) => setTimeout(resolve, 20));
      // As at a terminal, where the launcher hands on what the command has got already.
      for (let times = 0; times < 3; times++) interrupt();
    },
  });
  assert.equal(code, 130);
  assert.equal(await hasOpenUpload(), false);
  assert.equal(await store.storage.exists("endless.bin"), false);
});

async function hasOpenUpload(): Promise<boolean> {
  for await (const _open of store.storage.multipart.open("")) return true;
  return false;
}

test("keys that others made never lead out of the folder they are fetched into", async () => {
  const { bucket, region, endpoint, credentials } = store.bucket;
  const others = new S3Client({
    region,
    forcePathStyle: true,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  for (const Key of [
    "evil/fine.txt",
    "evil/../../up.txt",
    "evil/folder/",
    "evil/\u001b[2Jname",
    "marked/",
    "marked/a",
  ])
    await others.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }));
  others.destroy();
  const fetched = await storage(["get", "-r", "evil/", "fetched/here"]);
  refused(fetched, /evil\/\.\.\/\.\.\/up\.txt: The key .* would be written outside/);
  assert.deepEqual(await readdir(file("fetched/here")), ["fine.txt"]);
  assert.equal((await readdir(folder)).includes("up.txt"), false);
  assert.ok(!(await storage(["ls", "-r", "evil"])).out.includes("\u001b"), "no key commands the terminal");
  done(await storage(["rm", "-r", "marked", "--yes"]));
  for await (const left of store.storage.list("marked/")) assert.fail(`${left.key} is still there`);
});

test("a file that cannot be written is told in a sentence and leaves no half behind", async () => {
  await writeFile(file("sub"), "a file where a folder would have to be");
  refused(
    await storage(["get", "a.txt", "sub/a.txt"]),
    /cannot be written: a file is in the place of its folder/,
  );
  assert.equal(
    (await readdir(folder)).some((name) => name.endsWith(".part")),
    false,
  );
});
