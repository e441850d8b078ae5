/** What the names in a search mean: tags, albums, cameras, lenses and people that the viewer may know of. */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { colorFacts, placeFacts } from "./search.ts";
import { isKnown, openGear } from "./search-suggest.ts";

export type Asker = { viewerId: string | undefined; administers: boolean };
export type NameQuestion =
  | { kind: "word" | "tag" | "album" | "camera" | "lens" | "place" | "owner"; text: string }
  | { kind: "color"; color: number }
  | { kind: "near"; latitude: number; longitude: number; km: number };

/** The answer to one question. `ids` are of tags, albums or people; `facts` what a medium must have one of. */
export type NameAnswer = {
  n: number;
  folded: string;
  ids: string[] | null;
  albums: string[] | null;
  facts: string[] | null;
  count: number | null;
};

/** So many tags, albums or cameras of one name are looked through; nobody means more by one word. */
const namesMax = 20;

/** Folded first, escaped after: folding makes a plain % of a full-width one. */
const like = (text: string): SQL =>
  sql`regexp_replace(search_fold(${text}::text), '([\\\\%_])', '\\\\\\1', 'g')`;
/** A letter or two are found at the beginning of a name; more of them anywhere. */
const pattern = (text: string): SQL =>
  sql`(case when length(search_fold(${text}::text)) < 3 then '' else '%' end || ${like(text)} || '%')`;

const me = (asker: Asker): SQL => sql`${asker.viewerId ?? null}::uuid`;

const tagIds = (asker: Asker, matches: SQL): SQL => sql`
  select t.id, t.count from tags t where t.owner_id = ${me(asker)} and ${matches} order by t.count desc limit ${namesMax}`;
/** A letter or two begin the title or a word in it: in Korean one syllable may be a word. */
const titled = (text: string): SQL =>
  sql`(search_fold(a.title) like ${pattern(text)} or search_fold(a.title) like '% ' || ${like(text)} || '%')`;
/** Walked apart, each by its index: those of one's own, and those whose pages everybody may open. */
const albumIds = (asker: Asker, matches: SQL): SQL => sql`
  (select a.id, a.count, a.public_count from albums a where a.owner_id = ${me(asker)} and ${matches} limit ${namesMax})
  union
  (select a.id, a.public_count, a.public_count from albums a
    where a.visibility = 'public' and a.owner_id is distinct from ${me(asker)} and ${matches} limit ${namesMax})`;

function answerOf(asker: Asker, asked: NameQuestion): SQL {
  const row = (parts: { folded?: SQL; ids?: SQL; albums?: SQL; facts?: SQL; count?: SQL }): SQL => sql`
    ${parts.folded ?? sql`''::text`}, ${parts.ids ?? sql`null::uuid[]`}, ${parts.albums ?? sql`null::uuid[]`},
    ${parts.facts ?? sql`null::text[]`}, ${parts.count ?? sql`null::bigint`}`;
  switch (asked.kind) {
    case "word": {
      const found = pattern(asked.text);
      return row({
        folded: sql`btrim(search_words(${asked.text}::text))`,
        ids: sql`array(select id from (${tagIds(asker, sql`t.folded like ${found}`)}) found)`,
        albums: sql`array(select id from (${albumIds(asker, titled(asked.text))}) found)`,
      });
    }
    case "tag": {
      const found = tagIds(asker, sql`t.folded = search_fold(${asked.text}::text)`);
      return row({
        ids: sql`array(select id from (${found}) found)`,
        count: sql`(select sum(count)::bigint from (${found}) found)`,
      });
    }
    case "album": {
      const found = albumIds(asker, titled(asked.text));
      return row({
        ids: sql`array(select id from (${found}) found)`,
        count: sql`(select sum(count)::bigint from (${found}) found)`,
      });
    }
    case "camera":
    case "lens": {
      const prefix = asked.kind === "camera" ? "c:" : "l:";
      return row({
        facts: sql`array(select distinct ${prefix}::text || left(search_fold(g.name), 200) from (
            select name from ${openGear(asked.kind)} o
            union all
            select g.name from media_gear g where g.owner_id = ${me(asker)} and g.kind = ${asked.kind} and g.count > 0) g
          where search_fold(g.name) like '%' || ${like(asked.text)} || '%' limit ${namesMax})`,
      });
    }
    case "place":
      return row({
        facts: sql`array(select distinct 'p:' || search_fold(g.name) from media_gear g
          where not g.open and g.owner_id = ${me(asker)} and g.kind = 'place' and g.count > 0
            and search_fold(g.name) like ${pattern(asked.text)} limit ${namesMax})`,
      });
    case "owner":
      return row({
        // By a whole address for administrators alone.
        ids: sql`array(select u.id from users u where (search_fold(u.name) like '%' || ${like(asked.text)} || '%'
            or (${asker.administers} and lower(u.email) = lower(${asked.text}::text)))
            and ${isKnown(asker)} limit ${namesMax})`,
      });
    case "color":
      return row({ facts: colorFacts(asked.color) });
    case "near":
      return row({ facts: placeFacts(asked) });
  }
}

/** One answer a question, in their order, by one statement. */
export async function resolveNames(db: Db, asker: Asker, questions: NameQuestion[]): Promise<NameAnswer[]> {
  if (questions.length === 0) return [];
  const rows = questions.map((asked, n) => sql`select ${n}::int, ${answerOf(asker, asked)}`);
  const found = await db.execute<NameAnswer & { count: string | null }>(
    sql`select * from (${sql.join(rows, sql` union all `)}) answers(n, folded, ids, albums, facts, count) order by n`,
  );
  return found.map((row) => ({ ...row, count: row.count === null ? null : Number(row.count) }));
}
