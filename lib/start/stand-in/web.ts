/** Stands in for the web process in tests of the supervisor: answers, drains, and dies when asked to. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { required, settings } from "#lib/env.ts";
import { log } from "#lib/log.ts";

const { port, host, dataFolder, databaseUrl, bucket, authSecret } = settings();
required(databaseUrl, "DATABASE_URL");
required(bucket, "S3_BUCKET");
required(authSecret, "AUTH_SECRET");

if (process.env.STAND_IN_WEB === "refuse") {
  process.stderr.write("The stand-in does not like today's weather.\n");
  process.exit(1);
}
const server = createServer((request, response) => {
  if (request.url === "/die") process.exit(3);
  if (request.url === "/warn") log("web").warn("the kettle boils over");
  response.end(`${process.pid} ${process.env.NODE_ENV}`);
});
server.listen(port, host, () => {
  process.send?.("ready");
  if (process.env.STAND_IN_WEB === "die") setTimeout(() => process.exit(3), 50);
});
process.on("SIGTERM", () => {
  writeFileSync(path.join(dataFolder, "web-drained"), "");
  if (process.env.STAND_IN_WEB !== "linger") server.close(() => process.exit(0));
});
