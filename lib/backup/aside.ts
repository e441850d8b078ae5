/**
 * Indexes and references that are put aside while a whole gallery comes in. Kept, each row looks for its place in every
 * index, of which soon none fits into memory; made afterwards, each is sorted once.
 */
import type { Tx } from "./alone.ts";

type Constraint = { table: string; name: string; kind: string; made: string };

/** What an index may be sorted in; more where the server is set to more. Beyond it Postgres sorts on disk. */
const sortMemory = "256MB";

/** Takes down indexes, keys and references of these tables. Answers what makes them again, as they were. */
export async function putAside(tx: Tx, tables: readonly string[]): Promise<() => Promise<void>> {
  const constraints = await tx.unsafe<Constraint[]>(
    `select c.conrelid::regclass::text as table, quote_ident(c.conname) as name, c.contype as kind,
       pg_get_constraintdef(c.oid) as made
     from pg_constraint c join pg_class t on t.oid = c.conrelid
     where t.relnamespace = 'public'::regnamespace and t.relname = any($1) and c.contype in ('p', 'u', 'f')
     order by c.oid`,
    [tables],
  );
  const indexes = await tx.unsafe<{ name: string; made: string }[]>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made
     from pg_index i join pg_class t on t.oid = i.indrelid
     where t.relnamespace = 'public'::regnamespace and t.relname = any($1)
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
     order by i.indexrelid`,
    [tables],
  );
  const [references, keys] = [
    constraints.filter(({ kind }) => kind === "f"),
    constraints.filter(({ kind }) => kind !== "f"),
  ];
  // References first: they hold on to the keys.
  for (const { table, name } of [...references, ...keys])
    await tx.unsafe(`alter table ${table} drop constraint ${name}`);
  for (const { name } of indexes) await tx.unsafe(`drop index ${name}`);
  return async () => {
    await tx.unsafe(
      `select set_config('maintenance_work_mem', $1, true)
       where pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes($1)`,
      [sortMemory],
    );
    for (const { table, name, made } of keys)
      await tx.unsafe(`alter table ${table} add constraint ${name} ${made}`);
    for (const { made } of indexes) await tx.unsafe(made);
    for (const { table, name, made } of references)
      await tx.unsafe(`alter table ${table} add constraint ${name} ${made}`);
  };
}
