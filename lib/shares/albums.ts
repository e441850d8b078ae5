/**
 * The albums in a shared album, where its maker lets visitors into them. Each is looked at as the share itself is, with
 * that album in the place of the one that was shared; its name means nothing outside the share.
 */
import { pathTo } from "#db/queries/albums.ts";
import type { ShareRow } from "#db/queries/shares.ts";
import { type AlbumCard, listAlbumsIn, openAlbum } from "../albums.ts";
import type { Db } from "../database.ts";
import { makerOf } from "./contents.ts";
import { idBehind, namesWithin } from "./token.ts";

type Shared = Pick<
  ShareRow,
  | "id"
  | "ownerId"
  | "kind"
  | "withAlbums"
  | "albumId"
  | "albumTitle"
  | "albumText"
  | "albumCover"
  | "albumCount"
>;

/** An album on the way from the shared one, by its name in the share. */
export type SharedStep = { name: string; title: string };
/** Where in a share one is: `steps` lead from the shared album, which is not among them, to this one. */
export type Within<Share> = { share: Share; steps: SharedStep[] };

const reaches = (share: Shared): boolean => share.kind === "album" && share.withAlbums;

/**
 * The share as it looks from one of the albums in it, or as it is without a name. `undefined` for an album that does
 * not lie in it (any more), or into which its maker lets nobody.
 */
export async function withinShare<Share extends Shared>(
  db: Db,
  share: Share,
  name: string | undefined,
): Promise<Within<Share> | undefined> {
  if (name === undefined) return { share, steps: [] };
  const id = reaches(share) ? idBehind(share.id, name) : undefined;
  if (id === undefined || share.albumId === null) return undefined;
  const album = await openAlbum(db, { viewer: makerOf(share), id });
  if (album === undefined) return undefined;
  const path = await pathTo(db, id);
  const steps = path.slice(path.findIndex((step) => step.id === share.albumId) + 1);
  const isInside = path.length > steps.length && steps.length > 0;
  // An album that somebody else put into it is not its maker's to give.
  if (!isInside || steps.some(({ ownerId }) => ownerId !== share.ownerId)) return undefined;
  const names = namesWithin(share.id);
  return {
    share: {
      ...share,
      albumId: id,
      albumTitle: album.title,
      albumText: album.description,
      albumCover: album.coverId,
      albumCount: album.count,
    },
    steps: steps.map((step) => ({ name: names(step.id), title: step.title })),
  };
}

/** More albums in one are a page that nobody reads to its end. */
const cardsMax = 500;

/** The albums in the one that is looked at, by title; ids are names in the share. None where that album is shared alone. */
export async function listSharedAlbums(db: Db, share: Shared): Promise<AlbumCard[]> {
  const { albumId } = share;
  if (!reaches(share) || albumId === null) return [];
  const viewer = makerOf(share);
  const { albums } = await listAlbumsIn(db, {
    viewer,
    limit: cardsMax,
    album: { id: albumId, visibility: "private" },
  });
  const names = namesWithin(share.id);
  return albums
    .filter(({ own }) => own)
    .map(({ id, title, count, cover }) => ({
      id: names(id),
      title,
      count,
      own: false,
      visibility: "private",
      cover: cover === undefined ? undefined : { ...cover, id: names(cover.id), own: false },
    }));
}
