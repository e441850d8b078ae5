import assert from "node:assert/strict";
import { it } from "node:test";
import { isNonsense } from "./nonsense.ts";

const runtime = "/x/node_modules/next/dist/compiled/next-server/app-page-turbo.runtime.prod.js:15:70523";
const next = "/x/.next/server/chunks/ssr/node_modules_next_dist_0-amw._.js:1:11827";
const action = "/x/.next/server/chunks/ssr/app_(account)_account_actions_ts_1pxo._.js:1:363";
const thrown = (...frames: string[]): Error =>
  Object.assign(new Error("x"), { stack: ["Error: x", ...frames.map((at) => `    at ${at}`)].join("\n") });

it("what Next could not read is nonsense; what our code, its libraries or the system threw is a failure", () => {
  const read = thrown("JSON.parse (<anonymous>)", `tI (${runtime})`, `async m (${next})`);
  assert.equal(isNonsense(read, true), true);
  assert.equal(isNonsense(read, false), false, "a page that fails is none");
  assert.equal(isNonsense(thrown(`AsyncLocalStorage.run (node:x:1:2)`, runtime), true), true);
  assert.equal(isNonsense(thrown(`tJ (${runtime})`, `t.decodeAction (${runtime})`), false), true);
  assert.equal(
    isNonsense(thrown("multipartFormDataParser (node:internal/deps/undici/undici:1:2)"), false),
    true,
  );
  for (const failure of [
    thrown(action, `async t1 (${runtime})`),
    thrown(`set (${runtime})`, `async r (${action})`),
    thrown("ErrorResponse (/x/node_modules/postgres/src/connection.js:815:30)", `async t1 (${runtime})`),
    thrown("TCPConnectWrap.afterConnect (node:net:1:2)"),
    thrown(),
    "no error at all",
  ])
    for (const acted of [true, false]) assert.equal(isNonsense(failure, acted), false, String(failure));
});
