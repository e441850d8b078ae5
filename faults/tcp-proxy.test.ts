import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { TcpProxy } from "./tcp-proxy.ts";

test("a wire that is well again lets nothing overtake what is still on its way", async () => {
  const whole = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString();
      if (heard.length === 2) whole.resolve(heard);
    });
    socket.on("error", whole.reject);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const proxy = await TcpProxy.open(port);
  const near = connect(proxy.port, "127.0.0.1").setNoDelay(true);
  await once(near, "connect");
  proxy.slow(300);
  near.write("A");
  // Another connection is there: what was written before that has reached the wire.
  const beside = connect(port, "127.0.0.1");
  await once(beside, "connect");
  proxy.heal();
  near.write("B");
  const heard = await whole.promise;
  for (const socket of [near, beside]) socket.destroy();
  proxy.close();
  server.close();
  assert.equal(heard, "AB");
});
