/** The shapes of what a share may be given. */
import { z } from "zod";
import { shareDownloads } from "../media.ts";
import { guestFilesMax, labelMax, sharePasswordMax, sharePasswordMin, titleMax } from "./rules.ts";

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
