/** What the command line brings: rows that no browser goes on with. Their states change in queries/uploads.ts alone. */
import { and, eq, inArray, isNotNull, isNull, notExists, notInArray, sql } from "drizzle-orm";
import { openStates, type RejectCode, type UploadState } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { halves, media, purges, type Upload, type User, uploads, users } from "../schema.ts";

const open = [...openStates];
const secondsFromNow = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;
/** The medium of a row of uploads is there and in no trash. */
const mediumLives = sql<boolean>`exists (select 1 from media m where m.id = ${uploads.mediaId} and m.deleted_at is null)`;

// By content

export type KnownContent = {
  /** The live medium with this content. */
  live: string | undefined;
  /** One with this content was deleted, whether it can still be restored or not. */
  deleted: boolean;
  /** What earlier commands left, under way or refused: newest first. */
  brought: Pick<Upload, "id" | "state" | "stagingKey" | "rejectCode" | "inPlace">[];
};

/** What this owner has, had or was refused of these contents, in their order. Four queries for any number. */
export async function knownContents(db: Db, ownerId: string, digests: string[]): Promise<KnownContent[]> {
  const own = and(eq(media.ownerId, ownerId), inArray(media.sha256, digests));
  const [live, deleted, clips, brought] = await Promise.all([
    db
      .select({ id: media.id, sha256: media.sha256 })
      .from(media)
      .where(and(own, isNull(media.deletedAt))),
    db
      .selectDistinct({ sha256: media.sha256 })
      .from(media)
      .where(and(own, isNotNull(media.deletedAt))),
    db
      .select({ id: media.id, sha256: halves.clipSha256, deletedAt: media.deletedAt })
      .from(halves)
      .innerJoin(media, eq(media.id, halves.mediaId))
      .where(and(eq(halves.ownerId, ownerId), inArray(halves.clipSha256, digests))),
    db
      .select({
        id: uploads.id,
        sha256: uploads.sha256,
        state: uploads.state,
        stagingKey: uploads.stagingKey,
        rejectCode: uploads.rejectCode,
        inPlace: uploads.inPlace,
      })
      .from(uploads)
      // Spelt out: only then does the planner see that the small index holds what is asked for.
      .where(and(eq(uploads.ownerId, ownerId), inArray(uploads.sha256, digests), sql`by_operator`))
      .orderBy(sql`${uploads.createdAt} desc`),
  ]);
  return digests.map((sha256) => ({
    live:
      live.find((row) => row.sha256 === sha256)?.id ??
      clips.find((row) => row.sha256 === sha256 && row.deletedAt === null)?.id,
    deleted:
      deleted.some((row) => row.sha256 === sha256) ||
      clips.some((row) => row.sha256 === sha256 && row.deletedAt !== null),
    brought: brought.filter((row) => row.sha256 === sha256),
  }));
}

// By key

export type KnownKey =
  /** A medium lies there, perhaps in the trash. */
  | { is: "medium"; mediaId: string; trashed: boolean }
  /** Tintype is about to write, verify or remove it. `upload`: the one that indexes it where it lies. */
  | { is: "busy"; upload?: { id: string; ownerId: string } }
  /** Indexed before, deleted here since, and left in the bucket as was asked. */
  | { is: "deleted" }
  /** Refused when it was read at `closedAt`. `twin` is the live medium it repeated. */
  | { is: "refused"; code: RejectCode; closedAt: Date; twin: string | undefined };

/** What the database knows of objects by their keys; an unknown key is not in the answer. Five queries for any number. */
export async function knownKeys(db: Db, keys: string[]): Promise<Map<string, KnownKey>> {
  if (keys.length === 0) return new Map();
  const [placed, clips, read, written, removed] = await Promise.all([
    db
      .select({ key: media.key, id: media.id, deletedAt: media.deletedAt })
      .from(media)
      .where(and(inArray(media.key, keys), isNull(media.purgedAt))),
    db
      .select({ key: sql<string>`${halves.clipKey}`, id: media.id, deletedAt: media.deletedAt })
      .from(halves)
      .innerJoin(media, eq(media.id, halves.mediaId))
      .where(inArray(halves.clipKey, keys)),
    db
      .select({
        key: uploads.stagingKey,
        id: uploads.id,
        ownerId: uploads.ownerId,
        state: uploads.state,
        rejectCode: uploads.rejectCode,
        closedAt: uploads.updatedAt,
        mediaId: uploads.mediaId,
        inPlace: uploads.inPlace,
        keepOriginal: uploads.keepOriginal,
        mediumLives,
      })
      .from(uploads)
      .where(inArray(uploads.stagingKey, keys)),
    db
      .select({ key: uploads.finalKey })
      .from(uploads)
      .where(and(inArray(uploads.finalKey, keys), inArray(uploads.state, open))),
    db
      .select({ key: purges.key })
      .from(purges)
      .where(and(inArray(purges.key, keys), isNull(purges.doneAt))),
  ]);
  const known = new Map<string, KnownKey>();
  for (const row of read) {
    if (row.state === "issued" || row.state === "verifying")
      known.set(row.key, {
        is: "busy",
        ...(row.inPlace ? { upload: { id: row.id, ownerId: row.ownerId } } : {}),
      });
    else if (row.state === "ready" && row.keepOriginal) known.set(row.key, { is: "deleted" });
    else if (row.rejectCode !== null)
      known.set(row.key, {
        is: "refused",
        code: row.rejectCode,
        closedAt: row.closedAt,
        twin: row.mediumLives ? (row.mediaId ?? undefined) : undefined,
      });
  }
  for (const { key } of [...written, ...removed]) if (key !== null) known.set(key, { is: "busy" });
  for (const row of [...placed, ...clips])
    known.set(row.key, { is: "medium", mediaId: row.id, trashed: row.deletedAt !== null });
  return known;
}

// Bringing

export type Brought = Pick<
  Upload,
  | "ownerId"
  | "clientToken"
  | "stagingKey"
  | "filename"
  | "bytes"
  | "sha256"
  | "fileModifiedAt"
  | "timeZone"
  | "inPlace"
  | "visibility"
  | "keepOriginal"
>;

/**
 * Inserts rows for what the command line brings. A key that another row has is left alone and missing from the answer;
 * the row of an earlier, closed try at an object in place makes room for the new one.
 */
export async function insertBrought(
  db: Db,
  rows: Brought[],
  policySeconds: number,
): Promise<Pick<Upload, "id" | "stagingKey" | "bytes">[]> {
  const inPlace = rows.filter((row) => row.inPlace).map((row) => row.stagingKey);
  if (inPlace.length > 0)
    await db.delete(uploads).where(
      and(
        inArray(uploads.stagingKey, inPlace),
        eq(uploads.inPlace, true),
        notInArray(uploads.state, open),
        // Another run may have made it a medium since this one looked: that row is its history, not a closed try.
        notExists(
          db
            .select({ id: media.id })
            .from(media)
            .where(and(eq(media.key, uploads.stagingKey), isNull(media.purgedAt))),
        ),
        notExists(
          db.select({ id: halves.mediaId }).from(halves).where(eq(halves.clipKey, uploads.stagingKey)),
        ),
      ),
    );
  return db
    .insert(uploads)
    .values(
      rows.map((row) => ({
        ...row,
        declaredMime: "",
        byOperator: true,
        policyExpiresAt: secondsFromNow(policySeconds),
      })),
    )
    .onConflictDoNothing()
    .returning({ id: uploads.id, stagingKey: uploads.stagingKey, bytes: uploads.bytes });
}

/** How far the given uploads are. `held`: a worker has it right now. */
export async function broughtStates(
  db: Db,
  ids: string[],
): Promise<
  {
    id: string;
    state: UploadState;
    rejectCode: RejectCode | null;
    mediaId: string | null;
    held: boolean;
    attempts: number;
  }[]
> {
  return db
    .select({
      id: uploads.id,
      state: uploads.state,
      rejectCode: uploads.rejectCode,
      mediaId: uploads.mediaId,
      held: sql<boolean>`${uploads.leaseToken} is not null`,
      attempts: uploads.attempts,
    })
    .from(uploads)
    .where(inArray(uploads.id, ids));
}

/** Whose the gallery is; the account that comes to mind when none was named. */
export async function findGalleryOwner(db: Db): Promise<User | undefined> {
  const [row] = await db.select().from(users).where(eq(users.role, "owner")).limit(1);
  return row;
}
