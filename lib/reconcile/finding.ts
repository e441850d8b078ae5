/** What database and bucket can disagree about, and what is done about it. */
import { z } from "zod";

export const findingClasses = [
  "missing_original",
  "missing_rendition",
  "orphan_original",
  "orphan_rendition",
  "size_mismatch",
  "hash_mismatch",
  "stale_staging",
  "abandoned_multipart",
  "impossible_row",
  "quota_drift",
  "purge_overdue",
  "dead_job",
  "unknown",
] as const;
export type FindingClass = (typeof findingClasses)[number];

export const remedies = [
  /** Becomes a private medium where it lies, after the usual verification. */
  "adopt",
  /** Comes back from the quarantine, where the object of this key is. */
  "bring_back",
  /** Its renditions are made anew. */
  "derive",
  /** Moved below quarantine/, from where a command brings it back. */
  "quarantine",
  /** The store forgets the parts of an upload that nobody goes on with. */
  "abort",
  /** The books are made to say what the rows add up to. */
  "recount",
  /** The end of its days in the trash is put down again. */
  "schedule",
  /** Gets all its tries once more. */
  "retry",
  /** For a person. */
  "none",
] as const;
export type Remedy = (typeof remedies)[number];

export const findingShape = z.strictObject({
  class: z.enum(findingClasses),
  remedy: z.enum(remedies),
  /** An object's key, or a folder with a slash at its end. */
  key: z.string().optional(),
  bytes: z.number().optional(),
  etag: z.string().optional(),
  /** The id of the row it is about: a medium, an upload, an owner, a purge, a job, or a multipart upload. */
  id: z.string().optional(),
  /** What is the matter, in a sentence. */
  note: z.string(),
});
export type Finding = z.infer<typeof findingShape>;

/** Remedies that bring something back, done before those that take something away. */
export const isGiving = (remedy: Remedy): boolean =>
  remedy !== "quarantine" && remedy !== "abort" && remedy !== "none";
