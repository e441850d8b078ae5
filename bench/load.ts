/**
 * A crowd: hundreds who upload at once while others look, and one person's thousands beside another's three. Prints what
 * was answered, what it took, and what an independent judge finds in the database and the bucket afterwards.
 */
import { crowdSettings } from "../faults/crowd.ts";
import { openPlace } from "../faults/place.ts";
import { type Day, judged, takeTurns, throng } from "../faults/throng.ts";
import { median, table } from "./processes.ts";

const option = (args: string[], name: string, fallback: number): number => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args[at + 1]);
};

/** The value that so many of a hundred stay below. */
const centile = (values: number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;

function print(day: Day, loaders: number): void {
  const { tally, taken } = day;
  console.log(
    `\n${loaders} uploaders: ${day.ready} pictures in the gallery in ${day.seconds.toFixed(1)} s, ${day.unready.length} not; ${day.rounds} rounds of viewers`,
  );
  table(
    [...tally.times].map(([asked, ms]) => ({
      asked,
      answers: ms.length,
      "median, ms": median(ms).toFixed(0),
      "of 100, 95 within": centile(ms, 0.95).toFixed(0),
      "longest, ms": Math.max(...ms).toFixed(0),
    })),
  );
  console.log(`answers by status: ${[...tally.statuses].map(([status, n]) => `${status}: ${n}`).join(", ")}`);
  console.log(
    `server errors without "come back later": ${tally.faults.length}${tally.faults
      .slice(0, 5)
      .map(({ to, status }) => `\n  ${status} ${to}`)
      .join("")}`,
  );
  console.log(
    `peak memory, MB: ${[...taken.peakMb].map(([name, mb]) => `${name} ${mb.toFixed(0)}`).join(", ")}; connections to the database: ${taken.connections} at most`,
  );
  for (const log of day.unready.slice(0, 5)) console.log(`  not in the gallery: ${log}`);
}

export async function run(args: string[]): Promise<void> {
  const small = option(args, "small", 200);
  const large = option(args, "large", 20);
  const viewers = option(args, "viewers", 50);
  const waiting = option(args, "waiting", 5_000);
  const settings = {
    ...crowdSettings,
    // As the settings are by default on this machine, but for the number that one person may have under way.
    WORKER_CONCURRENCY: String(option(args, "concurrency", 2)),
    UPLOAD_OPEN_MAX: String(Math.max(1_000, waiting + 100)),
    REQUESTS_MAX: String(option(args, "requests", 500)),
  };
  const place = await openPlace({ settings, straight: true });
  try {
    await place.heal();
    // One worker, as it is started by default.
    await place.workers[1]?.stop();
    const day = await throng(place, {
      senders: [
        { people: small, pictures: option(args, "each", 2), bytes: 200_000 },
        { people: large, pictures: 1, bytes: option(args, "megabytes", 18) * 1e6 },
      ],
      viewers,
      shown: 24,
      pauseMs: 1_000,
    });
    print(day, small + large);
    const people = [...day.people];
    if (waiting > 0) {
      const { turns, people: both } = await takeTurns(place, waiting);
      people.push(...both);
      console.log(
        `\n${turns.waiting} pictures of one person wait, another sends 3: ready after ${turns.threeSeconds.toFixed(1)} s, while ${turns.between} of the other's became ready; all ready after ${turns.allSeconds.toFixed(0)} s`,
      );
    }
    const wrong = await judged(place, people);
    console.log(`the judge: ${wrong.length === 0 ? "nothing lost, nothing wrong" : wrong.join("\n  ")}`);
  } finally {
    await place.close();
  }
}
