/**
 * The vocabulary, safe in the browser: what a medium is, which states an upload passes, which types and sizes
 * are taken, and what is answered. What may be asked is in uploads/asked.ts. Rules are cited as R-n.
 *
 * media      the thing people see · original: its bytes · rendition: bytes made from it
 * upload     the act of bringing an original in; has a ledger row whatever becomes of it
 * viewer     who is asking
 */

export const pictureTypes = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/avif",
  "image/gif",
  "image/heic",
] as const;
export type PictureType = (typeof pictureTypes)[number];
export const videoTypes = ["video/mp4", "video/quicktime", "video/webm"] as const;
export type VideoType = (typeof videoTypes)[number];
export const mediaTypes = [...pictureTypes, ...videoTypes] as const;
export type MediaType = (typeof mediaTypes)[number];

export const isVideo = (type: string): type is VideoType => videoTypes.some((video) => video === type);

/** A still (animated or not), a still that has a moving part, or a video. */
export const mediaKinds = ["picture", "live", "video"] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** What people call the types, in every language. */
export const typeNames: Record<MediaType, string> = {
  "image/jpeg": "JPEG",
  "image/png": "PNG",
  "image/webp": "WebP",
  "image/avif": "AVIF",
  "image/gif": "GIF",
  "image/heic": "HEIC",
  "video/mp4": "MP4",
  "video/quicktime": "QuickTime",
  "video/webm": "WebM",
};

export const extensionOf: Record<MediaType, string> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/avif": "avif",
  "image/gif": "gif",
  "image/heic": "heic",
  "video/mp4": "mp4",
  "video/quicktime": "mov",
  "video/webm": "webm",
};

const endings: Record<MediaType, readonly string[]> = {
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/png": ["png", "apng"],
  "image/webp": ["webp"],
  "image/avif": ["avif"],
  "image/gif": ["gif"],
  "image/heic": ["heic", "heif", "hif"],
  "video/mp4": ["mp4", "m4v"],
  "video/quicktime": ["mov", "qt"],
  "video/webm": ["webm"],
};

/** By the ending of a name, in lower case and without its dot; undefined for one that says nothing. */
export const typeOfEnding = (ending: string): MediaType | undefined =>
  mediaTypes.find((type) => endings[type].includes(ending));

/** A file's name with an ending of its type: under a wrong one, another program would open it, or none. */
export function downloadName(name: string, type: MediaType): string {
  const [, stem = name, ending = ""] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
  const found = ending.toLowerCase();
  if (endings[type].includes(found)) return name;
  const isOther = Object.values(endings).some((known) => known.includes(found));
  return `${isOther ? stem : name}.${extensionOf[type]}`;
}

export const visibilities = ["private", "unlisted", "public"] as const;
export type Visibility = (typeof visibilities)[number];

/** How the media of an album are ordered. By hand means by the position each was given. */
export const albumSorts = ["newest", "oldest", "added", "title", "manual"] as const;
export type AlbumSort = (typeof albumSorts)[number];

/** What a link leads to: an album as it is now, a choice that was frozen, or the door through which guests add pictures. */
export const shareKinds = ["album", "selection", "inbox"] as const;
export type ShareKind = (typeof shareKinds)[number];

/** What visitors of a share may take away with them. */
export const shareDownloads = ["none", "renditions", "originals"] as const;
export type ShareDownload = (typeof shareDownloads)[number];

/**
 * When a medium that waits for approval "was deleted": before there was anything to delete. Every list leaves it out
 * as it does the trash, and the trash, which is in order of this time, ends before it.
 */
export const waitingSince: Date = new Date(0);

/** What can be done to many media at once. */
export const changeKinds = [
  "date",
  "texts",
  "visibility",
  "rating",
  "trash",
  "tags",
  "album",
  "favourite",
  "albumDeleted",
] as const;
export type ChangeKind = (typeof changeKinds)[number];

export const roles = ["owner", "admin", "member", "viewer"] as const;
export type Role = (typeof roles)[number];

/** Who is asking. `undefined` stands for an anonymous visitor. */
export type Viewer = {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** Kept with the account, where one was chosen. */
  language?: string | null;
  theme?: string | null;
};

export const canUpload = (viewer: Viewer | undefined): viewer is Viewer =>
  viewer !== undefined && viewer.role !== "viewer";
export const canAdminister = (viewer: Viewer | undefined): viewer is Viewer =>
  viewer !== undefined && (viewer.role === "owner" || viewer.role === "admin");

/** issued → verifying → ready | rejected; issued | verifying → cancelled; issued → expired. */
export const uploadStates = ["issued", "verifying", "ready", "rejected", "cancelled", "expired"] as const;
export type UploadState = (typeof uploadStates)[number];
export const openStates = ["issued", "verifying"] as const satisfies readonly UploadState[];

/** How bytes travel: a form with a policy, a signed PUT, or signed parts for what is large. */
export const transports = ["post", "put", "multipart"] as const;
export type Transport = (typeof transports)[number];

/** Why an upload was refused after its bytes were read; the sentence is `rejects.<code>` in the catalogue. */
export const rejectCodes = [
  "size_mismatch",
  "checksum_mismatch",
  "not_an_image",
  "unsupported_type",
  "heic_unsupported",
  "type_mismatch",
  "corrupt",
  "too_many_pixels",
  "too_many_frames",
  "too_much_metadata",
  "took_too_long",
  "duplicate",
  "internal",
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** Pixels, pixels a side, frames, frames × pixels, bytes of colour profile, bytes of EXIF or XMP. */
export const limits = {
  pixelsMax: 100_000_000,
  /** An AVIF is decoded whole at some 15 bytes a pixel: more would not fit into a worker. */
  avifPixelsMax: 50_000_000,
  /** A telephone's 48 megapixels; decoded whole, at some 15 bytes a pixel as well. */
  heicPixelsMax: 50_000_000,
  sideMax: 30_000,
  videoSideMax: 8_192,
  /** Milliseconds: a day. */
  videoDurationMax: 86_400_000,
  framesMax: 300,
  framePixelsMax: 200_000_000,
  profileBytesMax: 4 * 1024 * 1024,
  metadataBytesMax: 1024 * 1024,
  jpegXmpBytesMax: 16 * 1024 * 1024,
  filenameMax: 255,
  titleMax: 200,
  descriptionMax: 5_000,
  tagMax: 60,
  batchMax: 50,
  jsonBytesMax: 64 * 1024,
} as const;

/** The oldest photograph is of 1826; a clock a day ahead is forgiven. Anything else would lead the gallery for ever. */
export const isPlausibleDate = (ms: number): boolean =>
  ms >= Date.UTC(1826, 0, 1) && ms <= Date.now() + 24 * 3_600_000;

/** Seconds a status question may be held back while something is still being verified. */
export const waitSecondsMax = 20;
type Permit = { id: string; expiresAt: string; maxBytes: number };
/** A presigned POST policy: append `fields` verbatim, the file last. `expiresAt` is ISO 8601. */
export type PostPermit = Permit & { transport: "post"; url: string; fields: Record<string, string> };
/** A presigned PUT: the file is the body, each header is sent as it stands here. */
export type PutPermit = Permit & { transport: "put"; url: string; headers: Record<string, string> };
/** The file travels in parts, which are asked for at /parts. `expiresAt` is when the right to ask ends unless renewed. */
export type MultipartPermit = Permit & { transport: "multipart" };
export type UploadPermit = PostPermit | PutPermit | MultipartPermit;

/** A presigned PUT for the bytes from (number - 1) × partBytes on, exactly `bytes` of them. */
export type PartPermit = { number: number; bytes: number; url: string; headers: Record<string, string> };
export type UploadParts = {
  id: string;
  /** Bytes of every part but the last, which has the rest. */
  partBytes: number;
  count: number;
  /** Numbers of the parts that the bucket holds already, ascending. */
  stored: number[];
  /** Those that were asked for, or the first that are missing; never one that is stored. */
  permits: PartPermit[];
  /** ISO 8601. */
  expiresAt: string;
};
/** How many parts one question is answered with. */
export const partsAtOnceMax = 16;
/** One answer per declared file, in the order asked. */
export type BeginAnswer =
  | ({ status: "issued"; clientToken: string } & UploadPermit)
  /** A repeated client token whose upload has gone on since. */
  | ({ status: "known"; clientToken: string } & UploadView)
  | { status: "duplicate"; clientToken: string; mediaId: string }
  | { status: "refused"; clientToken: string; code: string; message: string };

/** What the browser may know of an upload. `message` is the sentence for a reject code. */
export type UploadView = {
  id: string;
  state: UploadState;
  filename: string;
  bytes: number;
  sha256: string;
  mediaId: string | null;
  rejectCode: RejectCode | null;
  message: string | null;
  createdAt: string;
};

/** How an upload stands; the rest of it, whoever asks knows already. */
export type UploadStanding = Pick<UploadView, "id" | "state" | "mediaId" | "rejectCode" | "message">;

/** Answer to a batch completion or a status question for one id. */
export type CompleteAnswer =
  | ({ status: "known" } & UploadStanding)
  | { status: "refused"; id: string; code: string; message: string };

/*
 * POST   /api/uploads               {uploads: BeginFile[]}  → 200 {uploads: BeginAnswer[]}
 * GET    /api/uploads               → 200 {uploads: UploadView[]}: the asker's issued and verifying ones, newest first
 * POST   /api/uploads/complete      {ids, look?}            → 200 {uploads: CompleteAnswer[]}
 * POST   /api/uploads/status        {ids, wait?}            → 200 {uploads: CompleteAnswer[]}
 * POST   /api/uploads/:id/complete  → 200 ready · 202 verifying · 409 object_missing · 422 rejected · 410 gone · 404
 * POST   /api/uploads/:id/renew     → 200 UploadPermit
 * POST   /api/uploads/:id/parts     {numbers?} → 200 UploadParts: what is there, and permits for what is not
 * GET    /api/uploads/:id[?probe=1] → 200 UploadView & {stored?: boolean}
 * DELETE /api/uploads/:id           → 200 UploadView
 * A failure is application/problem+json: {type, title, status, code, detail, requestId, …}.
 */
export type Problem = {
  type: "about:blank";
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
};
