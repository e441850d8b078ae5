/** The numbers and small rules that both sides of the upload share. */
import type { NewPurge } from "#db/queries/purges.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import { isVideo } from "../media.ts";

/** How long an upload stays with a worker that says nothing; a living one renews its lease three times as often. */
export const leaseSeconds = 45;
/** How long an upload may wait for a worker before the sweeper enqueues it again. */
export const queueSeconds = 600;
/** After this long a worker that lost its lease has certainly stopped writing. */
export const writingSeconds = 360;
/** A picture during whose decoding its worker ended this often is refused (F-11). */
export const attemptsMax = 3;
/** The pause before an upload is tried again after a fault. */
export const retrySeconds = 30;
/** And after the first and the second time that its decoder was killed though it was alone: a shortage of memory takes time to pass. */
export const shortageSeconds = [60, 3_600];

/** Bytes an upload of this type may have; of an unknown type, as many as a picture. */
export const bytesMaxFor = (type: string): number =>
  isVideo(type) ? settings().uploads.videoBytesMax : settings().uploads.bytesMax;

/** In place of a key: not an object, but the parts gathered for one. Keys of ours hold no question mark. */
export const abortMark = (key: string, multipartId: string): string => `${key}?uploadId=${multipartId}`;

export function readAbortMark(text: string): { key: string; multipartId: string } | undefined {
  const [, key, multipartId] = /^([^?]+)\?uploadId=(.+)$/.exec(text) ?? [];
  return key === undefined || multipartId === undefined ? undefined : { key, multipartId };
}

/**
 * The staging object goes now, and once more when no permit for it can be used any longer: a replayed one may have
 * brought it back in between (F-14), or once and later when it is kept for somebody to look at. So do parts that were gathered for it (F-32): one that was on its way when they
 * were aborted may have been kept. An object that was in the bucket before Tintype is nobody's staging.
 */
export function stagingPurges(upload: Upload, reason: string, keepSeconds = 0): NewPurge[] {
  if (upload.inPlace) return [];
  if (keepSeconds > 0) return [{ key: upload.stagingKey, reason, inSeconds: keepSeconds }];
  const at = new Date(upload.policyExpiresAt.getTime() + settings().uploads.graceSeconds * 1000);
  const marks = [
    upload.stagingKey,
    ...(upload.multipartId === null ? [] : [abortMark(upload.stagingKey, upload.multipartId)]),
  ];
  return marks.flatMap((key) => [
    { key, reason },
    { key, reason: `${reason}, second pass`, at },
  ]);
}

/**
 * What was written for an upload that did not become a medium. Twice: a worker that was held up for minutes, and does
 * not know yet that its upload is over, may still write, and may then be ended before it can say so.
 */
export const finalPurges = (upload: Upload, reason: string, inSeconds = 0): NewPurge[] =>
  keyPurges([upload.finalKey, upload.renditionFolder && `${upload.renditionFolder}/`], reason, inSeconds);

/** The same for single keys of an upload, or none. */
export function keyPurges(keys: readonly (string | null)[], reason: string, inSeconds = 0): NewPurge[] {
  return keys.flatMap((key) =>
    key === null
      ? []
      : [
          { key, reason, inSeconds },
          { key, reason: `${reason}, second pass`, inSeconds: settings().uploads.ageSecondsMax },
        ],
  );
}
