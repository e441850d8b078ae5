import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type TestStore, testStore } from "../testing.ts";
import { beginTrial, endTrial } from "./browser.ts";
import type { BrowserProbeId } from "./finding.ts";
import { denied, type Fault, keysIn, proxyTo, subjectOf } from "./testing.ts";

const origin = "http://localhost:3000";
let store: TestStore;
before(async () => {
  store = await testStore();
});
after(() => store.close());

/** Sends what a browser would, unless `lies`, then lets the server judge it behind this fault. */
async function tried(fault: Fault, lies = false) {
  const proxy = await proxyTo(store.bucket);
  const bucket = { ...store.bucket, endpoint: proxy.url, publicEndpoint: proxy.url };
  try {
    const trial = await beginTrial(subjectOf(bucket));
    const body = Buffer.from(trial.picture, "base64");
    if (!lies) {
      assert.equal(
        (await fetch(trial.put.url, { method: "PUT", headers: trial.put.headers, body })).status,
        200,
      );
      const { url = "", headers = {} } = trial.part ?? {};
      assert.equal((await fetch(url, { method: "PUT", headers, body })).status, 200);
    }
    proxy.fault = fault;
    const findings = await endTrial(subjectOf(bucket), {
      id: trial.id,
      origin,
      report: {
        ...(trial.part === undefined ? {} : { uploadId: trial.part.uploadId }),
        seen: (["browserPut", "browserPart"] as const).map((id) => ({ id, ok: true, status: 200 })),
      },
    });
    return (id: BrowserProbeId) => findings.find((one) => one.id === id);
  } finally {
    await proxy.close();
  }
}

describe("what a browser says that it stored", () => {
  it("is believed when the server finds it there, and removed", async () => {
    const of = await tried({});
    assert.equal(of("browserPut")?.verdict, "ok");
    assert.equal(of("browserPart")?.verdict, "ok");
    assert.deepEqual(await keysIn(store), []);
  });

  it("is not believed when the server finds nothing", async () => {
    const of = await tried({}, true);
    assert.equal(of("browserPut")?.verdict, "fail");
    assert.match(of("browserPut")?.found ?? "", /it is not in the bucket/);
    assert.equal(of("browserPart")?.verdict, "fail");
  });

  for (const [why, reply] of [
    ["may not look", denied],
    ["gets no answer", "hang up"],
  ] as const)
    it(`is neither there nor absent when the server ${why} (R-33)`, async () => {
      const of = await tried({ instead: (asked) => (asked.method === "GET" ? reply : undefined) });
      for (const id of ["browserPut", "browserPart"] as const) {
        assert.equal(of(id)?.verdict, "warn", id);
        assert.match(of(id)?.found ?? "", /the server could not look/);
      }
    });
});
