/** A second instance for tests that need other settings: the same build, a folder and ports of its own. */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { environmentOf, type Place } from "./world.ts";

/** Starts it and waits until it takes requests; the answer stops it and removes its folder. */
export async function startSecond(
  place: Place,
  settings: Record<string, string>,
): Promise<() => Promise<void>> {
  rmSync(place.data, { recursive: true, force: true });
  mkdirSync(place.data, { recursive: true });
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, "..", "bin", "tintype.mjs"), "start"],
    { stdio: ["ignore", "ignore", "inherit"], env: { ...environmentOf(place), ...settings } },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    rmSync(place.data, { recursive: true, force: true });
  };
  const isReady = (): Promise<boolean> =>
    fetch(`http://localhost:${place.port}/api/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`The second Tintype ended with ${child.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return stop;
}
