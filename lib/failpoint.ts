/**
 * Named places between two steps where a test ends or breaks this process, to see what is found afterwards. Nothing of
 * it can be reached from outside: places are armed from the environment, at the start and only beside TINTYPE_TEST
 * (without that the settings refuse the variable by name), or from the code of a test.
 */
export const failpoints = [
  "reserve.locked",
  "reserve.inserted",
  "reserve.settled",
  "reserve.committed",
  "complete.looked",
  "complete.started",
  "complete.enqueued",
  "complete.committed",
  "finalize.claimed",
  "finalize.read",
  "finalize.identified",
  "finalize.derived",
  "finalize.keysNoted",
  "finalize.originalWritten",
  "finalize.renditionsWritten",
  "finalize.confirmed",
  "finalize.lost",
  "publish.locked",
  "publish.inserted",
  "publish.closed",
  "publish.settled",
  "publish.purgesAdded",
  "publish.committed",
  "reject.closed",
  "reject.committed",
  "purge.claimed",
  "purge.decided",
  "purge.checked",
  "purge.originalRemoved",
  "purge.removed",
  "again.reopened",
  "sweep.listed",
  "sweep.looked",
  "sweep.expired",
  "sweep.revived",
  "derive.promised",
  "derive.written",
  "derive.replaced",
  "derive.tooLate",
  "fullJpeg.promised",
  "fullJpeg.written",
] as const;
export type Failpoint = (typeof failpoints)[number];

const deeds: Record<string, () => void> = {
  kill: () => process.kill(process.pid, "SIGKILL"),
  stop: () => process.kill(process.pid, "SIGSTOP"),
  throw: () => {
    throw new Error("A failpoint was reached.");
  },
};

let armed: Map<string, () => Promise<void> | void> | undefined;

/** Does nothing, unless a test has put something here. */
export const failpoint = (name: Failpoint): Promise<void> | void => armed?.get(name)?.();

/** For tests: does `deed` whenever this place is reached, until the answer is called. */
export function arm(name: Failpoint, deed: () => Promise<void> | void): () => void {
  armed ??= new Map();
  armed.set(name, deed);
  return () => armed?.delete(name);
}

/**
 * Reads "publish.closed=kill, purge.decided=stop@3": what happens at which place, from the so-manieth time on it is
 * reached. Throws for what it does not understand: a test that breaks nothing would pass.
 */
export function armFrom(environment: Record<string, string | undefined>): void {
  const text = environment.TINTYPE_FAILPOINTS ?? "";
  if (text === "" || (environment.TINTYPE_TEST ?? "") === "") return;
  for (const one of text.split(/\s*,\s*/)) {
    const [, name, deed = "", count = "1"] = /^([\w.]+)=(\w+)(?:@(\d+))?$/.exec(one) ?? [];
    const known = failpoints.find((failpoint) => failpoint === name);
    const act = deeds[deed];
    if (known === undefined || act === undefined)
      throw new Error(`TINTYPE_FAILPOINTS: "${one}" names no failpoint, or nothing that can be done at one.`);
    let left = Number(count);
    arm(known, () => {
      left -= 1;
      if (left <= 0) act();
    });
  }
}

armFrom(process.env);
