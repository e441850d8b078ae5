/**
 * The process that brings the sample pictures: painting is its work, and nobody's page waits for it. It begins to paint
 * at once and sends when there is an owner; told to stop, it stops, and the next one goes on from there.
 */
import { setTimeout as wait } from "node:timers/promises";
import { findGalleryOwner } from "#db/queries/operator.ts";
import { hasMedia, sampleOwner } from "#db/queries/samples.ts";
import { database } from "../database.ts";
import { TintypeError } from "../errors.ts";
import { log } from "../log.ts";
import { storage } from "../storage/current.ts";
import { StorageError } from "../storage/port.ts";
import { words } from "../words.ts";
import { samples } from "./catalogue.ts";
import { type Drawn, draw } from "./draw.ts";
import { type Filled, fillWithSamples } from "./fill.ts";

export type SampleNews = { sample: Filled | { is: "failed"; why: string } };

const pollMs = 1_000;
const ending = new AbortController();
process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => process.exit(0));

const painted = new Map<number, Promise<Drawn>>();
function paint(number: number): Promise<Drawn> {
  const sample = samples[number];
  if (sample === undefined) throw new RangeError(`There is no sample ${number}.`);
  const known = painted.get(number) ?? draw(sample, number);
  painted.set(number, known);
  return known;
}

async function main(): Promise<Filled> {
  const { db } = database();
  if ((await sampleOwner(db)) === undefined && (await hasMedia(db))) return { is: "refused" };
  let owner = await findGalleryOwner(db);
  for (let number = 0; owner === undefined; owner = await findGalleryOwner(db)) {
    // While somebody chooses a password, there is time.
    if (number < samples.length) await paint(number++);
    else await wait(pollMs);
  }
  const { id, name, email, role } = owner;
  return fillWithSamples(db, storage(), {
    owner: { id, name, email, role },
    draw: paint,
    signal: ending.signal,
  });
}

const tell = (news: SampleNews["sample"]): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send({ sample: news } satisfies SampleNews, () => resolve());
  });

async function run(): Promise<void> {
  try {
    await tell(await main());
    process.exit(0);
  } catch (error) {
    log("sample").error({ err: error }, "the sample pictures did not come in");
    const why =
      error instanceof TintypeError
        ? words("errors")(error.code)
        : error instanceof StorageError
          ? error.message
          : "The reason is in the log.";
    await tell({ is: "failed", why });
    process.exit(1);
  }
}

void run();
