import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { interlacedPng } from "../../hostile/bombs.ts";
import { descendants } from "../../hostile/memory.ts";
import { scans } from "../../hostile/shapes.ts";
import { corners, rejectedAs } from "./fixtures.ts";
import {
  DecoderLost,
  DecoderMissing,
  derive,
  fullJpeg,
  identify,
  Rejection,
  startDecoders,
} from "./index.ts";

const decoders = (): number[] =>
  descendants(process.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("decoder-child"),
  );
const end = (): void => {
  for (const pid of decoders()) process.kill(pid, "SIGKILL");
};
after(end);

const good = () => corners().jpeg().toBuffer();
async function decodes(): Promise<void> {
  const picture = await good();
  const identity = await identify(picture, "image/jpeg");
  assert.deepEqual([identity.width, identity.height], [96, 64]);
  const { renditions, thumbhash } = await derive(picture, identity);
  assert.deepEqual(
    renditions.map(({ width, height, format }) => `${width} × ${height} ${format}`),
    ["96 × 64 avif", "96 × 64 jpg"],
  );
  assert.ok(thumbhash.length > 4 && renditions.every(({ body }) => body.length > 100));
}
/** Some seconds of work in which libvips cannot be interrupted. */
const slow = scans(99, 6_000);
const slowly = async () => derive(slow, await identify(slow, "image/jpeg"));
const processorSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
/** The one that is at work on the slow picture. */
async function busy(): Promise<number> {
  const before = new Map(decoders().map((pid) => [pid, processorSeconds(pid)]));
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const found = decoders().find((pid) => processorSeconds(pid) > (before.get(pid) ?? 1) + 0.3);
    if (found !== undefined) return found;
  }
}

describe("decoders of a worker (R-40)", () => {
  it("do what this process would do, with what is rejected, and the JPEG of a whole picture", async () => {
    await startDecoders(1);
    await decodes();
    await assert.rejects(identify(Buffer.from("<svg/>"), "image/png"), rejectedAs("unsupported_type"));
    const picture = await good();
    const jpeg = await fullJpeg(picture, await identify(picture, ""));
    assert.equal((await identify(jpeg, "image/jpeg")).width, 96);
    assert.equal(decoders().length, 1);
  });

  it("know nothing of their worker's environment", () => {
    const [pid = 0] = decoders();
    const names = readFileSync(`/proc/${pid}/environ`, "latin1")
      .split("\0")
      .map((line) => line.split("=")[0])
      .filter((name) => name !== "");
    assert.deepEqual(
      names.filter((name) => !["NODE_ENV", "MALLOC_ARENA_MAX", "NODE_COMPILE_CACHE"].includes(name ?? "")),
      [],
    );
  });

  it("end alone when one of them is killed: its picture may be tried again, the others never notice (F-11)", async () => {
    await startDecoders(2);
    const lost = assert.rejects(
      slowly(),
      (error) => error instanceof DecoderLost && error.byMachine && !(error instanceof Rejection),
    );
    const pid = await busy();
    const beside = decodes();
    process.kill(pid, "SIGKILL");
    await Promise.all([lost, beside]);
    await decodes();
    end();
  });

  it("say whether they crashed or were killed", async () => {
    await startDecoders(1);
    const lost = assert.rejects(slowly(), (error) => error instanceof DecoderLost && !error.byMachine);
    process.kill(await busy(), "SIGSEGV");
    await lost;
    end();
  });

  it("that do not come up in time are none, whatever they would have read", async () => {
    await assert.rejects(startDecoders(1, { startSecondsMax: 0.001 }), DecoderMissing);
  });

  it("that take more memory than they may are ended, and the picture is refused", async () => {
    await startDecoders(1, { memoryBytesMax: 150 * 1024 * 1024 });
    const large = interlacedPng(5_000, 4_000, 16, 6);
    const identity = await identify(large, "image/png");
    await assert.rejects(derive(large, identity), rejectedAs("too_many_pixels"));
    await decodes();
    end();
  });

  it("that do not come to an end are ended, and the picture is refused", async () => {
    await startDecoders(1, { cpuSecondsMax: 0.4 });
    await assert.rejects(slowly(), rejectedAs("took_too_long"));
    await decodes();
    end();
  });

  it("on a machine that is too busy are ended, and the picture is not to blame", async () => {
    await startDecoders(1, { wallSecondsMax: 0.3 });
    await assert.rejects(slowly(), (error) => error instanceof DecoderLost && error.byMachine);
    end();
  });

  it("stay when a terminal or a service manager tells everybody to end: their worker finishes its pictures first (F-29)", async () => {
    await startDecoders(1);
    const derived = slowly();
    const pid = await busy();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, signal);
    assert.equal((await derived).renditions.length, 6);
    end();
  });

  it("are ended when nobody waits for the picture any longer", async () => {
    await startDecoders(1);
    const ending = new AbortController();
    const identity = await identify(slow, "image/jpeg");
    const cancelled = assert.rejects(derive(slow, identity, ending.signal), /enough/);
    await busy();
    ending.abort(new Error("enough"));
    await cancelled;
    assert.deepEqual(decoders(), []);
  });
});
