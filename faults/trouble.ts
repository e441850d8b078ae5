/**
 * Loaded first in every process under test: moves its clock, and fills its disk, as the file named by FAULTS_TROUBLE
 * says at that moment. The file is JSON: {"clockMs": number, "disk": "" | "write" | "sync" | "rename"}.
 */
import fs, { readFileSync } from "node:fs";
import promises, { open, unlink } from "node:fs/promises";
import { ServerResponse } from "node:http";
import { syncBuiltinESMExports } from "node:module";

export type Trouble = { clockMs: number; disk: "" | "write" | "sync" | "rename" };

const file = process.env.FAULTS_TROUBLE ?? "";
const everyMs = 100;
let now: Trouble = { clockMs: 0, disk: "" };

function look(): void {
  try {
    now = { clockMs: 0, disk: "", ...JSON.parse(readFileSync(file, "utf8")) };
  } catch {
    // Being written at this moment, or not there: it stays as it was.
  }
}

/** Everything else of it, its statics and what is made from numbers and texts, stays as it is. */
const movedDate = new Proxy(Date, {
  construct: (real, given, target) =>
    Reflect.construct(real, given.length === 0 ? [real.now() + now.clockMs] : given, target),
  get: (real, name) => (name === "now" ? () => real.now() + now.clockMs : Reflect.get(real, name)),
});

const full = (): Error => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

/** Makes the methods of this name fail while the disk is full at that point. */
function breakAt(owner: object, names: readonly string[], point: Trouble["disk"]): void {
  for (const name of names) {
    const real: unknown = Reflect.get(owner, name);
    if (typeof real !== "function") continue;
    Reflect.set(owner, name, function broken(this: unknown, ...given: unknown[]) {
      if (now.disk !== point) return Reflect.apply(real, this, given);
      const callback = given.at(-1);
      if (typeof callback !== "function") return Promise.reject(full());
      setImmediate(() => Reflect.apply(callback, undefined, [full()]));
      return undefined;
    });
  }
}

if (file !== "") {
  look();
  setInterval(look, everyMs).unref();
  globalThis.Date = movedDate;
  const probe = `${file}.${process.pid}`;
  const handle = await open(probe, "w");
  const handles: object = Object.getPrototypeOf(handle);
  await handle.close();
  await unlink(probe);
  breakAt(handles, ["write", "writev", "writeFile", "appendFile"], "write");
  breakAt(handles, ["sync", "datasync"], "sync");
  breakAt(fs, ["fdatasync", "fsync"], "sync");
  breakAt(promises, ["rename", "link", "copyFile"], "rename");
  syncBuiltinESMExports();
  // Node's own header comes from another clock.
  const { writeHead } = ServerResponse.prototype;
  Reflect.set(
    ServerResponse.prototype,
    "writeHead",
    function dated(this: ServerResponse, ...given: unknown[]) {
      if (now.clockMs !== 0) this.setHeader("date", new Date().toUTCString());
      return Reflect.apply(writeHead, this, given);
    },
  );
}
