/**
 * Every table. Rows are inferred from here; nothing else spells a column. What the database can hold true, it
 * holds: states are enums, a duplicate is a unique index, a deleted row cannot be purged before it was deleted.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import {
  albumSorts,
  changeKinds,
  mediaKinds,
  mediaTypes,
  rejectCodes,
  roles,
  shareDownloads,
  shareKinds,
  transports,
  uploadStates,
  visibilities,
} from "#lib/media.ts";

/** Milliseconds only: a Date cannot hold microseconds, and a cursor made from one would skip or repeat rows. */
const instant = (name: string) => timestamp(name, { precision: 3, withTimezone: true, mode: "date" });
const created = () => instant("created_at").notNull().default(sql`now()`);
const updated = () => instant("updated_at").notNull().default(sql`now()`);

/** 32 bytes in the database, 64 hex digits in code. */
const digest = customType<{ data: string; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (hex) => Buffer.from(hex, "hex"),
  fromDriver: (bytes) => bytes.toString("hex"),
});
const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

export const role = pgEnum("role", roles);
export const visibility = pgEnum("visibility", visibilities);
export const uploadState = pgEnum("upload_state", uploadStates);
export const transport = pgEnum("transport", transports);
export const rejectCode = pgEnum("reject_code", rejectCodes);
export const mediaType = pgEnum("media_type", mediaTypes);
export const mediaKind = pgEnum("media_kind", mediaKinds);
/** Where taken_at came from: the camera, the file's own date, the moment of the upload, or somebody who knew better. */
export const takenSource = pgEnum("taken_source", ["camera", "file", "upload", "person"]);
export const placeSource = pgEnum("place_source", ["file", "map", "person"]);
export const albumSort = pgEnum("album_sort", albumSorts);
export const changeKind = pgEnum("change_kind", changeKinds);
export const shareKind = pgEnum("share_kind", shareKinds);
export const shareDownload = pgEnum("share_download", shareDownloads);

// Accounts: the shapes better-auth expects, plus role and disabled_at.

export const users = pgTable("users", {
  id: uuid("id").primaryKey().defaultRandom(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false),
  image: text("image"),
  role: role("role").notNull().default("member"),
  /** The language they chose, for every browser they sign in with; null: as each browser asks. */
  language: text("language"),
  /** Dark or light likewise; null: as each system is set. */
  theme: text("theme"),
  disabledAt: instant("disabled_at"),
  createdAt: created(),
  updatedAt: updated(),
});

export const sessions = pgTable(
  "sessions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    token: text("token").notNull().unique(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expiresAt: instant("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [index("sessions_user").on(t.userId)],
);

export const accounts = pgTable(
  "accounts",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: instant("access_token_expires_at"),
    refreshTokenExpiresAt: instant("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [index("accounts_user").on(t.userId), unique("accounts_provider").on(t.providerId, t.accountId)],
);

export const verifications = pgTable(
  "verifications",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: instant("expires_at").notNull(),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [index("verifications_identifier").on(t.identifier)],
);

/** A link that makes an account: the set-up link (role owner) and every later invitation. Only its hash is kept. */
export const invites = pgTable("invites", {
  id: uuid("id").primaryKey().defaultRandom(),
  tokenHash: digest("token_hash").notNull().unique(),
  role: role("role").notNull(),
  email: text("email"),
  createdBy: uuid("created_by").references(() => users.id, { onDelete: "cascade" }),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
  createdAt: created(),
});

/** Attempts in the current window, by what is limited. Unlogged (see its migration): losing it costs one window. */
export const rateLimits = pgTable(
  "rate_limits",
  {
    key: text("key").primaryKey(),
    points: integer("points").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [index("rate_limits_expiry").on(t.expiresAt)],
);

/** Comparisons of database and bucket that nobody asked for; the last one that ended is what administrators see. */
export const comparisons = pgTable("comparisons", {
  beganAt: instant("began_at").primaryKey().defaultNow(),
  /** When it last came on; one that has been silent for long is nobody's. */
  touchedAt: instant("touched_at").notNull().defaultNow(),
  endedAt: instant("ended_at"),
  objects: bigint("objects", { mode: "number" }).notNull().default(0),
  rows: bigint("rows", { mode: "number" }).notNull().default(0),
  /** How many of each class were found. */
  findings: jsonb("findings").$type<Record<string, number>>().notNull().default({}),
});

/** How far the turns of everybody who waits in the queue reach (queries/jobs.ts). Unlogged: losing it costs a round. */
export const turns = pgTable(
  "turns",
  {
    priority: smallint("priority").notNull(),
    waiter: text("waiter").notNull(),
    /** In microseconds, as Postgres keeps it: never read into a Date. */
    endsAt: timestamp("ends_at", { withTimezone: true, mode: "string" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.priority, t.waiter] })],
);

/** I-6: used = bytes of originals not yet purged, reserved = declared bytes of open uploads. 0 limit = none. */
export const quotas = pgTable(
  "quotas",
  {
    ownerId: uuid("owner_id")
      .primaryKey()
      .references(() => users.id, { onDelete: "restrict" }),
    limitBytes: bigint("limit_bytes", { mode: "number" }).notNull().default(0),
    usedBytes: bigint("used_bytes", { mode: "number" }).notNull().default(0),
    reservedBytes: bigint("reserved_bytes", { mode: "number" }).notNull().default(0),
  },
  (t) => [
    check(
      "quotas_not_negative",
      sql`${t.usedBytes} >= 0 and ${t.reservedBytes} >= 0 and ${t.limitBytes} >= 0`,
    ),
  ],
);

/** The ledger of uploads. */
export const uploads = pgTable(
  "uploads",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    state: uploadState("state").notNull().default("issued"),
    clientToken: uuid("client_token").notNull(),
    stagingKey: text("staging_key").notNull().unique(),
    /** Persisted before the first byte is written under them (I-2). */
    finalKey: text("final_key").unique(),
    renditionFolder: text("rendition_folder").unique(),
    filename: text("filename").notNull(),
    declaredMime: text("declared_mime").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    /**
     * Null until the worker has read the bytes for the first time, where nobody could declare them: of an object that
     * lies in the bucket already, and of a plain form, whose `bytes` are the most that it may bring.
     */
    sha256: digest("sha256"),
    /** A moment; what a clock showed then follows from the zone. */
    fileModifiedAt: instant("file_modified_at"),
    /** Where whoever sends it is, "Asia/Seoul"; null when nobody said. */
    timeZone: text("time_zone"),
    policyExpiresAt: instant("policy_expires_at").notNull(),
    /** How the bytes travel: a form, a signed PUT, or parts under `multipartId`. */
    transport: transport("transport").notNull().default("post"),
    multipartId: text("multipart_id"),
    /** The object was in the bucket before Tintype: it is indexed where it lies, neither copied nor swept. */
    inPlace: boolean("in_place").notNull().default(false),
    /** Brought by the command line: no browser can go on with it, and it does not count against a person's pace. */
    byOperator: boolean("by_operator").notNull().default(false),
    /** Who the medium is to be shown to; null for what the gallery does otherwise. */
    visibility: visibility("visibility"),
    keepOriginal: boolean("keep_original").notNull().default(false),
    leaseToken: uuid("lease_token"),
    leaseUntil: instant("lease_until"),
    attempts: smallint("attempts").notNull().default(0),
    rejectCode: rejectCode("reject_code"),
    /** The medium this upload became, or the one it repeats when it was refused as a duplicate. */
    mediaId: uuid("media_id"),
    /** The guest who sends it through a link; its owner is who made the link. */
    guestId: uuid("guest_id"),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [
    unique("uploads_client_token").on(t.ownerId, t.clientToken),
    index("uploads_owner_created").on(t.ownerId, t.createdAt, t.id),
    index("uploads_created").on(t.createdAt, t.id),
    index("uploads_state_created").on(t.state, t.createdAt, t.id),
    index("uploads_issued_expiry").on(t.policyExpiresAt).where(sql`state = 'issued'`),
    // Whether anything of one person's is still under way; without it the whole queue, or all they ever sent, is walked.
    index("uploads_owner_open").on(t.ownerId, t.state).where(sql`state in ('issued', 'verifying')`),
    index("uploads_verifying_lease").on(t.leaseUntil).where(sql`state = 'verifying'`),
    // What a folder brings again and again is found here; what browsers bring is not in it and pays nothing for it.
    index("uploads_by_operator").on(t.ownerId, t.sha256).where(sql`by_operator`),
    index("uploads_guest").on(t.guestId).where(sql`guest_id is not null`),
    check("uploads_reject_code", sql`(${t.state} = 'rejected') = (${t.rejectCode} is not null)`),
    check(
      "uploads_sha256_known",
      sql`${t.sha256} is not null or ${t.inPlace} or (${t.transport} = 'post' and ${t.state} <> 'ready')`,
    ),
  ],
);

/** A verified original and what was read from it. A row exists only when every byte it promises is in the bucket. */
export const media = pgTable(
  "media",
  {
    /** Random, not time-ordered: the address of an unlisted picture is its only key. */
    id: uuid("id").primaryKey().defaultRandom(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    visibility: visibility("visibility").notNull().default("private"),
    key: text("key").notNull(),
    /** The object at `key` was there before Tintype and stays when the medium is deleted for good. */
    keepOriginal: boolean("keep_original").notNull().default(false),
    renditionFolder: text("rendition_folder").notNull().unique(),
    /** Ascending pixel widths that exist as <folder>/<width>.avif and .jpg. */
    avifWidths: integer("avif_widths").array().notNull(),
    jpegWidths: integer("jpeg_widths").array().notNull(),
    kind: mediaKind("kind").notNull().default("picture"),
    /**
     * "gif", "webp", "mp4" or "webm" when <folder>/motion.<format> is what moves: an animation, the moving part of a
     * still, or a video without what its original says of places. Null for a video whose original may be shown as it is.
     */
    motion: text("motion"),
    /** Milliseconds that the moving part or the video lasts. */
    duration: integer("duration"),
    /** Of the moving part or the video, as a browser is asked whether it plays them: "avc1.640028, mp4a.40.2". */
    codecs: text("codecs"),
    sha256: digest("sha256").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    mime: mediaType("mime").notNull(),
    /** As shown: after orientation. */
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    frames: integer("frames").notNull().default(1),
    thumbhash: bytea("thumbhash").notNull(),
    /** Dominant colour, 0xRRGGBB. */
    color: integer("color").notNull(),
    filename: text("filename").notNull(),
    title: text("title").notNull().default(""),
    description: text("description").notNull().default(""),
    alt: text("alt").notNull().default(""),
    /** Stars its owner gave it; 0 for none. */
    rating: smallint("rating").notNull().default(0),
    /**
     * What a clock showed where and when it was taken, written as if that were UTC: a picture stands under the day and the
     * month that people remember. The moment itself is `takenOffset` minutes earlier.
     */
    takenAt: instant("taken_at").notNull(),
    takenSource: takenSource("taken_source").notNull(),
    /** Minutes that clock was ahead of UTC; null when nobody knows. */
    takenOffset: smallint("taken_offset"),
    camera: text("camera"),
    lens: text("lens"),
    /** f-number · seconds · ISO · millimetres. */
    aperture: real("aperture"),
    exposureTime: doublePrecision("exposure_time"),
    iso: integer("iso"),
    focalLength: real("focal_length"),
    /** Where it was taken: never leaves the owner's own pages. */
    latitude: doublePrecision("latitude"),
    longitude: doublePrecision("longitude"),
    altitude: real("altitude"),
    /** The same in words, from the narrowest to the widest, a comma between: "Haeundae, Busan, South Korea". As private. */
    place: text("place").notNull().default(""),
    /** The place in Korean, as far as its names are known. */
    placeAlso: text("place_also").notNull().default(""),
    /** Who named it: the camera or a program, the map of the worker, its owner. Null while nobody has. */
    placeSource: placeSource("place_source"),
    deletedAt: instant("deleted_at"),
    purgedAt: instant("purged_at"),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [
    uniqueIndex("media_owner_sha256").on(t.ownerId, t.sha256).where(sql`deleted_at is null`),
    // Where a deleted object lay, the bucket's other users may put a new one.
    uniqueIndex("media_key").on(t.key).where(sql`purged_at is null`),
    // What was deleted once does not come back with the next import of the same folder.
    index("media_deleted_sha256").on(t.ownerId, t.sha256).where(sql`deleted_at is not null`),
    // Ascending, read backwards: drizzle's desc() asks for NULLS FIRST, which an index built DESC NULLS LAST cannot give.
    index("media_public_timeline")
      .on(t.takenAt, t.id)
      .where(sql`deleted_at is null and visibility = 'public'`),
    index("media_owner_timeline").on(t.ownerId, t.takenAt, t.id).where(sql`deleted_at is null`),
    // The few that have stars, by their number; without it a search for five would walk through all that have fewer or none.
    index("media_stars")
      .on(t.ownerId, t.rating, t.takenAt, t.id)
      .where(sql`rating > 0 and deleted_at is null`),
    // The four orders of the admin list; each walks its index, whatever the library holds.
    index("media_added").on(t.createdAt, t.id).where(sql`purged_at is null`),
    index("media_taken").on(t.takenAt, t.id).where(sql`purged_at is null`),
    index("media_bytes").on(t.bytes, t.id).where(sql`purged_at is null`),
    index("media_title")
      .on(sql`media_sort_title(title, filename) collate "C"`, t.id)
      .where(sql`purged_at is null`),
    // What is rare is found here; what is common, by walking an order. Small: most rows are in none of the three.
    index("media_trash").on(t.deletedAt, t.id).where(sql`deleted_at is not null and purged_at is null`),
    // One person's trash; without the owner a page of it would walk through everybody else's.
    index("media_owner_trash")
      .on(t.ownerId, t.deletedAt, t.id)
      .where(sql`deleted_at is not null and purged_at is null`),
    index("media_unlisted").on(t.createdAt, t.id).where(sql`visibility = 'unlisted' and purged_at is null`),
    index("media_rare_type").on(t.mime).where(sql`mime <> 'image/jpeg' and purged_at is null`),
    index("media_text")
      .using("gin", sql`media_search_text(title, filename) gin_trgm_ops`)
      .where(sql`purged_at is null`),
    check("media_purged_after_deleted", sql`${t.purgedAt} is null or ${t.deletedAt} is not null`),
    check("media_rating", sql`${t.rating} between 0 and 5`),
    check("media_size", sql`${t.width} > 0 and ${t.height} > 0 and ${t.bytes} > 0`),
  ],
);

/**
 * Halves of pictures that a telephone stores as two files, a still and a clip. A row per medium that is one: it tells
 * which other half belongs to it, and keeps the clip as it was uploaded once the two have met. Then the medium is the
 * still, and the clip its second original: kept, trashed, purged and counted with it.
 */
export const halves = pgTable(
  "halves",
  {
    mediaId: uuid("media_id")
      .primaryKey()
      .references(() => media.id, { onDelete: "cascade" }),
    ownerId: uuid("owner_id").notNull(),
    /** What the telephone wrote into both. */
    contentId: text("content_id").notNull(),
    /** Of a still that has its clip: the second original. The key goes when the medium is purged, the rest tells what it was. */
    clipKey: text("clip_key").unique(),
    clipBytes: bigint("clip_bytes", { mode: "number" }),
    clipSha256: digest("clip_sha256"),
    clipMime: mediaType("clip_mime"),
    clipFilename: text("clip_filename"),
  },
  (t) => [
    index("halves_content").on(t.ownerId, t.contentId),
    index("halves_clip").on(t.ownerId, t.clipSha256).where(sql`clip_sha256 is not null`),
    check(
      "halves_clip_whole",
      sql`num_nulls(${t.clipBytes}, ${t.clipSha256}, ${t.clipMime}, ${t.clipFilename}) in (0, 4)
        and (${t.clipKey} is null or ${t.clipSha256} is not null)`,
    ),
  ],
);

/** Totals of what is ready and not deleted, kept by statement-level triggers on media; never counted on request. */
export const mediaMonths = pgTable(
  "media_months",
  {
    ownerId: uuid("owner_id").notNull(),
    visibility: visibility("visibility").notNull(),
    /** First day of the month. */
    month: text("month").notNull(),
    count: integer("count").notNull(),
    /** Σ width ÷ height as lists show it (0.5 to 4), from which the height of a section follows. */
    ratioSum: doublePrecision("ratio_sum").notNull(),
    /** When a row of the month was last added, changed or removed: what an open page may have missed. */
    changedAt: instant("changed_at").notNull().default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.ownerId, t.visibility, t.month] })],
);

/** The same by day, so that a place in the middle of a month of any size is found without counting to it. */
export const mediaDays = pgTable(
  "media_days",
  {
    ownerId: uuid("owner_id").notNull(),
    visibility: visibility("visibility").notNull(),
    day: date("day").notNull(),
    count: integer("count").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.ownerId, t.visibility, t.day] }),
    index("media_days_public").on(t.day).where(sql`visibility = 'public'`),
  ],
);

// Organising. What an order or a filter needs of a medium is copied into album_media and media_tags and kept equal by
// triggers on media: only so is every page of a large album or of a common tag a walk along one index.

export const albums = pgTable(
  "albums",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    parentId: uuid("parent_id"),
    title: text("title").notNull(),
    description: text("description").notNull().default(""),
    /** Who may open its page. What of it they see there is for each picture's own visibility to say. */
    visibility: visibility("visibility").notNull().default("private"),
    coverId: uuid("cover_id").references(() => media.id, { onDelete: "set null" }),
    sort: albumSort("sort").notNull().default("oldest"),
    /** Somebody has put pictures where they wanted them; until then the order by hand begins as the one shown before. */
    arranged: boolean("arranged").notNull().default(false),
    /** Live media in it, and those of them that others may see; kept by triggers on album_media. */
    count: integer("count").notNull().default(0),
    unlistedCount: integer("unlisted_count").notNull().default(0),
    publicCount: integer("public_count").notNull().default(0),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [
    // Deleting an album takes neither its pictures nor the albums in it.
    foreignKey({ columns: [t.parentId], foreignColumns: [t.id], name: "albums_parent" }).onDelete("set null"),
    index("albums_owner_title").on(
      t.ownerId,
      t.parentId,
      sql`search_fold(left(title, 100)) collate "C"`,
      t.id,
    ),
    index("albums_parent_title").on(t.parentId, sql`search_fold(left(title, 100)) collate "C"`, t.id),
    index("albums_public_title")
      .on(sql`search_fold(left(title, 100)) collate "C"`, t.id)
      .where(sql`visibility = 'public'`),
    index("albums_cover").on(t.coverId).where(sql`cover_id is not null`),
    index("albums_text").using("gin", sql`search_fold(title) gin_trgm_ops`),
    check("albums_not_in_itself", sql`${t.parentId} <> ${t.id}`),
  ],
);

/** Which media are in which album. The columns from `takenAt` on are copies. */
export const albumMedia = pgTable(
  "album_media",
  {
    albumId: uuid("album_id")
      .notNull()
      .references(() => albums.id, { onDelete: "cascade" }),
    mediaId: uuid("media_id")
      .notNull()
      .references(() => media.id, { onDelete: "cascade" }),
    /** The order by hand. Between any two there is always room for any number more. */
    position: numeric("position").notNull(),
    /** Ascending in the order of adding, also among those added at once. */
    number: bigint("number", { mode: "number" }).notNull(),
    addedAt: instant("added_at").notNull().default(sql`now()`),
    takenAt: instant("taken_at").notNull(),
    title: text("title").notNull(),
    visibility: visibility("visibility").notNull(),
    /** Not in the trash. */
    live: boolean("live").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.albumId, t.mediaId] }),
    index("album_media_medium").on(t.mediaId),
    // The visibility rides along: what others may not see is stepped over without looking at the rows.
    index("album_media_taken").on(t.albumId, t.takenAt, t.mediaId, t.visibility).where(sql`live`),
    index("album_media_number").on(t.albumId, t.number, t.mediaId, t.visibility).where(sql`live`),
    index("album_media_title")
      .on(t.albumId, sql`title collate "C"`, t.mediaId, t.visibility)
      .where(sql`live`),
    index("album_media_position").on(t.albumId, t.position, t.mediaId, t.visibility).where(sql`live`),
  ],
);

/** A person's own words for their own media. */
export const tags = pgTable(
  "tags",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** search_fold(name): "Café" and "cafe" are one tag. */
    folded: text("folded").notNull(),
    /** Live media that have it; kept by triggers. */
    count: integer("count").notNull().default(0),
    createdAt: created(),
  },
  (t) => [
    uniqueIndex("tags_owner_folded").on(t.ownerId, sql`folded collate "C"`),
    index("tags_folded").on(sql`folded collate "C"`, t.id),
    index("tags_text").using("gin", sql`folded gin_trgm_ops`),
  ],
);

/** Which media have which tag. `takenAt` and `live` are copies. */
export const mediaTags = pgTable(
  "media_tags",
  {
    tagId: uuid("tag_id")
      .notNull()
      .references(() => tags.id, { onDelete: "cascade" }),
    mediaId: uuid("media_id")
      .notNull()
      .references(() => media.id, { onDelete: "cascade" }),
    addedAt: instant("added_at").notNull().default(sql`now()`),
    takenAt: instant("taken_at").notNull(),
    live: boolean("live").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tagId, t.mediaId] }),
    index("media_tags_medium").on(t.mediaId),
    index("media_tags_taken").on(t.tagId, t.takenAt, t.mediaId).where(sql`live`),
  ],
);

/** `takenAt` is a copy: a search goes through a person's favourites in the order of time. */
export const favourites = pgTable(
  "favourites",
  {
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    mediaId: uuid("media_id")
      .notNull()
      .references(() => media.id, { onDelete: "cascade" }),
    createdAt: created(),
    takenAt: instant("taken_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.mediaId] }),
    index("favourites_medium").on(t.mediaId),
    index("favourites_newest").on(t.userId, t.createdAt, t.mediaId),
    index("favourites_taken").on(t.userId, t.takenAt, t.mediaId),
  ],
);

/** What somebody did to one medium or to fifty thousand, for as long as it can be taken back. */
export const changes = pgTable(
  "changes",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: changeKind("kind").notNull(),
    undoneAt: instant("undone_at"),
    createdAt: created(),
  },
  (t) => [index("changes_created").on(t.createdAt), index("changes_user").on(t.userId)],
);

/** What it was before and what it was made, for each medium that changed; written by the statement that changed it. */
export const changeRows = pgTable(
  "change_rows",
  {
    /** A trigger on changes takes these rows along; a constraint would be checked for each of fifty thousand. */
    changeId: uuid("change_id").notNull(),
    mediaId: uuid("media_id").notNull(),
    /** The album or the tag that the medium came into or left. */
    placeId: uuid("place_id"),
    before: jsonb("before"),
    after: jsonb("after"),
  },
  (t) => [index("change_rows_change").on(t.changeId)],
);

/** Objects to remove, each remembered until the store confirmed it. */
export const purges = pgTable(
  "purges",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    key: text("key").notNull(),
    reason: text("reason").notNull(),
    /** The medium whose trash window this purge ends. */
    mediaId: uuid("media_id"),
    notBefore: instant("not_before").notNull(),
    attempts: integer("attempts").notNull().default(0),
    leaseUntil: instant("lease_until"),
    lastError: text("last_error"),
    doneAt: instant("done_at"),
    createdAt: created(),
  },
  (t) => [
    index("purges_open").on(t.notBefore).where(sql`done_at is null`),
    index("purges_media").on(t.mediaId).where(sql`done_at is null`),
    index("purges_key").on(t.key).where(sql`done_at is null`),
  ],
);

/** The pictures that came with `--sample`: which upload brings each, and, once it is shown and described, its medium. */
export const samples = pgTable("samples", {
  number: smallint("number").primaryKey(),
  ownerId: uuid("owner_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  clientToken: uuid("client_token").notNull().unique().defaultRandom(),
  mediaId: uuid("media_id").references(() => media.id, { onDelete: "cascade" }),
});

/**
 * What a search reads of each medium that is not deleted; triggers on media keep it. Rows of a library that is older than
 * this table are filled in by the worker. The index holds the terms that search_terms makes of a row: see its migration.
 * Over a library that is older than they are, the worker makes these indexes (search-index.ts).
 */
export const mediaSearch = pgTable(
  "media_search",
  {
    mediaId: uuid("media_id").primaryKey(),
    ownerId: uuid("owner_id").notNull(),
    /** Public: found by everybody. */
    open: boolean("open").notNull(),
    takenAt: instant("taken_at").notNull(),
    /** Folded, a space around each word: title, description, alt text, camera, lens. */
    words: text("words").notNull(),
    /** For the owner alone: the file's name. */
    ownWords: text("own_words").notNull(),
    /** "y:jpeg", "o:l", "c:<camera>": what filters ask for. */
    facts: text("facts").array().notNull(),
    /** For the owner alone: visibility, place. */
    ownFacts: text("own_facts").array().notNull(),
    /** Its keys are in the index. Until the worker has put them there, a search reads the row itself. */
    keyed: boolean("keyed").notNull().default(false),
  },
  (t) => [
    index("media_search_terms")
      .using(
        "gin",
        sql`search_terms(${t.ownerId}, ${t.open}, ${t.takenAt}, ${t.words}, ${t.ownWords}, ${t.facts}, ${t.ownFacts})`,
      )
      // Every window of a search would read the list of what is not yet sorted in.
      .with({ fastupdate: false })
      .where(sql`keyed`),
    index("media_search_own_time").on(t.ownerId, t.takenAt, t.mediaId).where(sql`keyed`),
    index("media_search_open_time").on(t.takenAt, t.mediaId).where(sql`keyed and open`),
    index("media_search_due").on(t.takenAt, t.mediaId).where(sql`not keyed`),
  ],
);

/**
 * How many pictures a camera or a lens took, by owner and by whether everybody may see them, and how many were taken at a
 * place, which is its owner's alone whatever the picture is; kept by triggers on media.
 */
export const mediaGear = pgTable(
  "media_gear",
  {
    ownerId: uuid("owner_id").notNull(),
    open: boolean("open").notNull(),
    kind: text("kind", { enum: ["camera", "lens", "place"] }).notNull(),
    name: text("name").notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.ownerId, t.open, t.kind, t.name] }),
    // From name to name, and of each the owners with most: neither grows with how many people there are.
    index("media_gear_open").on(t.kind, t.name, t.count.desc()).where(sql`open and count > 0`),
  ],
);

/** One row while pictures that are older than the search wait for their place in it: all up to `after` have it. */
export const searchBackfill = pgTable("search_backfill", { after: uuid("after").primaryKey() });

/** One row while pictures that are older than the names of places wait for theirs: all up to `after` have them. */
export const placeBackfill = pgTable("place_backfill", { after: uuid("after").primaryKey() });

export type User = typeof users.$inferSelect;
export type Session = typeof sessions.$inferSelect;
export type Invite = typeof invites.$inferSelect;
export type Upload = typeof uploads.$inferSelect;
export type Media = typeof media.$inferSelect;
export type NewMedia = typeof media.$inferInsert;
// Sharing

/** A link for one recipient. Its token is derived from `salt` and a secret of the server; only its hash is here. */
export const shares = pgTable(
  "shares",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: shareKind("kind").notNull(),
    tokenHash: digest("token_hash").notNull().unique(),
    salt: bytea("salt").notNull(),
    /** Who it is for; shown to its maker alone. */
    label: text("label").notNull(),
    /** What its visitors read above a selection. */
    title: text("title").notNull().default(""),
    /** The album it follows, or that guests add to; null ends the share, because the album was deleted. */
    albumId: uuid("album_id").references(() => albums.id, { onDelete: "set null" }),
    /** Of an album: its visitors find the albums in it as well. */
    withAlbums: boolean("with_albums").notNull().default(false),
    passwordHash: text("password_hash"),
    expiresAt: instant("expires_at"),
    visitsMax: integer("visits_max"),
    downloadsMax: integer("downloads_max"),
    visits: integer("visits").notNull().default(0),
    downloads: integer("downloads").notNull().default(0),
    download: shareDownload("download").notNull().default("renditions"),
    /** What guests may send through it altogether. */
    bytesMax: bigint("bytes_max", { mode: "number" }),
    filesMax: integer("files_max"),
    lastVisitAt: instant("last_visit_at"),
    revokedAt: instant("revoked_at"),
    createdAt: created(),
    updatedAt: updated(),
  },
  (t) => [
    index("shares_owner").on(t.ownerId, t.createdAt, t.id),
    index("shares_album").on(t.albumId, t.createdAt, t.id),
    check(
      "shares_inbox_bounded",
      sql`${t.kind} <> 'inbox' or (${t.bytesMax} is not null and ${t.filesMax} is not null)`,
    ),
  ],
);

/** What a selection holds: frozen, in the order it was chosen in. */
export const shareMedia = pgTable(
  "share_media",
  {
    shareId: uuid("share_id")
      .notNull()
      .references(() => shares.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    mediaId: uuid("media_id")
      .notNull()
      .references(() => media.id, { onDelete: "cascade" }),
  },
  (t) => [
    primaryKey({ columns: [t.shareId, t.position] }),
    uniqueIndex("share_media_once").on(t.shareId, t.mediaId),
    index("share_media_medium").on(t.mediaId),
  ],
);

/** Who came: the network, too short to name anybody, and the family of the browser. Nothing else is kept. */
export const shareVisits = pgTable(
  "share_visits",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    shareId: uuid("share_id")
      .notNull()
      .references(() => shares.id, { onDelete: "cascade" }),
    at: instant("at").notNull().default(sql`now()`),
    network: text("network").notNull(),
    browser: text("browser").notNull(),
  },
  (t) => [index("share_visits_share").on(t.shareId, t.at, t.id), index("share_visits_at").on(t.at)],
);

/** A browser that sends pictures through a guest link, under the name its person gave. */
export const guests = pgTable(
  "guests",
  {
    id: uuid("id").primaryKey(),
    shareId: uuid("share_id")
      .notNull()
      .references(() => shares.id, { onDelete: "cascade" }),
    name: text("name").notNull().default(""),
    createdAt: created(),
  },
  (t) => [index("guests_share").on(t.shareId)],
);

/** What guests sent and nobody has looked at yet. Its medium counts as deleted until it is taken into the album. */
export const arrivals = pgTable(
  "arrivals",
  {
    mediaId: uuid("media_id")
      .primaryKey()
      .references(() => media.id, { onDelete: "cascade" }),
    shareId: uuid("share_id")
      .notNull()
      .references(() => shares.id, { onDelete: "restrict" }),
    guestId: uuid("guest_id").notNull(),
    createdAt: created(),
  },
  (t) => [index("arrivals_share").on(t.shareId, t.createdAt, t.mediaId)],
);

export type Album = typeof albums.$inferSelect;
export type Tag = typeof tags.$inferSelect;
export type Half = typeof halves.$inferSelect;
export type Purge = typeof purges.$inferSelect;
export type Share = typeof shares.$inferSelect;
export type NewShare = typeof shares.$inferInsert;
