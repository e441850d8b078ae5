import { createAlbum, findAlbums, newAlbumShape } from "#lib/albums.ts";
import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";

const limit = 20;

/** GET ?text=<words> → {albums: FoundAlbum[]}: albums to put pictures into, the last changed first. */
export const GET = route({}, async ({ request, viewer }) => {
  const text = (new URL(request.url).searchParams.get("text") ?? "").slice(0, 200).replaceAll("\0", "");
  return json({ albums: await findAlbums(database().db, { viewer, text, limit }) });
});

/** {title, parentId?} → 201 {id}: a new album. */
export const POST = route({ body: newAlbumShape }, async ({ viewer, body }) =>
  json({ id: await createAlbum(database().db, { viewer, ...body }) }, { status: 201 }),
);
