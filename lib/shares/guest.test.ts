import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import * as schema from "#db/schema.ts";
import { database } from "../database.ts";
import { type ErrorCode, TintypeError } from "../errors.ts";
import { lockDown } from "../imaging/index.ts";
import type { BeginAnswer, Viewer } from "../media.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { listTrash } from "../trash-list.ts";
import { finalize } from "../uploads/finalize.ts";
import { declare, issued, picture, post } from "../uploads/testing.ts";
import { beginUploads, openUploads } from "../uploads.ts";
import {
  beginGuestUploads,
  cancelGuestUpload,
  completeGuestUploads,
  enterAsGuest,
  type Guest,
  getGuestUpload,
  guestFate,
  guestOf,
} from "./guest.ts";
import { approve, listArrivals, reject } from "./inbox.ts";
import { createShare, getShare, removeShare, revokeShare } from "./manage.ts";
import { lookAt } from "./open.ts";
import { album, person } from "./testing.ts";

let box: TestDatabase;
let store: TestStore;
let db: Db;
before(async () => {
  await lockDown();
  box = await testDatabase();
  db = box.db;
  process.env.DATABASE_URL = box.url;
  process.env.AUTH_SECRET = "a secret of the tests, 32 or more characters";
  process.env.LOG_LEVEL = "silent";
  // Last: it reads the settings.
  store = await testStore();
});
after(async () => {
  await database().sql.end();
  await store?.close();
  await box.close();
});

let networks = 0;
const visitor = () => ({
  cookie: undefined,
  client: `192.0.2.${++networks}`,
  address: "192.0.2.1",
  userAgent: "Mozilla/5.0 Firefox/140.0",
});
const refused =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    error instanceof TintypeError && error.code === code;

type Link = { owner: Viewer; albumId: string; id: string; token: string };
async function link(settings: { filesMax?: number; bytesMax?: number } = {}): Promise<Link> {
  const owner = await person(db);
  const albumId = await album(db, owner, "The wedding");
  const made = await createShare(db, {
    viewer: owner,
    of: { inbox: albumId },
    settings: { label: "Aunt Mia", ...settings },
  });
  return { owner, albumId, id: made.id, token: made.link.split("/").at(-1) ?? "" };
}

async function guestAt(token: string, name = "Mia"): Promise<Guest> {
  const cookie = await enterAsGuest(db, token, { visitor: visitor(), password: "", name });
  return guestOf(db, token, { cookie });
}

const room = <T>(_: number, work: () => Promise<T>): Promise<T> => work();

/** Sends a picture as a guest's browser does, and lets the worker verify it. */
async function send(guest: Guest, bytes?: Buffer): Promise<string> {
  const body = bytes ?? (await picture());
  const [answer] = await beginGuestUploads(db, store.storage, guest, [declare(body)]);
  const permit = issued(answer);
  assert.ok((await post(permit, body)).ok);
  await completeGuestUploads(db, store.storage, guest, { ids: [permit.id], look: true });
  assert.equal(await finalize(db, store.storage, permit.id, { bytes: room, pixels: room }), "ready");
  return permit.id;
}

const statusOf = (answers: BeginAnswer[]): string[] =>
  answers.map((answer) => (answer.status === "refused" ? answer.code : answer.status));

test("what a guest sends waits, unseen in the library and in the trash, until it is taken into the album", async () => {
  const { owner, albumId, id, token } = await link();
  const guest = await guestAt(token);
  const uploadId = await send(guest);
  const told = await getGuestUpload(db, store.storage, guest, { id: uploadId, probe: false });
  assert.deepEqual([told.state, told.mediaId], ["ready", null]);
  const { arrivals } = await listArrivals(db, { viewer: owner, id, cursor: undefined, limit: 10 });
  assert.deepEqual(
    arrivals.map(({ guest }) => guest),
    ["Mia"],
  );
  assert.equal((await listTrash(db, { viewer: owner, limit: 10 })).rows.length, 0);
  assert.equal((await getShare(db, { viewer: owner, id })).waiting, 1);
  await assert.rejects(removeShare(db, { viewer: owner, id }), refused("conflict"));

  assert.deepEqual(await approve(db, { viewer: owner, id, ids: undefined }), { taken: 1, repeated: 0 });
  const [row] = await db.select().from(schema.media).where(eq(schema.media.ownerId, owner.id));
  assert.deepEqual([row?.deletedAt, row?.visibility], [null, "private"]);
  const inside = await db.select().from(schema.albumMedia).where(eq(schema.albumMedia.albumId, albumId));
  assert.deepEqual(
    inside.map(({ mediaId, live }) => [mediaId, live]),
    [[row?.id, true]],
  );
  assert.deepEqual(await approve(db, { viewer: owner, id, ids: undefined }), { taken: 0, repeated: 0 });
  await removeShare(db, { viewer: owner, id });
});

test("a link through which something arrives while it is removed is kept, and says why", async () => {
  const { owner, id, token } = await link();
  const guest = await guestAt(token);
  await send(guest);
  const [arrived] = await db.delete(schema.arrivals).where(eq(schema.arrivals.shareId, id)).returning();
  assert.ok(arrived);
  const { removal } = await db.transaction(async (tx) => {
    await tx.insert(schema.arrivals).values(arrived);
    const removal = assert.rejects(removeShare(db, { viewer: owner, id }), refused("conflict"));
    const waiting = () =>
      db.execute(
        sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
    while ((await waiting()).length === 0) await setImmediate();
    return { removal };
  });
  await removal;
});

test("what a guest sent through a link that was removed before it was verified leaves with the trash", async () => {
  const { owner, id, token } = await link();
  const guest = await guestAt(token);
  const body = await picture();
  const [answer] = await beginGuestUploads(db, store.storage, guest, [declare(body)]);
  const permit = issued(answer);
  assert.ok((await post(permit, body)).ok);
  await completeGuestUploads(db, store.storage, guest, { ids: [permit.id], look: true });
  await removeShare(db, { viewer: owner, id });
  assert.equal(await finalize(db, store.storage, permit.id, { bytes: room, pixels: room }), "ready");
  const [row] = await db.select().from(schema.media).where(eq(schema.media.ownerId, owner.id));
  assert.ok(row);
  const [end] = await db.select().from(schema.purges).where(eq(schema.purges.mediaId, row.id));
  assert.deepEqual([row.deletedAt !== null, end?.doneAt], [true, null]);
});

test("a guest learns what became of the pictures this browser sent, and nothing of anybody else's", async () => {
  const { owner, id, token } = await link();
  const [guest, other] = [await guestAt(token), await guestAt(token)];
  await send(guest);
  await send(guest);
  await send(other);
  assert.deepEqual(await guestFate(db, guest), { waiting: 2, taken: 0, refused: 0 });
  const { arrivals } = await listArrivals(db, { viewer: owner, id, cursor: undefined, limit: 10 });
  const [first, second] = arrivals.map((one) => one.id);
  assert.ok(first && second);
  await approve(db, { viewer: owner, id, ids: [first] });
  await reject(db, { viewer: owner, id, ids: [second] });
  assert.deepEqual(await guestFate(db, guest), { waiting: 0, taken: 1, refused: 1 });
  assert.deepEqual(await guestFate(db, other), { waiting: 1, taken: 0, refused: 0 });
  assert.deepEqual(await guestFate(db, undefined), { waiting: 0, taken: 0, refused: 0 });
});

test("who floods a link keeps its maker from nothing (A-36)", async () => {
  const { owner, token } = await link({ filesMax: 2_000 });
  const guest = await guestAt(token);
  await box.sql`
    insert into uploads (owner_id, guest_id, client_token, staging_key, filename, declared_mime, bytes, sha256, policy_expires_at)
    select ${owner.id}, ${guest.id}, gen_random_uuid(), 'incoming/guest' || n || ${owner.id}, 'x', '', 1, '\\x00', now()
    from generate_series(1, 1000) n`;
  await assert.rejects(
    beginGuestUploads(db, store.storage, guest, [declare(await picture())]),
    refused("too_many_in_flight"),
  );
  const [own] = await beginUploads(db, store.storage, {
    viewer: owner,
    uploads: [declare(await picture())],
  });
  assert.equal(own?.status, "issued");
});

test("a link without a password is gone through 300 times an hour from one network, and from others still", async () => {
  const { token } = await link();
  const here = visitor();
  await enterAsGuest(db, token, { visitor: here, password: "", name: "" });
  await box.sql`update rate_limits set points = 300 where key like 'share-enter:%' and key like ${`%${here.client}`}`;
  const again = enterAsGuest(db, token, { visitor: here, password: "", name: "" });
  await assert.rejects(again, refused("rate_limited"));
  assert.ok(await enterAsGuest(db, token, { visitor: visitor(), password: "", name: "" }));
});

test("what is thrown away is in the trash for as long as anything else", async () => {
  const { owner, id, token } = await link();
  await send(await guestAt(token));
  assert.equal(await reject(db, { viewer: owner, id, ids: undefined }), 1);
  const { rows } = await listTrash(db, { viewer: owner, limit: 10 });
  assert.equal(rows.length, 1);
  assert.ok(rows[0] && rows[0].goesAt.getTime() > Date.now() + 86_400_000);
});

test("a picture the library has is told to nobody but its owner, and the album gets that one", async () => {
  const { owner, albumId, id, token } = await link();
  const body = await picture();
  const guest = await guestAt(token);
  await send(guest, body);
  await approve(db, { viewer: owner, id, ids: undefined });
  await db.delete(schema.albumMedia).where(eq(schema.albumMedia.albumId, albumId));
  await send(await guestAt(token), body);
  assert.deepEqual(await approve(db, { viewer: owner, id, ids: undefined }), { taken: 0, repeated: 1 });
  const inside = await db.select().from(schema.albumMedia).where(eq(schema.albumMedia.albumId, albumId));
  assert.equal(inside.length, 1);
  assert.equal((await listTrash(db, { viewer: owner, limit: 10 })).rows.length, 1);
});

test("a link takes no more pictures and bytes than were given, however many guests send at once", async () => {
  const { token } = await link({ filesMax: 3 });
  const guests = await Promise.all([guestAt(token), guestAt(token), guestAt(token)]);
  const answers = await Promise.all(
    guests.map(async (guest) =>
      beginGuestUploads(db, store.storage, guest, [declare(await picture()), declare(await picture())]),
    ),
  );
  const all = answers.flatMap(statusOf);
  assert.deepEqual(all.filter((one) => one === "issued").length, 3);
  assert.deepEqual(all.filter((one) => one === "link_full").length, 3);
  // Whoever came first may have taken all of it.
  const lucky = answers.findIndex((some) => statusOf(some).includes("issued"));
  const first = answers[lucky]?.find((answer) => answer.status === "issued");
  const mine = guests[lucky];
  assert.ok(first && mine);
  await cancelGuestUpload(db, mine, issued(first).id);
  assert.deepEqual(statusOf(await beginGuestUploads(db, store.storage, mine, [declare(await picture())])), [
    "issued",
  ]);
  const small = await link({ bytesMax: 1_000_000 });
  assert.deepEqual(
    statusOf(
      await beginGuestUploads(db, store.storage, await guestAt(small.token), [
        declare(await picture(), { bytes: 1_000_001 }),
      ]),
    ),
    ["link_full"],
  );
});

test("a guest sees and touches what this browser sent, and nothing of the owner's or of other guests'", async () => {
  const { owner, token } = await link();
  const [guest, other] = [await guestAt(token), await guestAt(token)];
  const file = declare(await picture());
  const [mine] = await beginGuestUploads(db, store.storage, guest, [file]);
  const own = declare(await picture());
  const [owners] = await beginUploads(db, store.storage, { viewer: owner, uploads: [own] });
  const ids = [issued(mine).id, issued(owners).id];
  // Nor does its owner's browser take over what a guest sends.
  assert.deepEqual(
    (await openUploads(db, { viewer: owner })).map(({ id }) => id),
    ids.slice(1),
  );
  for (const [who, hidden] of [
    [other, ids],
    [guest, ids.slice(1)],
  ] as const)
    for (const id of hidden) {
      await assert.rejects(
        getGuestUpload(db, store.storage, who, { id, probe: false }),
        refused("not_found"),
      );
      await assert.rejects(cancelGuestUpload(db, who, id), refused("not_found"));
      const [answer] = await completeGuestUploads(db, store.storage, who, { ids: [id], look: false });
      assert.deepEqual(
        [answer?.status, answer?.status === "refused" && answer.code],
        ["refused", "not_found"],
      );
    }
  // Another's token is no way to read what became of it.
  const answers = await beginGuestUploads(db, store.storage, other, [file, own]);
  assert.ok(answers.every(({ status }) => status === "refused"));
});

test("a link for guests opens no pictures, a share takes none, and a withdrawn one nothing at all", async () => {
  const { owner, id, token } = await link();
  assert.equal((await lookAt(db, token, { cookie: undefined })).state, "unknown");
  assert.equal((await lookAt(db, token, { cookie: undefined }, "guest")).state, "door");
  const cookie = await enterAsGuest(db, token, { visitor: visitor(), password: "", name: "" });
  await guestOf(db, token, { cookie });
  await revokeShare(db, { viewer: owner, id });
  await assert.rejects(guestOf(db, token, { cookie }), refused("gone"));
});
