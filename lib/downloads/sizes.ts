/** In which sizes the visitors of a share may take a picture with them, and how it is called then. */
import { delivery } from "../delivery/index.ts";
import { extensionOf, type MediaKind, type MediaType, type ShareDownload } from "../media.ts";
import { motionKey, renditionKey } from "../storage/keys.ts";
import type { DownloadSize } from "./shapes.ts";

type Source = {
  avifWidths: number[];
  jpegWidths: number[];
  renditionFolder: string;
  bytes: number;
  originalKey: string | undefined;
  mime: MediaType;
  kind: MediaKind;
  motion: string | null;
};
/** `bytes` where they are known: of an original. */
export type SizeOffer = { size: DownloadSize; width: number | undefined; bytes: number | undefined };

/** What a share offers of a picture, best first. */
export function sizesFor({ download }: { download: ShareDownload }, media: Source): SizeOffer[] {
  if (download === "none") return [];
  const large = media.avifWidths.at(-1);
  // A still of a video is not the video.
  const jpeg = media.kind === "video" ? undefined : media.jpegWidths.at(-1);
  return [
    ...(download === "originals" && media.originalKey !== undefined
      ? [{ size: "original" as const, width: undefined, bytes: media.bytes }]
      : []),
    ...(large === undefined ? [] : [{ size: "large" as const, width: large, bytes: undefined }]),
    ...(jpeg === undefined ? [] : [{ size: "jpeg" as const, width: jpeg, bytes: undefined }]),
  ];
}

/** Where the bytes of one size lie and what their names end with; `undefined` when there is no such size. */
export function placeOf(media: Source, size: DownloadSize): { key: string; ending: string } | undefined {
  if (size === "original")
    return media.originalKey === undefined
      ? undefined
      : { key: media.originalKey, ending: extensionOf[media.mime] };
  if (media.kind === "video") return videoPlace(media);
  const width = (size === "large" ? media.avifWidths : media.jpegWidths).at(-1);
  if (width === undefined) return undefined;
  const ending = size === "large" ? "avif" : "jpg";
  return { key: renditionKey(media.renditionFolder, width, ending), ending };
}

/** A video without what its original says of places; where that says nothing, the original is that. */
function videoPlace(media: Source & { key?: string }): { key: string; ending: string } | undefined {
  if (media.motion !== null)
    return { key: motionKey(media.renditionFolder, media.motion), ending: media.motion };
  const key = media.originalKey ?? media.key;
  return key === undefined ? undefined : { key, ending: extensionOf[media.mime] };
}

/** The address that saves one size under `name`, without its ending; `undefined` when there is no such size. */
export function downloadUrl(media: Source, size: DownloadSize, name: string): string | undefined {
  const place = placeOf(media, size);
  return place === undefined
    ? undefined
    : delivery().url(place.key, {
        download: `${name}.${place.ending}`,
        // An adopted object keeps the type it was given by whoever wrote it, right or wrong.
        ...(size === "original" ? { contentType: media.mime } : {}),
      });
}

type WithClip = {
  clipKey: string | null;
  clipBytes: number | null;
  clipSha256: string | null;
  clipMime: MediaType | null;
};

/** The second original of a picture that is made of two files, as it was uploaded; undefined for all others. */
export const clipOf = ({
  clipKey: key,
  clipBytes: bytes,
  clipSha256: sha256,
  clipMime: mime,
}: WithClip): { key: string; bytes: number; sha256: string; mime: MediaType; ending: string } | undefined =>
  key === null || bytes === null || sha256 === null || mime === null
    ? undefined
    : { key, bytes, sha256, mime, ending: extensionOf[mime] };

/** The address that saves it under `name`, without its ending. */
export function clipUrl(media: WithClip, name: string): string | undefined {
  const clip = clipOf(media);
  return clip && delivery().url(clip.key, { download: `${name}.${clip.ending}`, contentType: clip.mime });
}
