/** What tests of shares begin with: people, pictures and albums, straight in the tables. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import type { Db } from "#db/client.ts";
import * as schema from "#db/schema.ts";
import type { Role, Viewer, Visibility } from "../media.ts";
import { renditionFolder } from "../storage/keys.ts";

export async function person(db: Db, role: Role = "member"): Promise<Viewer> {
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  const [row] = await db
    .insert(schema.users)
    .values({ name: `Name of ${email}`, email, role })
    .returning({ id: schema.users.id });
  assert.ok(row);
  return { id: row.id, name: `Name of ${email}`, email, role };
}

/** So many pictures of one day, an hour apart, oldest first. */
export async function pictures(
  db: Db,
  owner: Viewer,
  count: number,
  visibility: Visibility = "private",
): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, n) => ({
    ownerId: owner.id,
    visibility,
    takenAt: new Date(Date.UTC(2026, 4, 3, n)),
    key: `media/${randomUUID()}.jpg`,
    renditionFolder: renditionFolder(),
    avifWidths: [320, 640],
    jpegWidths: [640],
    sha256: randomBytes(32).toString("hex"),
    bytes: 1000 + n,
    mime: "image/jpeg" as const,
    width: 640,
    height: 480,
    thumbhash: Buffer.from("00", "hex"),
    color: 0x336699,
    filename: `SECRET_${n}.JPG`,
    takenSource: "camera" as const,
    latitude: 37.503917264,
    longitude: 127.04826159,
    place: "Secret Village",
    placeAlso: "비밀 마을",
    placeSource: "file" as const,
  }));
  const added = await db.insert(schema.media).values(rows).returning({ id: schema.media.id });
  return added.map(({ id }) => id);
}

export async function album(db: Db, owner: Viewer, title: string): Promise<string> {
  const [row] = await db
    .insert(schema.albums)
    .values({ ownerId: owner.id, title })
    .returning({ id: schema.albums.id });
  assert.ok(row);
  return row.id;
}
