/**
 * A trial from a person's own browser: what is sent there and what comes back. Safe in a browser; the server's half is
 * in browser.ts.
 */
import { z } from "zod";
import { type BrowserProbeId, browserProbeIds, type Finding } from "./finding.ts";

/** Permits for objects of the doctor's own; whatever is done with them is removed at the end of the trial. */
export type Trial = {
  id: string;
  /** Base64. */
  picture: string;
  pictureType: string;
  /** undefined: uploads do not travel by form on this store. */
  post: { url: string; fields: Record<string, string> } | undefined;
  put: { url: string; headers: Record<string, string> };
  /** undefined: the store takes no parts. */
  part: { url: string; headers: Record<string, string>; uploadId: string } | undefined;
  /** The address of a picture, as pages carry them. */
  show: string;
};

/** What a browser saw of one step. `status` 0: it was given no answer to read. */
const seenShape = z.strictObject({
  id: z.enum(browserProbeIds),
  ok: z.boolean(),
  status: z.int().min(0).max(999),
  /** What was wrong with an answer that did come. */
  flaw: z.enum(["etag", "bytes"]).optional(),
});
export type Seen = z.infer<typeof seenShape>;

export const reportShape = z.strictObject({
  uploadId: z.string().max(1024).optional(),
  seen: z.array(seenShape).max(browserProbeIds.length),
});
export type Report = z.infer<typeof reportShape>;

/** 26 characters of base32: nothing else can be named by it. */
export const trialIdShape = z.strictObject({ id: z.string().regex(/^[a-z2-7]{26}$/) });

export type BrowserFinding = Finding<BrowserProbeId>;
