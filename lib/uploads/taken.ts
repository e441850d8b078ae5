/** When a picture was taken, as its own clock showed it. */
import type { NewMedia, Upload } from "#db/schema.ts";
import type { Facts } from "../imaging/index.ts";

export type Taken = Pick<NewMedia, "takenAt" | "takenSource" | "takenOffset">;

/** Minutes that clocks of a zone of the tz database are ahead of UTC at a moment. */
function offsetOf(timeZone: string, moment: Date): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).formatToParts(
    moment,
  );
  const [, sign, hours, minutes] =
    /^GMT([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === "timeZoneName")?.value ?? "") ?? [];
  return (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
}

/** What a clock showed there and then. Without a zone nobody knows, and UTC is as good a guess as any. */
function shown(moment: Date, timeZone: string | null): Pick<Taken, "takenAt" | "takenOffset"> {
  if (timeZone === null) return { takenAt: moment, takenOffset: null };
  const takenOffset = offsetOf(timeZone, moment);
  return { takenAt: new Date(moment.getTime() + takenOffset * 60_000), takenOffset };
}

/** By the camera, else by the file's own date, else by the upload's: moments, read off a clock where the sender is. */
export function takenOf(
  facts: Facts,
  upload: Pick<Upload, "fileModifiedAt" | "timeZone" | "createdAt">,
): Taken {
  const { timeZone } = upload;
  if (facts.takenAt !== undefined)
    return { takenAt: facts.takenAt, takenSource: "camera", takenOffset: facts.takenOffset ?? null };
  if (facts.moment !== undefined) return { ...shown(facts.moment, timeZone), takenSource: "camera" };
  if (upload.fileModifiedAt !== null)
    return { ...shown(upload.fileModifiedAt, timeZone), takenSource: "file" };
  return { ...shown(upload.createdAt, timeZone), takenSource: "upload" };
}

/** Where this process runs, as its settings have it (TZ): for files that no browser brings. */
export const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "2026-06-01T05:00:00.000+09:00"; without an offset where nobody knows it. */
export function writtenOut({ takenAt, takenOffset }: { takenAt: Date; takenOffset: number | null }): string {
  const clock = takenAt.toISOString().slice(0, -1);
  if (takenOffset === null) return clock;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  const minutes = Math.abs(takenOffset);
  return `${clock}${takenOffset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
