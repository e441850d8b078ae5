import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, it } from "node:test";
import { sayHeader, sayNonsense, sayStatus } from "#lib/answer.ts";
import { hearing } from "./said.ts";

const server = createServer((request, response) =>
  hearing(response, async () => {
    // Two requests at once must not hear each other.
    await new Promise(setImmediate);
    if (request.url === "/gone") sayStatus(410);
    sayHeader("set-cookie", `seen=${request.url}`);
    response.statusCode = request.url === "/failed" ? 500 : 200;
    if (request.url === "/failed") sayStatus(410);
    if (request.url === "/nonsense") {
      sayNonsense();
      response.statusCode = 500;
    }
    response.end("page");
  }),
);
before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => server.close());

it("gives a page the status and the cookies that it says, and a failure its own, unless what it was sent was none it could read", async () => {
  const { port } = server.address() as AddressInfo;
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  const [gone, here, failed, nonsense] = await Promise.all(
    ["/gone", "/here", "/failed", "/nonsense"].map(ask),
  );
  assert.deepEqual([gone?.status, here?.status, failed?.status, nonsense?.status], [410, 200, 500, 400]);
  assert.deepEqual(gone?.headers.getSetCookie(), ["seen=/gone"]);
  assert.deepEqual(here?.headers.getSetCookie(), ["seen=/here"]);
});

it("is silent where nobody listens", () => {
  sayStatus(410);
  sayHeader("x", "y");
});
