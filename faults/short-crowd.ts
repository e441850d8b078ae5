/** A small crowd in a place of its own, held to what must be true of any: `npm run bench -- load` is the large one. */
import { crowdSettings } from "./crowd.ts";
import { openPlace } from "./place.ts";
import { type Day, judged, type Turns, takeTurns, throng } from "./throng.ts";

const senders = [
  { people: 16, pictures: 1, bytes: 120_000 },
  { people: 2, pictures: 1, bytes: 4_000_000 },
];
const viewers = 8;
const shown = 4;
const waiting = 60;

/** Ten in each pool of ours, ten in each of the queue's, and those on which is only listened; three processes. */
const connectionsMax = 3 * (10 + 3) + 2 * 11;
/** Far from what they take and far from what would be growing without a bound; a leak of a picture a request is more. */
const megabytesMax = 700;
/** Two workers with three pictures each under way, in three rounds; without turns it would be all of them. */
const betweenMax = 30;

const wrongWith = (day: Day, turns: Turns): string[] => [
  ...day.unready.map((log) => `Not in the gallery after a crowd: ${log}`),
  ...day.tally.faults.map(
    ({ to, status }) => `${to} answered ${status} in a crowd, without "come back later"`,
  ),
  ...(day.taken.connections > connectionsMax
    ? [`${day.taken.connections} connections to the database in a crowd`]
    : []),
  ...[...day.taken.peakMb]
    .filter(([, mb]) => mb > megabytesMax)
    .map(([name, mb]) => `${name} took ${mb.toFixed(0)} MB in a crowd`),
  ...(turns.between > betweenMax
    ? [`${turns.between} of ${turns.waiting} waiting pictures of one person went before another's three`]
    : []),
];

/** Comes and goes: sentences of what is wrong. */
export async function shortCrowd(): Promise<string[]> {
  const place = await openPlace({ settings: crowdSettings, straight: true });
  try {
    await place.heal();
    const day = await throng(place, { senders, viewers, shown, pauseMs: 300 });
    const { turns, people } = await takeTurns(place, waiting);
    return [...wrongWith(day, turns), ...(await judged(place, [...day.people, ...people]))];
  } finally {
    await place.close();
  }
}
