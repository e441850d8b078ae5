/** A small gallery whose books are in order, straight in a database and a bucket, for who tries the judge. */
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type postgres from "postgres";
import sharp from "sharp";
import { Client } from "./client.ts";
import { Person, type Story } from "./person.ts";

/** A bucket that can be put back as it was. */
export class Shelf {
  readonly s3: S3Client;
  readonly bucket: string;
  #held = new Map<string, { body: Buffer; type: string }>();
  #kept = new Map<string, { body: Buffer; type: string }>();
  #touched = new Set<string>();
  #parts: { Key: string; UploadId: string | undefined }[] = [];

  constructor(s3: S3Client, bucket: string) {
    this.s3 = s3;
    this.bucket = bucket;
  }

  async put(key: string, body: Buffer, type = "image/jpeg"): Promise<void> {
    await this.s3.send(
      new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: type }),
    );
    this.#held.set(key, { body, type });
    this.#touched.add(key);
  }

  async remove(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
    this.#held.delete(key);
    this.#touched.add(key);
  }

  async beginParts(Key: string): Promise<void> {
    const begun = await this.s3.send(new CreateMultipartUploadCommand({ Bucket: this.bucket, Key }));
    this.#parts.push({ Key, UploadId: begun.UploadId });
  }

  /** As it is now, it is to be after `putBack`. */
  keep(): void {
    this.#kept = new Map(this.#held);
    this.#touched.clear();
  }

  async putBack(): Promise<void> {
    for (const one of this.#parts.splice(0))
      await this.s3.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, ...one }));
    for (const key of this.#touched) {
      const one = this.#kept.get(key);
      await (one === undefined ? this.remove(key) : this.put(key, one.body, one.type));
    }
    this.#touched.clear();
  }
}

const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const plain = sharp({ create: { width: 64, height: 48, channels: 3, background: "#58a" } });
const [jpeg, avif] = await Promise.all([
  plain.clone().jpeg().toBuffer(),
  plain.clone().avif({ effort: 0 }).toBuffer(),
]);

export { avif, jpeg };

type Medium = { id: string; key: string; folder: string; bytes: Buffer };
export type Books = {
  sql: postgres.ISql;
  shelf: Shelf;
  person: Person;
  owner: string;
  shown: Medium;
  clipKey: string;
  gone: Medium;
};
type At = Pick<Books, "sql" | "shelf" | "person" | "owner">;

/** A picture unlike any other. */
export const original = (): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 26]), randomBytes(24), jpeg.subarray(2)]);

/** A medium with all that belongs to it, whose uploader was told of it. */
export async function medium({ sql, shelf, person, owner }: At): Promise<Medium> {
  const id = randomUUID();
  const one = { id, key: `media/${id}.jpg`, folder: `derived/${id}`, bytes: original() };
  await shelf.put(one.key, one.bytes);
  await shelf.put(`${one.folder}/64.avif`, avif, "image/avif");
  await shelf.put(`${one.folder}/64.jpg`, jpeg);
  await sql`insert into media (id, owner_id, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
      width, height, thumbhash, color, filename, taken_at, taken_source)
    values (${one.id}, ${owner}, ${one.key}, ${one.folder}, '{64}', '{64}', decode(${digest(one.bytes)}, 'hex'),
      ${one.bytes.length}, 'image/jpeg', 64, 48, decode('00', 'hex'), 0, 'x.jpg', now(), 'upload')`;
  await upload({ sql, owner }, one.bytes, "ready", one.id);
  await sql`update quotas set used_bytes = used_bytes + ${one.bytes.length} where owner_id = ${owner}`;
  tell(person, one.bytes, one.id);
  return one;
}

export async function upload(
  { sql, owner }: Pick<At, "sql" | "owner">,
  bytes: Buffer,
  state: string,
  mediaId?: string,
): Promise<void> {
  await sql`insert into uploads (owner_id, state, client_token, staging_key, filename, declared_mime, bytes, sha256,
      policy_expires_at, media_id)
    values (${owner}, ${state}, ${randomUUID()}, ${`incoming/${randomUUID()}`}, 'x.jpg', 'image/jpeg',
      ${bytes.length}, decode(${digest(bytes)}, 'hex'), now(), ${mediaId ?? null})`;
}

/** A person remembers that this became that medium. */
export function tell(person: Person, bytes: Buffer, mediaId: string): Story {
  const sha256 = digest(bytes);
  const owner = person.account.email;
  const story: Story = {
    ...{ owner, filename: "x.jpg", bytes, sha256, flaw: "none", guest: false, mediaId },
    ...{ stored: true, accepted: true, cancelAsked: false, log: [] },
  };
  person.stories.push(story);
  const known = person.wishes.get(mediaId);
  known?.sha256.add(sha256);
  if (known === undefined)
    person.wishes.set(mediaId, {
      ...{ owner, mediaId, sha256: new Set([sha256]), place: "gallery" },
      ...{ placeTold: true, visibilityTold: true, mayBeGone: false, titleTold: true, toldAt: 0 },
    });
  return story;
}

/** Thrown away and, after its time, gone for good, as its owner wanted. */
async function goneForGood(at: At): Promise<Medium> {
  const { sql, shelf, person, owner } = at;
  const one = await medium(at);
  const wish = person.wishes.get(one.id);
  assert.ok(wish);
  wish.place = "trash";
  wish.mayBeGone = true;
  await sql`update media set deleted_at = now(), purged_at = now() where id = ${one.id}`;
  await sql`update quotas set used_bytes = used_bytes - ${one.bytes.length} where owner_id = ${owner}`;
  for (const key of [one.key, `${one.folder}/64.avif`, `${one.folder}/64.jpg`]) await shelf.remove(key);
  return one;
}

/** A picture, one of two files, and one that is gone for good. */
export async function openBooks(sql: postgres.ISql, shelf: Shelf): Promise<Books> {
  const account = { email: "p@example.com", name: "P", password: "" };
  const [row] = await sql<{ id: string }[]>`
    insert into users (name, email, role) values (${account.name}, ${account.email}, 'member') returning id`;
  const owner = row?.id ?? "";
  await sql`insert into quotas (owner_id) values (${owner}) on conflict do nothing`;
  const person = new Person(account, new Client("http://localhost:1"));
  const at = { sql, shelf, person, owner };
  const shown = await medium(at);
  const live = await medium(at);
  const clip = randomBytes(500);
  const clipKey = `media/${live.id}.mov`;
  await shelf.put(clipKey, clip, "video/quicktime");
  await sql`insert into halves (media_id, owner_id, content_id, clip_key, clip_bytes, clip_sha256, clip_mime, clip_filename)
    values (${live.id}, ${owner}, 'c', ${clipKey}, 500, decode(${digest(clip)}, 'hex'), 'video/quicktime', 'x.mov')`;
  await sql`update quotas set used_bytes = used_bytes + 500 where owner_id = ${owner}`;
  await upload(at, clip, "ready", live.id);
  tell(person, clip, live.id);
  return { ...at, shown, clipKey, gone: await goneForGood(at) };
}
