/**
 * The manifest: what the gallery knows of its pictures, for people and for other programs. No password, no session, and
 * of a share nothing that would open it. The dump beside it is what a restore reads.
 */

/** JSON holds no control character unescaped, so that with these as delimiter and quote a line is the JSON itself. */
const lines = (select: string): string =>
  `copy (${select}) to stdout (format csv, delimiter e'\\x02', quote e'\\x01')`;

const all = (type: string, table: string, less: readonly string[] = [], rest = "", more = "'{}'") => ({
  table,
  copy: lines(
    `select jsonb_build_object('type', '${type}') || (to_jsonb(t) - array[${less.map((name) => `'${name}'`).join(", ")}]::text[]) || ${more} from "${table}" t${rest}`,
  ),
});

/** The picture's clock with its offset, "2026-06-01T05:00:00.000+09:00"; without one where nobody knows it. */
const taken = `jsonb_build_object('taken_at', to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS')
  || coalesce(case when taken_offset < 0 then '-' else '+' end
    || to_char(make_interval(mins => abs(taken_offset)), 'HH24:MI'), ''))`;

const parts = [
  {
    table: "media",
    copy: lines(
      "select jsonb_build_object('type', 'gallery', 'version', 2, 'made', now(), 'pictures', (select count(*) from media where purged_at is null))",
    ),
  },
  all("user", "users", ["image", "email_verified"]),
  all("media", "media", ["purged_at", "thumbhash"], " where purged_at is null", taken),
  all("clip", "halves", [], " where clip_key is not null"),
  all("album", "albums", ["count", "unlisted_count", "public_count"]),
  all("album_media", "album_media", ["taken_at", "title", "visibility", "live"]),
  all("tag", "tags", ["folded", "count"]),
  all("media_tag", "media_tags", ["taken_at", "live"]),
  all("favourite", "favourites"),
  all("share", "shares", ["token_hash", "salt", "password_hash"]),
  all("share_media", "share_media"),
];

/** One COPY for each kind of line, of the tables that there are. */
export const manifestQueries = (tables: readonly string[]): string[] =>
  parts.filter(({ table }) => tables.includes(table)).map(({ copy }) => copy);
