/** `tintype start --sample`: the process that brings sample pictures, beside everything else and never in its way. */
import { spawn } from "node:child_process";
import path from "node:path";
import { z } from "zod";
import type { Life } from "./life.ts";
import { openLogFile } from "./log-file.ts";

const program = path.join(import.meta.dirname, "..", "sample", "main.ts");
const tether = path.join(import.meta.dirname, "tether.ts");

const news = z.object({
  sample: z.discriminatedUnion("is", [
    z.object({ is: z.literal("filled"), pictures: z.number() }),
    z.object({ is: z.literal("refused") }),
    z.object({ is: z.literal("removed") }),
    z.object({ is: z.literal("failed"), why: z.string() }),
  ]),
});
type News = z.infer<typeof news>["sample"];

const again = "Start with --sample again to go on.";

/** Begins to fill the gallery; Tintype runs on whatever becomes of it. */
export function startSamples(life: Life, logs: string): void {
  const log = openLogFile(path.join(logs, "sample.log"));
  const child = spawn(process.execPath, ["--import", tether, program], {
    env: process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let told = false;
  const tell = (what: News): void => {
    told = true;
    const { terminal } = life;
    if (what.is === "filled")
      terminal.line(
        `  ${what.pictures} sample pictures are in the gallery. They go with one click there, or with: npm run tintype -- sample remove`,
      );
    else if (what.is === "refused")
      terminal.trouble(
        "No sample pictures came in: this gallery has pictures already, and --sample fills an empty one only. Nothing was changed.",
      );
    else if (what.is === "failed") terminal.trouble(`Not all sample pictures came in. ${what.why} ${again}`);
  };
  const write = (chunk: Buffer): void => log.write(chunk.toString().trimEnd());
  child.stdout?.on("data", write);
  child.stderr?.on("data", write);
  child.on("message", (message) => {
    const heard = news.safeParse(message);
    if (heard.success) tell(heard.data.sample);
  });
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      if (!told && !life.ending)
        tell({ is: "failed", why: `The reason is at the end of ${path.join(logs, "sample.log")}.` });
      log.close();
      resolve();
    };
    child.once("close", end);
    child.once("error", end);
  });
  life.add({
    level: 4,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
    kill: () => child.kill("SIGKILL"),
  });
}
