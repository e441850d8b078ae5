import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { until } from "./alive.ts";
import { startPart } from "./part.ts";

const folder = path.join(tmpdir(), `tintype-part-${randomBytes(6).toString("hex")}`);
const away = path.join(folder, "away");
const patienceMs = 60_000;
mkdirSync(folder);
after(() => rmSync(folder, { recursive: true, force: true }));

test("a part that ran well once is started again until what it needs is back, and ends nothing else", async () => {
  const troubles: string[] = [];
  const lost: string[] = [];
  const part = startPart({
    name: "worker",
    program: path.join(import.meta.dirname, "stand-in", "flaky.ts"),
    environment: { ...process.env, FLAKY_FILE: away },
    logs: folder,
    onTrouble: (sentence) => troubles.push(sentence),
    onLost: (sentence) => lost.push(sentence),
    pace: { goodMs: 0, pauseMs: 10 },
  });
  try {
    await part.ready;
    const first = part.pid();
    writeFileSync(away, "");
    assert.ok(await until(() => troubles.length >= 5, patienceMs), troubles.join("\n"));
    assert.equal(troubles[0], "The worker process ended (3) and is started again.");
    assert.match(
      troubles.at(-1) ?? "",
      /^The worker process does not stay \(The stand-in misses what it needs\) and is started again and again, /,
    );
    rmSync(away);
    assert.ok(
      await until(() => troubles.includes("The worker process runs again."), patienceMs),
      troubles.join("\n"),
    );
    assert.notEqual(part.pid(), first);
    assert.deepEqual(lost, []);
  } finally {
    await part.stop();
  }
});
