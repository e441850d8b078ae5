/** Libraries that nobody uploaded: rows without bytes. */
import type postgres from "postgres";
import type { Account } from "./world.ts";

const shapes = [
  [3000, 2000],
  [2000, 3000],
  [4000, 3000],
  [3840, 2160],
  [6000, 1500],
] as const;

/** Rows without bytes: the timeline places pictures by their shapes, and shows their colours until they come. */
export async function seed(
  sql: postgres.Sql,
  who: Account,
  count: number,
  dates: { from: string; to: string },
): Promise<void> {
  const [from, to] = [Date.parse(dates.from), Date.parse(dates.to)];
  const list = (values: number[]): string => `{${values.join(",")}}`;
  const widths = list(shapes.map(([width]) => width));
  const heights = list(shapes.map(([, height]) => height));
  await sql`
    insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
      width, height, thumbhash, color, filename, title, taken_at, taken_source)
    select u.id, 'private', 'media/' || gen_random_uuid(), 'derived/' || replace(gen_random_uuid()::text, '-', ''),
      '{320,640,1280}', '{640}', sha256(gen_random_uuid()::text::bytea), 1000, 'image/jpeg',
      (${widths}::text::int[])[1 + n % 5], (${heights}::text::int[])[1 + n % 5], '\\x00', (n * 7919) % 16777216, 'seeded.jpg',
      'Picture ' || n, to_timestamp((${to}::float8 - (${to}::float8 - ${from}::float8) * n / ${count}::float8) / 1000), 'camera'
    from generate_series(0, ${count - 1}::int) n, users u where u.email = ${who.email}`;
}
