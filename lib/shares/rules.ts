/** What a share may be given, as its maker types it. Safe in the browser. */
import { z } from "zod";
import { shareDownloads } from "../media.ts";

export const labelMax = 100;
export const titleMax = 200;
export const sharePasswordMin = 6;
export const sharePasswordMax = 200;
/** More than this at once is an album's business: a choice is kept picture by picture. */
export const chosenMax = 10_000;
/** Visits in the log of one share, and how long they stay there. */
export const visitsKept = 5_000;
export const visitDaysKept = 90;
/** Of one guest link. */
export const guestFilesMax = 5_000;

const cleaned = (max: number) =>
  z
    .string()
    .transform((text) =>
      text
        .toWellFormed()
        .normalize("NFC")
        .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
        .trim(),
    )
    .pipe(z.string().max(max));

const cap = z.int().min(1).max(1_000_000).nullable();

/** Every field may be left out when a share is changed; `null` takes a limit away. */
export const shareSettingsShape = z.strictObject({
  /** For whom: shown to the maker alone. */
  label: cleaned(labelMax).pipe(z.string().min(1)),
  /** What a selection is called; an album has its own title. */
  title: cleaned(titleMax),
  expiresAt: z.date().nullable(),
  password: z.string().min(sharePasswordMin).max(sharePasswordMax).nullable(),
  visitsMax: cap,
  downloadsMax: cap,
  download: z.enum(shareDownloads),
  /** Of an album: the albums in it come along. */
  withAlbums: z.boolean(),
  /** Of a guest link. */
  filesMax: z.int().min(1).max(guestFilesMax),
  bytesMax: z
    .int()
    .min(1_000_000)
    .max(2 ** 50),
});
export type ShareSettings = z.infer<typeof shareSettingsShape>;
export const guestNameShape = cleaned(labelMax);
