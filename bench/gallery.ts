/**
 * What a visit to the gallery costs an anonymous reader and the server: bytes, statements and requests a second with
 * 1,000 and with 100,000 public pictures, and the first paint in a real browser. The newest pictures exist, the others
 * are rows only: a page never reads them.
 */
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright";
import postgres from "postgres";
import sharp from "sharp";
import { parseSettings, required } from "#lib/env.ts";
import { openStorage } from "#lib/storage/s3.ts";
import { childOf, type Instance, median, startTintype, table, used } from "./processes.ts";

declare global {
  interface Window {
    vitals?: { lcp: number; cls: number };
  }
}

const clients = 8;
const rounds = 3;
const roundSeconds = 6;
/** More than any screen shows. */
const realPictures = 80;

type Sql = postgres.Sql;
const shapes = [
  [3000, 2000],
  [4000, 3000],
  [2000, 3000],
  [3000, 2000],
  [3840, 2160],
  [3000, 2000],
  [3000, 4000],
  [3000, 2000],
  [4000, 3000],
  [3000, 2000],
] as const;

/** Rows `from` to `to`, newest last; shapes as in a library of photographs, folder names as random as real ones. */
async function seed(sql: Sql, from: number, to: number): Promise<void> {
  const widths = sql.array(shapes.map(([width]) => width));
  const heights = sql.array(shapes.map(([, height]) => height));
  await sql`
    insert into users (id, name, email) values ('00000000-0000-4000-8000-000000000000', 'Bench', 'rows@example.com')
    on conflict do nothing`;
  await sql`
    insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
      width, height, thumbhash, color, filename, taken_at, taken_source)
    select '00000000-0000-4000-8000-000000000000', 'public', 'media/bench-' || n,
      'derived/' || substr(translate(lower(encode(sha256(n::text::bytea), 'base64')), '+/=01', 'ab23'), 1, 32),
      '{320,640,1280,2048}', '{640,1280}', sha256(n::text::bytea), 3000000, 'image/jpeg',
      (${widths}::int[])[1 + n % 10], (${heights}::int[])[1 + n % 10], '\\x00', (n * 7919) % 16777216, 'bench.jpg',
      timestamptz '2010-01-01' + n * interval '1 hour', 'camera'
    from generate_series(${from}::int, ${to}::int) n`;
  await sql`vacuum analyze media`;
}

/** Puts renditions of the right shapes under the newest rows. */
async function paint(sql: Sql, instance: Instance): Promise<void> {
  const storage = openStorage(settingsOf(instance).bucket);
  const rows = await sql<{ folder: string; width: number; height: number }[]>`
    select rendition_folder as folder, width, height from media order by taken_at desc limit ${realPictures}`;
  const made = new Map<string, Promise<Buffer>>();
  const make = (width: number, height: number): Promise<Buffer> =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: "#777",
        noise: { type: "gaussian", mean: 128, sigma: 22 },
      },
    })
      .blur(2)
      .avif({ quality: 50, effort: 0 })
      .toBuffer();
  for (const row of rows)
    for (const width of [320, 640, 1280]) {
      const height = Math.round((width * row.height) / row.width);
      const size = `${width}x${height}`;
      const bytes = made.get(size) ?? make(width, height);
      made.set(size, bytes);
      await storage.put(`${row.folder}/${width}.avif`, await bytes, {
        contentType: "image/avif",
        cacheControl: "private, max-age=31536000, immutable",
      });
    }
  storage.close();
}

function settingsOf(instance: Instance) {
  const run = JSON.parse(readFileSync(path.join(instance.data, "run.json"), "utf8"));
  const settings = parseSettings(run.environment);
  return {
    bucket: required(settings.bucket, "S3_BUCKET"),
    databaseUrl: required(settings.databaseUrl, "DATABASE_URL"),
  };
}

/** One keep-alive connection that asks again as soon as it was answered; a client of so few instructions cannot be the limit. */
function asker(
  port: number,
  request: string,
  until: () => boolean,
): Promise<{ count: number; ms: number[] }> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1");
    const ms: number[] = [];
    let asked = 0;
    let tail = "";
    let whole = true;
    const ask = (): void => {
      asked = performance.now();
      whole = true;
      tail = "";
      socket.write(request);
    };
    socket.on("connect", ask);
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      if (whole && !chunk.subarray(0, 12).equals(Buffer.from("HTTP/1.1 200"))) {
        reject(new Error(`answered ${chunk.subarray(0, 40).toString()}`));
        socket.destroy();
        return;
      }
      whole = false;
      tail = (tail + chunk.subarray(-5).toString("latin1")).slice(-5);
      if (tail !== "0\r\n\r\n") return;
      ms.push(performance.now() - asked);
      if (until()) ask();
      else {
        socket.destroy();
        resolve({ count: ms.length, ms });
      }
    });
  });
}

async function load(
  instance: Instance,
  encoding: string,
  seconds: number,
): Promise<{ perSecond: number; p95: number }> {
  const { port, host } = new URL(instance.origin);
  const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nAccept-Encoding: ${encoding}\r\n\r\n`;
  const started = performance.now();
  const end = started + seconds * 1000;
  const done = await Promise.all(
    Array.from({ length: clients }, () => asker(Number(port), request, () => performance.now() < end)),
  );
  const elapsed = (performance.now() - started) / 1000;
  const all = done.flatMap(({ ms }) => ms).sort((a, b) => a - b);
  return { perSecond: all.length / elapsed, p95: all[Math.floor(all.length * 0.95)] ?? Number.NaN };
}

/** Outside a transaction every statement is one; the counters reach the view within a second of silence. */
async function statements(sql: Sql): Promise<number> {
  await sql`select pg_stat_clear_snapshot()`;
  const [row] = await sql<{ count: number }[]>`
    select (xact_commit + xact_rollback)::int as count from pg_stat_database where datname = current_database()`;
  return row?.count ?? 0;
}

const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

async function weights(instance: Instance) {
  const html = await (await fetch(instance.origin, { headers: { accept: "text/html" } })).text();
  const flight = [...html.matchAll(/<script[^>]*>self\.__next_f[^<]*<\/script>/g)]
    .map(([text]) => text)
    .join("");
  const scripts = [...html.matchAll(/<script([^>]*) src="([^"]+)"([^>]*)>/g)].filter(
    ([, before = "", , after = ""]) => !/nomodule/i.test(before + after),
  );
  const sizes = await Promise.all(
    scripts.map(async ([, , src = ""]) => {
      const text = await (await fetch(new URL(src, instance.origin))).text();
      return [src.split("?")[0] ?? src, gzipSync(text).byteLength] as const;
    }),
  );
  const js = new Map(sizes);
  return {
    html,
    flight,
    pictures: [...html.matchAll(/<img /g)].length,
    js: [...js.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** The first visit of a browser that knows nothing yet. */
async function firstVisit(instance: Instance) {
  const browser = await chromium.launch({
    ...(existsSync("/usr/bin/chromium") ? { executablePath: "/usr/bin/chromium" } : {}),
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const lcp: number[] = [];
  let last = { cls: 0, requests: 0, images: 0, tiles: 0 };
  for (let visit = 0; visit < 5; visit++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
      const seen = { lcp: 0, cls: 0 };
      window.vitals = seen;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.lcp = entry.startTime;
      }).observe({ type: "largest-contentful-paint", buffered: true });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          if ("value" in entry && typeof entry.value === "number") seen.cls += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(instance.origin, { waitUntil: "networkidle" });
    last = await page.evaluate(() => {
      const loaded = performance
        .getEntriesByType("resource")
        .filter((entry) => entry instanceof PerformanceResourceTiming);
      return {
        cls: window.vitals?.cls ?? Number.NaN,
        requests: loaded.length + 1,
        images: loaded.filter(({ initiatorType }) => initiatorType === "img").length,
        tiles: document.querySelectorAll("main a[href^='/m/']").length,
      };
    });
    lcp.push(await page.evaluate(() => window.vitals?.lcp ?? Number.NaN));
    await context.close();
  }
  await browser.close();
  return { ...last, lcp: median(lcp) };
}

export async function run(args: string[]): Promise<void> {
  const at = args.indexOf("--ports");
  const [web = 3572, store = 9572] = at < 0 ? [] : (args[at + 1] ?? "").split(",").map(Number);
  const instance = await startTintype({ web, store });
  const sql = postgres(settingsOf(instance).databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const pid = childOf(instance.pid, "app/_server/main.ts");
    const speeds: Record<string, string | number>[] = [];
    let rows = 0;
    for (const total of [1000, 100_000]) {
      await seed(sql, rows + 1, total);
      rows = total;
      await load(instance, "identity", 5);
      for (const encoding of ["identity", "gzip"]) {
        const [before, cpuBefore] = [await statements(sql), used(pid).cpu];
        const measured = [];
        for (let round = 0; round < rounds; round++)
          measured.push(await load(instance, encoding, roundSeconds));
        const asked = measured.reduce((sum, one) => sum + one.perSecond * roundSeconds, 0);
        const cpu = used(pid).cpu - cpuBefore;
        await new Promise((resolve) => setTimeout(resolve, 2500));
        speeds.push({
          rows: total,
          encoding,
          "requests/s": median(measured.map(({ perSecond }) => perSecond)).toFixed(0),
          "p95, ms": median(measured.map(({ p95 }) => p95)).toFixed(0),
          "app CPU, ms": ((cpu / asked) * 1000).toFixed(2),
          statements: (((await statements(sql)) - before) / asked).toFixed(2),
        });
      }
    }
    await paint(sql, instance);
    const weight = await weights(instance);
    const gz = (text: string): string => kb(gzipSync(text).byteLength);
    console.log(`\n/ for an anonymous visitor, ${clients} clients, median of ${rounds} × ${roundSeconds} s`);
    table(speeds);
    const without = gzipSync(weight.html.replace(weight.flight, "")).byteLength;
    table([
      {
        pictures: weight.pictures,
        HTML: kb(weight.html.length),
        "HTML gz": gz(weight.html),
        "of it flight": kb(weight.flight.length),
        "of it flight gz": kb(gzipSync(weight.html).byteLength - without),
        "scripts gz": kb(weight.js),
      },
    ]);
    if (args.includes("--html")) console.log(weight.html);
    const visit = await firstVisit(instance);
    console.log("First visit, 1280 × 800, median of 5");
    table([
      {
        "LCP, ms": visit.lcp.toFixed(0),
        CLS: visit.cls.toFixed(3),
        requests: visit.requests,
        images: visit.images,
        tiles: visit.tiles,
      },
    ]);
    console.log(`web process, peak: ${used(pid).peakMb.toFixed(0)} MB`);
  } finally {
    await sql.end();
    await instance.stop();
  }
}
