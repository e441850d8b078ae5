/** What can be known about a process by its number. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** False also for a dead process that nobody has collected yet, for which kill(pid, 0) still succeeds. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPERM") return true;
    return false;
  }
  if (process.platform !== "linux") return true;
  // The state follows the name, which is in brackets and may itself hold brackets and blanks.
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text !== "" && !/^[ZX]/.test(text.slice(text.lastIndexOf(")") + 2));
}

/** The command line of a process, or "" when it cannot be known. */
export async function commandOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.replaceAll("\0", " ").trim();
  }
  return run("ps", ["-o", "args=", "-p", String(pid)]).then(
    (result) => result.stdout.trim(),
    () => "",
  );
}

/** Waits until `done` says so; false when `milliseconds` passed first. */
export async function until(done: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (!(await done())) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}
