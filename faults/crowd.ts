/**
 * Many people at once: hundreds who upload while others look. What they were told is kept as in the schedules, so that
 * the same judge can hold the site to it; besides, every answer is counted, and what the processes take is watched.
 */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import pLimit from "p-limit";
import postgres from "postgres";
import sharp from "sharp";
import { z } from "zod";
import { Client, type Heard, NoAnswer, sha256 } from "./client.ts";
import { Person, type Story } from "./person.ts";
import type { Picture } from "./pictures.ts";
import type { Place } from "./place.ts";
import { Random } from "./random.ts";

/** Draws, but never whims: nobody gives up, cancels, or comes in three tabs. */
export class Steady extends Random {
  override chance(): boolean {
    return false;
  }
}

/** What a place for crowds is set to: visitors have addresses of their own, and the store as long as it needs. */
export const crowdSettings = {
  TRUSTED_PROXIES: "127.0.0.1",
  S3_TIMEOUT_MS: "30000",
  S3_MULTIPART_THRESHOLD: String(16 * 1024 ** 2),
  UPLOAD_POLICY_TTL: "600",
  UPLOAD_GRACE: "3600",
  UPLOAD_MAX_AGE: "86400",
  TRASH_SECONDS: "86400",
  LOG_LEVEL: "warn",
};

/** A large machine that is slow still answers; who waits so long has a page that says so. */
const patienceMs = 120_000;

// Pictures

const noisy = (width: number, height: number): Promise<Buffer> =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      background: "#777",
      noise: { type: "gaussian", mean: 128, sigma: 30 },
    },
  })
    .jpeg({ quality: 90 })
    .toBuffer();

/** A photograph of about so many bytes, three wide and two high. */
async function photograph(bytes: number): Promise<Buffer> {
  const sample = await noisy(300, 200);
  const side = Math.sqrt(((bytes / sample.length) * 300 * 200) / 6);
  return noisy(Math.round(side * 3), Math.round(side * 2));
}

/** The same photograph with a comment nobody else has: decoded like it, and unlike any other. */
function unlike(base: Buffer): Picture {
  const comment = randomBytes(24);
  const marker = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  const bytes = Buffer.concat([base.subarray(0, 2), marker, comment, base.subarray(2)]);
  return { bytes, mime: "image/jpeg", flaw: "none" };
}

/** Makes pictures of one size, each unlike any other. */
export async function camera(bytes: number): Promise<() => Picture> {
  const base = await photograph(bytes);
  return () => unlike(base);
}

/** Hundreds of bytes, for queues of thousands. */
export async function tiny(): Promise<() => Picture> {
  const base = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#58a" } })
    .jpeg()
    .toBuffer();
  return () => unlike(base);
}

// People

/** Members with sessions, made where the site keeps them: to sign in hundreds would be a load of its own. */
export async function members(
  place: Place,
  names: readonly string[],
  hear: (heard: Heard) => void,
): Promise<Person[]> {
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  try {
    const tokens = names.map(() => randomBytes(16).toString("hex"));
    await sql`
      with made as (
        insert into users (name, email, role)
        select name, name || '@example.com', 'member' from unnest(${names}::text[]) as n(name) returning id, name)
      insert into sessions (token, user_id, expires_at)
      select n.token, made.id, now() + interval '1 day'
      from unnest(${names}::text[], ${tokens}::text[]) as n(name, token) join made on made.name = n.name`;
    return names.map((name, n) => {
      const token = tokens[n] ?? "";
      const client = new Client(place.origin, { patienceMs, hear, address: `10.1.${n >> 8}.${n & 255}` });
      const signature = createHmac("sha256", place.direct.secret).update(token).digest("base64");
      client.become(`tintype.session_token=${encodeURIComponent(`${token}.${signature}`)}`);
      return new Person({ name, email: `${name}@example.com`, password: "" }, client);
    });
  } finally {
    await sql.end();
  }
}

/** Sends pictures one after the other, each to its end; keeps on until all are told to be in the gallery. */
export async function sendAll(person: Person, pictures: readonly Picture[], seed: number): Promise<void> {
  const until = Date.now() + 1_800_000;
  for (const [n, picture] of pictures.entries())
    await person.upload(picture, new Steady(seed * 1_000 + n), until);
}

const permitsShape = z.object({
  uploads: z.array(
    z.looseObject({ id: z.string(), url: z.string(), fields: z.record(z.string(), z.string()) }),
  ),
});
const batchMax = 50;
const lanes = 6;

/** Sends pictures in batches, as the upload page does with many, until the site has taken all; waits for no verdict. */
export async function heapUp(person: Person, pictures: readonly Picture[]): Promise<void> {
  const { client, account } = person;
  const inTurn = pLimit(lanes);
  for (let at = 0; at < pictures.length; at += batchMax) {
    const stories = pictures.slice(at, at + batchMax).map(
      ({ bytes, flaw }, n): Story => ({
        owner: account.email,
        filename: `heap-${at + n}.jpg`,
        bytes,
        sha256: sha256(bytes),
        flaw,
        guest: false,
        stored: false,
        accepted: false,
        cancelAsked: false,
        log: [],
      }),
    );
    person.stories.push(...stories);
    const begun = await client.post("/api/uploads", {
      uploads: stories.map(({ filename, bytes, sha256 }) => ({
        clientToken: randomUUID(),
        filename,
        bytes: bytes.length,
        mime: "image/jpeg",
        sha256,
      })),
    });
    const { uploads } = permitsShape.parse(begun.body);
    const statuses = await Promise.all(
      uploads.map(({ url, fields }, n) =>
        inTurn(() => client.sendForm(url, fields, stories[n]?.bytes ?? Buffer.alloc(0))),
      ),
    );
    if (statuses.some((status) => status !== 201)) throw new Error(`The bucket answered ${statuses.join()}.`);
    const ids = uploads.map(({ id }) => id);
    const told = await client.post("/api/uploads/complete", { ids, look: false });
    if (told.status !== 200) throw new Error(`Completing was answered with ${told.status}.`);
    for (const story of stories) story.accepted = true;
  }
}

/** Where somebody goes who looks around. */
async function lookAround(client: Client, random: Random, endpoint: string): Promise<void> {
  const get = async (path: string): Promise<string> => String((await client.get(path)).body);
  const front = await get("/");
  const ids = [...new Set([...front.matchAll(/\/m\/([0-9a-f-]{36})/g)].map(([, id]) => id ?? ""))];
  const month = /\b(20\d\d-\d\d)\b/.exec(front)?.[1] ?? "2026-11";
  await client.get("/timeline");
  await client.get(`/timeline/${month}?from=0&count=60&px=400`);
  const pictures = [...front.matchAll(/https?:\/\/[^"\s]+\.avif[^"\s,]*/g)].map(([url]) =>
    url.replaceAll("&amp;", "&").replaceAll("\\u0026", "&"),
  );
  for (const url of pictures.filter((one) => one.startsWith(endpoint)).slice(0, 8))
    await client.fetchObject(url);
  if (ids.length > 0) {
    const id = random.pick(ids);
    await client.get(`/m/${id}`);
    await client.get(`/m/${id}/details`);
  }
  await client.get(`/search?q=${random.pick(["sunset", "type:jpeg", "none", "2026"])}`);
}

/** Looks around until it is over, with the pauses of people; their rounds. */
export async function browse(
  client: Client,
  random: Random,
  how: { endpoint: string; over: () => boolean; pauseMs: number },
): Promise<number> {
  let rounds = 0;
  while (!how.over()) {
    try {
      await lookAround(client, random, how.endpoint);
      rounds += 1;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    await wait(random.int(how.pauseMs >> 1, how.pauseMs));
  }
  return rounds;
}

// Counting and watching

export type Tally = {
  hear: (heard: Heard) => void;
  /** Answers by status. */
  statuses: Map<number, number>;
  /** Answers of 500 and above that did not ask to come back later. */
  faults: Heard[];
  /** Milliseconds of the site's answers, by kind of question. */
  times: Map<string, number[]>;
};

const kindOf = ({ to }: Heard): string =>
  to.startsWith("/api/uploads/status")
    ? "news of uploads (held)"
    : to.startsWith("/api/uploads")
      ? "begin, complete"
      : to === "bucket" || to === "picture"
        ? `${to}`
        : "pages and lists";

export function tally(): Tally {
  const statuses = new Map<number, number>();
  const faults: Heard[] = [];
  const times = new Map<string, number[]>();
  return {
    statuses,
    faults,
    times,
    hear: (heard) => {
      statuses.set(heard.status, (statuses.get(heard.status) ?? 0) + 1);
      const ms = times.get(kindOf(heard)) ?? [];
      ms.push(heard.ms);
      times.set(kindOf(heard), ms);
      // Deliberate: it says when to come back. The store's SlowDown does too.
      if (heard.status >= 500 && !(heard.status === 503 && heard.retryAfter !== null)) faults.push(heard);
    },
  };
}

export type Taken = {
  /** Megabytes, at most, by process. */
  peakMb: Map<string, number>;
  /** Connections to the database at most at one moment. */
  connections: number;
  stop(): Promise<void>;
};

const megabytesOf = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

/** Looks at memory and connections until it is stopped. */
export function watch(place: Place): Taken {
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  const taken: Taken = { peakMb: new Map(), connections: 0, stop: async () => {} };
  let over = false;
  const look = async (): Promise<void> => {
    for (const { name, pid } of [place.web, place.store, ...place.workers])
      if (pid !== undefined) taken.peakMb.set(name, megabytesOf(pid));
    const [row] = await sql<{ n: number }[]>`
      select count(*)::int as n from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid()`;
    taken.connections = Math.max(taken.connections, row?.n ?? 0);
  };
  const watching = (async () => {
    while (!over) {
      await look();
      await wait(250);
    }
  })();
  taken.stop = async () => {
    over = true;
    await watching;
    await look();
    await sql.end();
  };
  return taken;
}
