/**
 * What it takes to change a month of fifty thousand pictures in a library of a million, and to take it back: one
 * statement each, beside the same done picture by picture.
 */
import { randomUUID } from "node:crypto";
import type { Sql } from "#db/client.ts";
import { createAlbum } from "#lib/albums.ts";
import { changeMedia, undo } from "#lib/bulk/change.ts";
import { type ChangeInput, changeShape, selectionShape } from "#lib/bulk/shapes.ts";
import type { Viewer } from "#lib/media.ts";
import { testDatabase } from "#lib/testing.ts";
import { table } from "./processes.ts";

const rowsUsual = 1_000_000;
const chosenUsual = 50_000;
/** As many as it takes to know what one takes. */
const oneByOne = 200;
const batch = 5_000;

/** All but the chosen ones are spread over fifteen years; those are of one month. */
async function seed(sql: Sql, owner: string, rows: number, chosen: number): Promise<void> {
  for (let from = 1; from <= rows; from += batch)
    await sql`
      insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
        width, height, thumbhash, color, filename, taken_at, taken_source)
      select ${owner}, 'private', 'media/' || n, 'derived/' || n, '{320,640,1280,2048}', '{640,1280}',
        sha256(n::text::bytea), 3000000, 'image/jpeg', 3000, 2000, '\\x00', (n::bigint * 7919 % 16777216)::int,
        'IMG_' || n || '.JPG',
        case when n <= ${chosen} then timestamptz '2019-07-01' + n * interval '50 seconds'
          else timestamptz '2010-01-01' + n * interval '8 minutes' end, 'camera'
      from generate_series(${from}::int, ${Math.min(rows, from + batch - 1)}::int) n`;
  await sql`vacuum analyze media`;
}

const timed = async <T>(work: () => Promise<T>): Promise<{ answer: T; ms: number }> => {
  const began = performance.now();
  const answer = await work();
  return { answer, ms: performance.now() - began };
};

export async function run(args: string[]): Promise<void> {
  const given = (name: string, usual: number): number => {
    const at = args.indexOf(name);
    return at === -1 ? usual : Number(args[at + 1]);
  };
  const [rows, chosen] = [given("--rows", rowsUsual), given("--chosen", chosenUsual)];
  const database = await testDatabase();
  try {
    const { db, sql } = database;
    const id = randomUUID();
    await sql`insert into users (id, name, email) values (${id}, 'Bench', 'bench@example.com')`;
    await seed(sql, id, rows, chosen);
    const viewer: Viewer = { id, name: "Bench", email: "bench@example.com", role: "member" };
    const album = await createAlbum(db, { viewer, title: "Everything" });
    const month = selectionShape.parse({ months: ["2019-07"] });
    const single = await sql<{ id: string }[]>`
      select id from media where taken_at >= '2019-07-01' and taken_at < '2019-08-01' limit ${oneByOne}`;
    const changes: [string, ChangeInput][] = [
      ["visibility", { kind: "visibility", visibility: "public" }],
      ["date, an hour later", { kind: "date", shiftSeconds: 3600 }],
      ["title", { kind: "texts", title: "July" }],
      ["two tags", { kind: "tags", add: ["Sea", "Summer"] }],
      ["into an album", { kind: "album", add: album }],
      ["favourite", { kind: "favourite", on: true }],
      ["trash", { kind: "trash" }],
    ];
    const figures: Record<string, string | number>[] = [];
    for (const [name, wanted] of changes) {
      const change = changeShape.parse(wanted);
      const alone = await timed(async () => {
        for (const { id } of single) {
          const selection = selectionShape.parse({ ids: [id] });
          const { id: changeId } = await changeMedia(db, { viewer, selection, change });
          if (changeId !== undefined) await undo(db, { viewer, changeId });
        }
      });
      const made = await timed(() => changeMedia(db, { viewer, selection: month, change }));
      const changeId = made.answer.id;
      const back = await timed(async () =>
        changeId === undefined ? undefined : undo(db, { viewer, changeId }),
      );
      figures.push({
        change: name,
        pictures: made.answer.changed,
        "one statement, s": (made.ms / 1000).toFixed(2),
        "taken back, s": (back.ms / 1000).toFixed(2),
        "one by one, there and back, s": (((alone.ms / single.length) * made.answer.changed) / 1000).toFixed(
          0,
        ),
      });
    }
    console.log(`${chosen} of ${rows} pictures`);
    table(figures);
  } finally {
    await database.close();
  }
}
