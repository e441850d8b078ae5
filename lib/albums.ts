/**
 * Albums: who may open and who may change them, where they lie in one another, and what stands on their cards. What is
 * in an album comes and goes by lib/bulk/change.ts and is listed by lib/album-list.ts.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Db, inTransaction } from "#db/client.ts";
import * as contents from "#db/queries/album-media.ts";
import * as rows from "#db/queries/albums.ts";
import { allowLong } from "#db/queries/changes.ts";
import { textShape } from "./bulk/shapes.ts";
import { settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import type { GalleryRow } from "./gallery.ts";
import { type AlbumSort, canAdminister, limits, type Viewer, type Visibility } from "./media.ts";

/** An album in an album in an album … so many in all. */
export const albumDepthMax = 8;

/** How long deleting an album may take, however much is in it: every place in it is written down. */
const deletionSecondsMax = 180;

/** More are moved in several steps; one takes 39 bytes. */
const arrangedAtOnceMax = 1_500;

export const albumTitleShape = textShape(limits.titleMax).min(1);
export const newAlbumShape = z.strictObject({ title: albumTitleShape, parentId: z.uuid().optional() });
export const arrangeShape = z.strictObject({
  ids: z.array(z.uuid()).min(1).max(arrangedAtOnceMax),
  target: z.uuid(),
  after: z.boolean(),
});

export type AlbumStep = { id: string; title: string };
/** An album as its own page shows it. */
export type Album = {
  id: string;
  ownerId: string;
  title: string;
  description: string;
  visibility: Visibility;
  sort: AlbumSort;
  coverId: string | null;
  parentId: string | null;
  /** How many pictures this viewer finds in it. */
  count: number;
  mayEdit: boolean;
  /** The albums it lies in that this viewer may open, from the outermost. */
  path: AlbumStep[];
};
/** An album as a list shows it. */
export type AlbumCard = {
  id: string;
  title: string;
  visibility: Visibility;
  own: boolean;
  count: number;
  cover: GalleryRow | undefined;
};
export type AlbumPage = { albums: AlbumCard[]; next: string | undefined };

type Row = NonNullable<Awaited<ReturnType<typeof rows.findAlbum>>>;
type CardRow = Awaited<ReturnType<typeof rows.listOwnRoots>>[number];

const isTheirs = (viewer: Viewer | undefined, album: { ownerId: string }): boolean =>
  viewer !== undefined && (album.ownerId === viewer.id || canAdminister(viewer));

/** May give it another name and other pictures. Those who may only look keep what they were given. */
const mayEdit = (viewer: Viewer | undefined, album: { ownerId: string }): viewer is Viewer =>
  viewer !== undefined && viewer.role !== "viewer" && isTheirs(viewer, album);

const countFor = (
  viewer: Viewer | undefined,
  album: Pick<Row, "ownerId" | "visibility" | "count" | "unlistedCount" | "publicCount">,
): number =>
  isTheirs(viewer, album)
    ? album.count
    : album.publicCount + (album.visibility === "private" ? 0 : album.unlistedCount);

/** What of an album this viewer sees (DECISIONS: a picture's own visibility governs, an open album opens unlisted ones). */
export const sightOf = (viewer: Viewer | undefined, album: Pick<Row, "visibility">): contents.Sight => ({
  viewerId: viewer?.id,
  all: canAdminister(viewer),
  unlisted: album.visibility !== "private",
});

/** The row of an album that this viewer may open: their own, or one that is open to whoever has its address. */
export async function openAlbum(
  db: Db,
  { viewer, id }: { viewer: Viewer | undefined; id: string },
): Promise<Row | undefined> {
  const parsed = z.uuid().safeParse(id);
  if (!parsed.success) return undefined;
  const row = await rows.findAlbum(db, parsed.data);
  return row !== undefined && (row.visibility !== "private" || isTheirs(viewer, row)) ? row : undefined;
}

/** An album by the id in its address, or `undefined` when there is none or the viewer may not see it. */
export async function getAlbum(
  db: Db,
  ask: { viewer: Viewer | undefined; id: string },
): Promise<Album | undefined> {
  const row = await openAlbum(db, ask);
  if (row === undefined) return undefined;
  const above = row.parentId === null ? [] : await rows.pathTo(db, row.parentId);
  return {
    ...row,
    count: countFor(ask.viewer, row),
    mayEdit: mayEdit(ask.viewer, row),
    path: above
      .filter((step) => step.visibility === "public" || isTheirs(ask.viewer, step))
      .map(({ id, title }) => ({ id, title })),
  };
}

const cursorShape = z.tuple([z.string().max(2000), z.uuid()]);
const writeCursor = (row: CardRow): string =>
  Buffer.from(JSON.stringify([row.sortTitle, row.id])).toString("base64url");

/** What is no cursor of ours begins at the beginning. */
function readCursor(text: string | undefined): rows.Past | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = cursorShape.safeParse(value);
  return parsed.success ? { title: parsed.data[0], id: parsed.data[1] } : undefined;
}

async function cards(
  db: Db,
  viewer: Viewer | undefined,
  found: CardRow[],
  limit: number,
): Promise<AlbumPage> {
  const shown = found.slice(0, limit);
  const covers = await contents.coversOf(db, {
    albumIds: shown.map(({ id }) => id),
    viewerId: viewer?.id,
    administers: canAdminister(viewer),
  });
  const coverOf = new Map(covers.map(({ albumId, ...tile }) => [albumId, tile]));
  const last = shown.at(-1);
  return {
    albums: shown.map((row) => ({
      id: row.id,
      title: row.title,
      visibility: row.visibility,
      own: row.ownerId === viewer?.id,
      count: countFor(viewer, row),
      cover: coverOf.get(row.id),
    })),
    next: found.length > limit && last !== undefined ? writeCursor(last) : undefined,
  };
}

type PageQuestion = { viewer: Viewer | undefined; cursor?: string | undefined; limit: number };

/** The viewer's own albums that lie in no other, by title. Nobody's for a visitor. */
export async function listOwnAlbums(db: Db, { viewer, cursor, limit }: PageQuestion): Promise<AlbumPage> {
  if (viewer === undefined) return { albums: [], next: undefined };
  const found = await rows.listOwnRoots(db, {
    ownerId: viewer.id,
    from: readCursor(cursor),
    limit: limit + 1,
  });
  return cards(db, viewer, found, limit);
}

/** Public albums of others, by title; those in a public album are found there. */
export async function listPublicAlbums(db: Db, { viewer, cursor, limit }: PageQuestion): Promise<AlbumPage> {
  const found = await rows.listPublic(db, { except: viewer?.id, from: readCursor(cursor), limit: limit + 1 });
  return cards(db, viewer, found, limit);
}

/** The albums in an album: one's own, public ones, and in an open album also those open to whoever has the link. */
export async function listAlbumsIn(
  db: Db,
  { viewer, cursor, limit, album }: PageQuestion & { album: Pick<Album, "id" | "visibility"> },
): Promise<AlbumPage> {
  const found = await rows.listChildren(db, {
    parentId: album.id,
    shown: album.visibility === "private" ? ["public"] : ["public", "unlisted"],
    asker: { userId: viewer?.id, administers: canAdminister(viewer) },
    from: readCursor(cursor),
    limit: limit + 1,
  });
  return cards(db, viewer, found, limit);
}

export type FoundAlbum = {
  id: string;
  title: string;
  /** The album it lies in. */
  within: string | undefined;
  count: number;
};

/** Albums that the viewer may put pictures into and whose title has these words; the last changed first. */
export async function findAlbums(
  db: Db,
  { viewer, text, limit }: { viewer: Viewer | undefined; text: string; limit: number },
): Promise<FoundAlbum[]> {
  if (viewer === undefined || viewer.role === "viewer") return [];
  const ownerId = canAdminister(viewer) && text !== "" ? undefined : viewer.id;
  const found = await rows.findByTitle(db, { ownerId, text, limit });
  return found.map(({ id, name, parentTitle, count }) => ({
    id,
    title: name,
    within: parentTitle ?? undefined,
    count,
  }));
}

const parentsMax = 200;

/** The albums an album may be put into: those of the same person, but neither itself nor one that is in it. */
export async function listParents(
  db: Db,
  { viewer, album }: { viewer: Viewer | undefined; album: Pick<Album, "id" | "ownerId" | "parentId"> },
): Promise<AlbumStep[]> {
  if (!mayEdit(viewer, album)) return [];
  const others = await rows.findByTitle(db, {
    ownerId: album.ownerId,
    text: "",
    limit: parentsMax,
    outside: album.id,
  });
  const parent =
    album.parentId === null || others.some(({ id }) => id === album.parentId)
      ? undefined
      : await rows.findAlbum(db, album.parentId);
  return [
    ...(parent === undefined ? [] : [{ id: parent.id, title: parent.title }]),
    ...others.map(({ id, name, parentTitle }) => ({
      id,
      title: parentTitle === null ? name : `${parentTitle} / ${name}`,
    })),
  ].sort((a, b) => a.title.localeCompare(b.title));
}

/** How many media of an album fewer people may see than may open it, for whoever may change that. */
export async function hiddenIn(
  db: Db,
  { viewer, album }: { viewer: Viewer | undefined; album: Pick<Album, "id" | "ownerId"> },
): Promise<number> {
  const row = mayEdit(viewer, album) ? await rows.findAlbum(db, album.id) : undefined;
  if (row === undefined || row.visibility === "private") return 0;
  return row.count - row.publicCount - (row.visibility === "unlisted" ? row.unlistedCount : 0);
}

/** The albums a picture is in that this viewer may open. */
export async function albumsWith(
  db: Db,
  { viewer, mediaId }: { viewer: Viewer | undefined; mediaId: string },
): Promise<{ id: string; title: string; mayEdit: boolean }[]> {
  const asker = { userId: viewer?.id, administers: canAdminister(viewer) };
  const found = await rows.albumsWith(db, { mediaId, asker, limit: 50 });
  return found.map((album) => ({ ...album, mayEdit: album.mayEdit && viewer?.role !== "viewer" }));
}

/** Throws not_found where the viewer may not even know of the album, forbidden where they may only look. */
async function editable(tx: Db, viewer: Viewer | undefined, id: string): Promise<Row> {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  const row = z.uuid().safeParse(id).success ? await rows.lockAlbum(tx, id) : undefined;
  if (row === undefined) throw new TintypeError("not_found");
  if (mayEdit(viewer, row)) return row;
  throw new TintypeError(row.visibility === "private" && !isTheirs(viewer, row) ? "not_found" : "forbidden");
}

const conflict = (reason: string): TintypeError => new TintypeError("conflict", { details: { reason } });

/** Where an album may lie: in one of the same person, not in itself, not too deep. */
async function assertFits(
  tx: Db,
  parent: Row,
  { height, id }: { height: number; id?: string },
): Promise<void> {
  const path = await rows.pathTo(tx, parent.id);
  if (path.some((step) => step.id === id)) throw conflict("circle");
  if (path.length + 1 + height > albumDepthMax) throw conflict("depth");
}

/**
 * Makes an album and returns its id. In an album of another person (for administrators) it is that person's.
 * Throws unauthenticated, forbidden, not_found (no such album to put it in), conflict (too deep).
 */
export async function createAlbum(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    title: string;
    description?: string;
    visibility?: Visibility;
    parentId?: string | undefined;
  },
): Promise<string> {
  const { viewer, title, description = "", visibility = "private", parentId } = ask;
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (viewer.role === "viewer") throw new TintypeError("forbidden");
  return inTransaction(db, async (tx) => {
    const parent = parentId === undefined ? undefined : await editable(tx, viewer, parentId);
    const ownerId = parent?.ownerId ?? viewer.id;
    if (parent !== undefined) {
      await rows.lockTree(tx, ownerId);
      await assertFits(tx, parent, { height: 0 });
    }
    return rows.insertAlbum(tx, { ownerId, parentId: parent?.id ?? null, title, description, visibility });
  });
}

/** Gives an album other words, another order or another cover. Throws as createAlbum does. */
export async function changeAlbum(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    id: string;
    title?: string;
    description?: string;
    visibility?: Visibility;
    sort?: AlbumSort;
    /** A picture that is in the album; null for whichever is the newest. */
    coverId?: string | null;
  },
): Promise<void> {
  const { viewer, id, ...values } = ask;
  await inTransaction(db, async (tx) => {
    const album = await editable(tx, viewer, id);
    if (values.visibility !== undefined && !settings().visibilities.includes(values.visibility))
      throw new TintypeError("bad_request", { details: { visibility: values.visibility } });
    if (values.coverId !== undefined && values.coverId !== null) {
      const sight = { viewerId: viewer?.id, all: true, unlisted: true };
      const [found] = await contents.listAlbumTilesById(tx, { albumId: id, sight, ids: [values.coverId] });
      if (found === undefined) throw new TintypeError("not_found");
    }
    // By hand begins as what was shown until now, unless somebody has put pictures somewhere before.
    if (values.sort === "manual" && album.sort !== "manual" && !album.arranged)
      await contents.copyOrder(tx, id, album.sort);
    await rows.updateAlbum(tx, id, values);
  });
}

/**
 * Puts an album with all that is in it into another one of the same person, or into none.
 * Throws as createAlbum does, and conflict when it would come to lie in itself.
 */
export async function moveAlbum(
  db: Db,
  { viewer, id, parentId }: { viewer: Viewer | undefined; id: string; parentId: string | null },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const found = z.uuid().safeParse(id).success ? await rows.findAlbum(tx, id) : undefined;
    // Before any album is locked: whoever moves another one holds this first as well.
    if (found !== undefined) await rows.lockTree(tx, found.ownerId);
    const album = await editable(tx, viewer, id);
    if (parentId !== null) {
      const parent = await editable(tx, viewer, parentId);
      if (parent.ownerId !== album.ownerId) throw conflict("owner");
      await assertFits(tx, parent, { height: await rows.heightOf(tx, id), id });
    }
    await rows.updateAlbum(tx, id, { parentId });
  });
}

/**
 * Removes an album. Its pictures stay in the gallery, the albums in it move up to where it was. Returns the change by
 * which it is taken back (lib/bulk/change.ts). Throws unauthenticated, forbidden, not_found.
 */
export async function deleteAlbum(
  db: Db,
  { viewer, id }: { viewer: Viewer | undefined; id: string },
): Promise<string> {
  const changeId = randomUUID();
  await inTransaction(db, async (tx) => {
    const album = await editable(tx, viewer, id);
    await allowLong(tx, deletionSecondsMax);
    await rows.removeAlbum(tx, { id, changeId, userId: viewer?.id ?? album.ownerId });
  });
  return changeId;
}

/**
 * Puts a deleted album back, still without its pictures: where it was, or outermost when that is gone or too deep by now.
 * Throws forbidden, and gone when its owner is.
 */
export async function restoreAlbum(
  tx: Db,
  { viewer, changeId, deleted }: { viewer: Viewer; changeId: string; deleted: rows.Deleted },
): Promise<void> {
  const { id, ownerId, parentId } = deleted;
  if (!mayEdit(viewer, deleted)) throw new TintypeError("forbidden");
  await rows.lockTree(tx, ownerId);
  const parent = parentId === null ? undefined : await rows.lockAlbum(tx, parentId);
  const within = parent?.ownerId === ownerId ? parent.id : null;
  if (!(await rows.putBack(tx, { changeId, parentId: within }))) throw new TintypeError("gone");
  const depth = (await rows.pathTo(tx, id)).length + (await rows.heightOf(tx, id));
  if (depth > albumDepthMax) await rows.updateAlbum(tx, id, { parentId: null });
}

/**
 * Puts pictures right before or after another one of the album, from now on ordered by hand. Returns what it is taken
 * back by; `undefined` when nothing had to move. Throws as createAlbum does.
 */
export async function arrange(
  db: Db,
  ask: { viewer: Viewer | undefined; albumId: string; ids: string[]; target: string; after: boolean },
): Promise<string | undefined> {
  const { viewer, albumId, ids, target, after } = ask;
  return inTransaction(db, async (tx) => {
    const album = await editable(tx, viewer, albumId);
    if (album.sort !== "manual" && !album.arranged) await contents.copyOrder(tx, albumId, album.sort);
    const changeId = randomUUID();
    const moved = await contents.place(tx, {
      changeId,
      userId: viewer?.id ?? album.ownerId,
      albumId,
      ids,
      target,
      after,
    });
    if (moved === 0) return undefined;
    await rows.updateAlbum(tx, albumId, { sort: "manual", arranged: true });
    return changeId;
  });
}
