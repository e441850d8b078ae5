/**
 * What happens to pictures, told to open pages. Each process listens to the database on one connection, whatever number of
 * tabs it serves; a tab has one stream, which tells in batches which months changed, and of nothing its viewer may not see.
 */
import { databaseClock } from "#db/queries/clock.ts";
import { mediaChannel } from "#db/queries/timeline.ts";
import { type Db, database } from "../database.ts";
import { TintypeError } from "../errors.ts";
import { log } from "../log.ts";
import type { Viewer } from "../media.ts";
import { changedMonths } from "../timeline/timeline.ts";

/**
 * Each holds a connection of the web server; who comes later looks again in a while. Of all places visitors never have
 * the last, and nobody has many: a hidden tab keeps no stream.
 */
const usualPlaces = { all: 5_000, visitors: 4_000, person: 30, network: 500 };
export type Places = typeof usualPlaces;
/** News are gathered for so long: an import of a thousand pictures is a few messages, not a thousand. */
const gatherMs = 1_000;
/** Proxies end connections on which nothing is said for a minute. */
const heartbeatMs = 25_000;
/** A transaction that was slow may tell of a moment before the last message. */
const slackMs = 10_000;

type Stream = {
  viewerId: string | undefined;
  /** Where a visitor comes from. */
  network: string;
  /** Months that changed, not told yet. */
  months: Set<number>;
  all: boolean;
  /** Something was done to a picture that changed no month. */
  beside: boolean;
  say(text: string): void;
  end(): void;
};
type Desk = {
  streams: Set<Stream>;
  listening: Promise<unknown> | undefined;
  timer: NodeJS.Timeout | undefined;
};
const holder = globalThis as typeof globalThis & { tintypeLive?: Desk };
const desk = (): Desk => {
  holder.tintypeLive ??= { streams: new Set(), listening: undefined, timer: undefined };
  return holder.tintypeLive;
};

/** One of "<owner> public 2019-07", "<owner> own *", "*", as the trigger on media writes them, or "<person> own -". */
function note(stream: Stream, one: string): void {
  const [owner, whose, month = "*"] = one.split(" ");
  if (owner !== "*" && whose !== "public" && owner !== stream.viewerId) return;
  if (month === "*") stream.all = true;
  else if (month === "-") stream.beside = true;
  else stream.months.add(Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1);
}

function hear(message: string): void {
  const here = desk();
  const news = message.split(",");
  for (const stream of here.streams) for (const one of news) note(stream, one);
  here.timer ??= setTimeout(() => {
    here.timer = undefined;
    tell().catch((error: unknown) => log("live").warn({ err: error }, "news could not be told"));
  }, gatherMs);
}

const messageOf = (id: number, months: number[] | "all"): string =>
  `id: ${Math.floor(id)}\nevent: media\ndata: ${JSON.stringify(months)}\n\n`;

async function tell(): Promise<void> {
  const { streams } = desk();
  const due = [...streams].filter(({ all, beside, months }) => all || beside || months.size > 0);
  if (due.length === 0) return;
  const id = await databaseClock(database().db);
  for (const stream of due) {
    stream.say(messageOf(id, stream.all ? "all" : [...stream.months]));
    stream.months.clear();
    stream.all = false;
    stream.beside = false;
  }
}

async function listen(): Promise<void> {
  const here = desk();
  let first = true;
  here.listening ??= database()
    .sql.listen(mediaChannel, hear, () => {
      if (first) {
        first = false;
        return;
      }
      // The connection was lost and is there again: what was said meanwhile nobody heard.
      for (const stream of here.streams) stream.all = true;
      if (here.streams.size > 0) hear("*");
    })
    .catch((error: unknown) => {
      here.listening = undefined;
      log("live").warn({ err: error }, "news of pictures cannot be heard");
    });
  await here.listening;
}

/** Throws busy, or rate_limited for who has their share already. */
function findPlace(streams: Set<Stream>, asks: Pick<Stream, "viewerId" | "network">, places: Places): void {
  let [visitors, theirs] = [0, 0];
  for (const { viewerId, network } of streams) {
    if (viewerId === undefined) visitors += 1;
    if (viewerId === asks.viewerId && (viewerId !== undefined || network === asks.network)) theirs += 1;
  }
  const isVisitor = asks.viewerId === undefined;
  if (theirs >= (isVisitor ? places.network : places.person))
    throw new TintypeError("rate_limited", { retryAfter: 60 });
  if (streams.size >= places.all || (isVisitor && visitors >= places.visitors))
    throw new TintypeError("busy", { retryAfter: 60 });
}

const encoder = new TextEncoder();

/**
 * The stream of one tab. `after` is the id of the last message it had, or `since` the moment its page was made (both ms by
 * the database's clock); what changed since then comes first. `still` is asked from time to time who is asking: the
 * stream ends when it is somebody else. Throws rate_limited, busy.
 */
export async function openLive(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    /** The network the question came from. */
    network: string;
    after: number | undefined;
    since: number | undefined;
    still: () => Promise<Viewer | undefined>;
    signal: AbortSignal;
  },
  places: Places = usualPlaces,
): Promise<ReadableStream<Uint8Array>> {
  const here = desk();
  const who = { viewerId: ask.viewer?.id, network: ask.network };
  findPlace(here.streams, who, places);
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream: Stream = {
    ...who,
    months: new Set(),
    all: false,
    beside: false,
    say: (text) => controller?.enqueue(encoder.encode(text)),
    end: () => {
      if (!here.streams.delete(stream)) return;
      clearInterval(heart);
      ask.signal.removeEventListener("abort", stream.end);
      controller?.close();
    },
  };
  const heart = setInterval(() => {
    ask
      .still()
      .then((viewer) => (viewer?.id === stream.viewerId ? stream.say(":\n\n") : stream.end()))
      .catch(stream.end);
  }, heartbeatMs);
  // Before the database is asked what changed: what changes while it answers is heard.
  here.streams.add(stream);
  ask.signal.addEventListener("abort", stream.end, { once: true });
  try {
    await listen();
    const id = await databaseClock(db);
    const moment = ask.after === undefined ? ask.since : ask.after - slackMs;
    const missed =
      moment === undefined ? [] : await changedMonths(db, { viewer: ask.viewer, after: new Date(moment) });
    return new ReadableStream({
      start(opened) {
        controller = opened;
        stream.say(
          `retry: 5000\n\n${missed.length === 0 ? `id: ${Math.floor(id)}\nevent: ready\ndata: []\n\n` : messageOf(id, missed)}`,
        );
        if (ask.signal.aborted) stream.end();
      },
      cancel: stream.end,
    });
  } catch (error) {
    here.streams.delete(stream);
    clearInterval(heart);
    throw error;
  }
}

/** From when on a page that is read from now on may have missed something (`since`), ms by the database's clock. */
export const liveSince = async (db: Db): Promise<number> => Math.floor(await databaseClock(db)) - slackMs;

/** How many tabs this process serves. */
export const liveStreams = (): number => desk().streams.size;

/** Ends all streams, for a process that is about to end; pages come back to the next one. */
export function endLive(): void {
  for (const stream of desk().streams) stream.end();
}
