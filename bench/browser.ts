/**
 * What the timeline costs a browser with 1,000, 100,000 and 1,000,000 pictures: bytes before anybody moves, first paint,
 * shifts, and then 200 windows of scrolling, 20 jumps of the scrubber, keys and clicks: long tasks, late frames, the slowest
 * answer to a hand (INP), elements, heap, and what is asked for on the way to a month ten years back. Rows only; every
 * thumbnail is the same dot.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { type Browser, chromium, type Page } from "playwright";
import postgres from "postgres";
import { buildModel, heightOf, layPart, partsOf, stack } from "#app/(gallery)/_ui/timeline/model.ts";
import { layRows } from "#app/(gallery)/_ui/timeline/rows.ts";
import { spaceOf } from "#app/(gallery)/_ui/timeline/space.ts";
import { type Instance, median, startTintype, table } from "./processes.ts";

declare global {
  interface Window {
    bench?: { lcp: number; cls: number; long: number[]; hands: number[]; frames: number[] };
  }
}

type Sql = postgres.Sql;
const shapes = [
  [3000, 2000],
  [4000, 3000],
  [2000, 3000],
  [3840, 2160],
  [3000, 4000],
] as const;
const windows = 200;
const jumps = 20;
/** Two frames of a screen that shows sixty a second. */
const lateMs = 34;

/** Rows `from` to `to` over sixteen years, more of them the newer they are. */
async function seed(sql: Sql, from: number, to: number): Promise<void> {
  const widths = sql.array(shapes.map(([width]) => width));
  const heights = sql.array(shapes.map(([, height]) => height));
  await sql`
    insert into users (id, name, email) values ('00000000-0000-4000-8000-000000000000', 'Bench', 'rows@example.com')
    on conflict do nothing`;
  const step = 100_000;
  for (let first = from; first <= to; first += step)
    await sql`
      insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
        width, height, thumbhash, color, filename, taken_at, taken_source)
      select '00000000-0000-4000-8000-000000000000', 'public', 'media/bench-' || n,
        'derived/' || substr(translate(lower(encode(sha256(n::text::bytea), 'base64')), '+/=01', 'ab23'), 1, 32),
        '{320,640,1280,2048}', '{640,1280}', sha256(n::text::bytea), 3000000, 'image/jpeg',
        (${widths}::int[])[1 + (n * 7919::bigint) % 5], (${heights}::int[])[1 + (n * 7919::bigint) % 5], '\\x00',
        (n * 7919::bigint) % 16777216, 'bench.jpg',
        timestamptz '2010-01-03' + sqrt(random()) * interval '16 years', 'camera'
      from generate_series(${first}::int, ${Math.min(to, first + step - 1)}::int) n`;
  await sql`vacuum analyze media`;
}

function databaseOf(instance: Instance): string {
  const run = readFileSync(path.join(instance.data, "run.json"), "utf8");
  const url = /postgres(?:ql)?:\/\/[^"]+/.exec(run)?.[0];
  if (url === undefined) throw new Error("run.json names no database");
  return url;
}

const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const worst = (values: number[]): number => Math.max(0, ...values);

/** Everything a page tells about itself from its beginning. */
function watch(): void {
  const seen: NonNullable<Window["bench"]> = { lcp: 0, cls: 0, long: [], hands: [], frames: [] };
  window.bench = seen;
  const observe = (type: string, take: (entry: PerformanceEntry) => void, more = {}): void => {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      type,
      buffered: true,
      ...more,
    });
  };
  observe("largest-contentful-paint", (entry) => {
    seen.lcp = entry.startTime;
  });
  observe("layout-shift", (entry) => {
    // What answers a hand at once is no shift, by definition of the measure.
    if ("value" in entry && "hadRecentInput" in entry && entry.hadRecentInput !== true)
      seen.cls += Number(entry.value);
  });
  observe("longtask", (entry) => seen.long.push(entry.duration));
  // What belongs to a press, a key or a tap; movements and scrolling are no interactions.
  observe(
    "event",
    (entry) => {
      if ("interactionId" in entry && Number(entry.interactionId) > 0) seen.hands.push(entry.duration);
    },
    { durationThreshold: 16 },
  );
}

/** Bytes gz of the HTML and of every script that arrives before anybody moves. */
async function weights(page: Page, origin: string) {
  const scripts = new Map<string, number>();
  page.on("response", async (response) => {
    if (response.request().resourceType() !== "script") return;
    scripts.set(response.url(), gzipSync(await response.body()).byteLength);
  });
  const html = await (await fetch(origin, { headers: { accept: "text/html" } })).text();
  await page.goto(origin, { waitUntil: "networkidle" });
  const upFront = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0);
  const loaded = new Set(scripts.keys());
  return {
    html: gzipSync(html).byteLength,
    upFront,
    later: () => [...scripts].filter(([url]) => !loaded.has(url)).reduce((sum, [, bytes]) => sum + bytes, 0),
  };
}

/** Scrolls by windows, one a frame or two, as a finger does that does not rest. */
const scroll = (page: Page, count: number) =>
  page.evaluate(async (count) => {
    const frames: number[] = [];
    let nodes = 0;
    let before = performance.now();
    const steps = count * 8;
    for (let n = 0; n < steps; n++) {
      scrollBy(0, innerHeight / 8);
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      frames.push(now - before);
      before = now;
      if (n % 40 === 0) nodes = Math.max(nodes, document.querySelectorAll("*").length);
    }
    return { frames, nodes };
  }, count);

/** What hands do in a gallery: they walk from picture to picture, open one, go on to the next, and come back. */
async function hands(page: Page): Promise<void> {
  const tile = page.locator("main li a[href^='/m/']").filter({ visible: true }).first();
  await tile.focus();
  for (let n = 0; n < 20; n++) await page.keyboard.press(n % 4 === 3 ? "ArrowDown" : "ArrowRight");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  for (let n = 0; n < 5; n++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("slider").focus();
  for (let n = 0; n < 10; n++) await page.keyboard.press("PageUp");
}

async function visit(browser: Browser, instance: Instance, rows: number) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  let [lists, pictures, requests] = [0, 0, 0];
  await page.route(/\/derived\//, (route) => {
    pictures++;
    return route.fulfill({
      contentType: "image/svg+xml",
      body: "<svg xmlns='http://www.w3.org/2000/svg' width='3' height='2'/>",
    });
  });
  page.on("request", (request) => {
    requests++;
    if (/\/(timeline|more)(\/|\?|$)/.test(request.url())) lists++;
  });
  await page.addInitScript(watch);
  const weight = await weights(page, instance.origin);
  const upFront = requests;
  const first = await page.evaluate(() => ({
    ...window.bench,
    nodes: document.querySelectorAll("*").length,
  }));
  await page.mouse.move(300, 300);
  const slider = page.getByRole("slider");
  await slider.waitFor();
  const client = await context.newCDPSession(page);
  const heap = async (): Promise<number> => {
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize } = await client.send("Runtime.getHeapUsage");
    return usedSize;
  };
  const clear = () =>
    page.evaluate(() => window.bench && Object.assign(window.bench, { long: [], hands: [], frames: [] }));
  await clear();
  const scrolled = await scroll(page, windows);
  const afterScroll = await page.evaluate(() => window.bench);
  const heapAfter = await heap();
  // Ten years back, by one movement of the scrubber.
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(1000);
  const box = await slider.boundingBox();
  if (box === null) throw new Error("Expected a scrubber");
  await clear();
  [lists, pictures] = [0, 0];
  const onScreen = () =>
    page.waitForFunction(() =>
      [...document.querySelectorAll("main li img")].some((img) => {
        const { top, bottom } = img.getBoundingClientRect();
        return top > 100 && bottom < innerHeight;
      }),
    );
  const drag = async (from: number, to: number): Promise<number> => {
    await page.mouse.move(box.x + 20, box.y + box.height * from);
    await page.mouse.down();
    await page.mouse.move(box.x + 20, box.y + box.height * to, { steps: 15 });
    const released = performance.now();
    await page.mouse.up();
    await onScreen();
    return performance.now() - released;
  };
  await drag(0.01, 0.7);
  const far = { lists, pictures };
  const times: number[] = [];
  for (let n = 0; n < jumps; n++) times.push(await drag(((n * 7) % 20) / 20, (((n + 1) * 7) % 20) / 20));
  const afterJumps = await page.evaluate(() => window.bench);
  await hands(page);
  const afterHands = await page.evaluate(() => window.bench);
  await context.close();
  const late = scrolled.frames.filter((ms) => ms > lateMs).length;
  return {
    before: {
      rows,
      "HTML gz": kb(weight.html),
      "scripts gz": kb(weight.upFront),
      "then gz": kb(weight.later()),
      "LCP, ms": first.lcp?.toFixed(0) ?? "",
      CLS: (afterHands?.cls ?? 0).toFixed(3),
      requests: upFront,
      nodes: first.nodes,
    },
    after: {
      rows,
      "late frames, %": ((late / scrolled.frames.length) * 100).toFixed(1),
      "frame, median ms": median(scrolled.frames).toFixed(1),
      "long tasks": afterScroll?.long.length ?? 0,
      "worst, ms": worst(afterScroll?.long ?? []).toFixed(0),
      nodes: scrolled.nodes,
      "heap, MB": (heapAfter / 1e6).toFixed(1),
      "jump, ms": median(times).toFixed(0),
      "long tasks of jumps": afterJumps?.long.length ?? 0,
      "worst jump task, ms": worst(afterJumps?.long ?? []).toFixed(0),
      "INP, ms": worst(afterHands?.hands ?? []).toFixed(0),
      "10 years: lists": far.lists,
      "10 years: pictures": far.pictures,
    },
  };
}

/** The numbers alone, where no browser and no database could hold the pictures: ten million of them. */
function numbers(): void {
  const time = (work: () => void): string => {
    const started = performance.now();
    work();
    return (performance.now() - started).toFixed(1);
  };
  const frame = { width: 1181, row: 213.6, gap: 4 };
  const rows: Record<string, string | number>[] = [];
  for (const total of [1e3, 1e5, 1e6, 1e7]) {
    const months = { months: [] as number[], counts: [] as number[], ratios: [] as number[] };
    for (let n = 0; n < 192; n++) {
      months.months.push(24_311 - n);
      months.counts.push(Math.ceil(total / 192));
      months.ratios.push(Math.ceil(total / 192) * 1.38);
    }
    const ratios = Float32Array.from(
      { length: total },
      (_, n) => [1.5, 1.333, 0.667, 1.778, 0.75][(n * 7919) % 5] ?? 1,
    );
    layRows(ratios.subarray(0, 50_000), frame, true);
    let model = buildModel(months, new Map());
    const build = time(() => {
      model = buildModel(months, new Map());
    });
    const stacked = time(() => stack(model, frame));
    const part = time(() => {
      model.ratios[0] = ratios.subarray(0, model.count[0]);
      layPart(model, 0, frame);
    });
    const space = spaceOf(heightOf(model), 800);
    rows.push({
      pictures: total,
      parts: partsOf(model),
      "cut, ms": build,
      "stack all, ms": stacked,
      "lay one part, ms": part,
      "lay every tile, ms": time(() => layRows(ratios, frame, true)),
      "height, million px": (heightOf(model) / 1e6).toFixed(1),
      "scrolled, million px": (space.height / 1e6).toFixed(1),
    });
  }
  table(rows);
}

export async function run(args: string[]): Promise<void> {
  const at = args.indexOf("--ports");
  const [web = 3574, store = 9574] = at < 0 ? [] : (args[at + 1] ?? "").split(",").map(Number);
  const most = args.indexOf("--rows");
  const limit = most < 0 ? 1e6 : Number(args[most + 1]);
  console.log("Layout and scroll space alone");
  numbers();
  if (args.includes("--numbers")) return;
  const instance = await startTintype({ web, store });
  const sql = postgres(databaseOf(instance), { max: 1, onnotice: () => {} });
  const browser = await chromium.launch({
    ...(existsSync("/usr/bin/chromium") ? { executablePath: "/usr/bin/chromium" } : {}),
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const measured = [];
    let rows = 0;
    for (const total of [1e3, 1e5, 1e6].filter((count) => count <= limit)) {
      await seed(sql, rows + 1, total);
      rows = total;
      measured.push(await visit(browser, instance, total));
    }
    console.log("\nBefore anybody moves (CLS: of the whole visit)");
    table(measured.map(({ before }) => before));
    console.log(`${windows} windows of scrolling, ${jumps} jumps of the scrubber`);
    table(measured.map(({ after }) => after));
  } finally {
    await browser.close();
    await sql.end();
    await instance.stop();
  }
}
