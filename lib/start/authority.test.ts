import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { trustAuthorities } from "./authority.ts";

const pem = (name: string): string =>
  path.join(import.meta.dirname, "..", "storage", "s3", "tls-for-tests", name);
const keys = { key: readFileSync(pem("server-key.pem")), cert: readFileSync(pem("server.pem")) };
const server = createServer(keys, (_request, response) => response.end("trusted"));
server.on("tlsClientError", () => {});
let url: string;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  url = `https://localhost:${address.port}`;
});
after(() => new Promise((resolve) => server.close(resolve)));

/** In a process of its own: what is trusted is trusted until a process ends. */
async function ask(before: string): Promise<string> {
  const program = `
    const { trustAuthorities } = await import(${JSON.stringify(path.join(import.meta.dirname, "authority.ts"))});
    const { get } = await import("node:https");
    ${before}
    get(${JSON.stringify(url)}, (answer) => answer.on("data", (data) => console.log(String(data))))
      .on("error", (error) => console.log(error.code));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: "" },
  });
  return stdout.trim();
}

test("an authority that only .env names is trusted from then on (NODE_EXTRA_CA_CERTS)", async () => {
  assert.match(await ask(""), /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)$/);
  assert.equal(await ask(`trustAuthorities(${JSON.stringify(pem("authority.pem"))});`), "trusted");
});

test("a file without an authority in it is refused by name", () => {
  assert.throws(() => trustAuthorities("/nowhere.pem"), /\/nowhere\.pem, which cannot be read/);
  assert.throws(() => trustAuthorities(pem("server-key.pem")), /which holds no certificate/);
});
