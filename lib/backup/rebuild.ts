/**
 * What the bucket has and the database does not know: originals that are younger than the backup, or all of them where
 * there is none. Each is read and verified by the worker like an upload, where it lies, and becomes a private picture of
 * whoever uploaded it, as the object itself says.
 */
import pLimit from "p-limit";
import type { Db } from "#db/client.ts";
import { knownOwner, mentioned } from "#db/queries/reconcile.ts";
import { bring } from "../import/bring.ts";
import { type Verdict, verification } from "../import/verification.ts";
import type { RejectCode } from "../media.ts";
import { broughtOf } from "../reconcile/act.ts";
import { objectsOf } from "../reconcile/streams.ts";
import type { ObjectHead, Storage } from "../storage/port.ts";
import { readOriginalMeta } from "../uploads/original-meta.ts";

export type RebuildOutcome = "back" | "queued" | "known" | "duplicate" | "refused" | "no_room" | "gone";
export type RebuildEvent = { key: string; outcome: RebuildOutcome; bytes: number; code?: RejectCode };

export type RebuildOptions = {
  /** Whose a picture becomes whose object does not say, or names nobody there is. */
  ownerId: string;
  wait: boolean;
  signal: AbortSignal;
  onEvent: (event: RebuildEvent) => void;
  onSilence: () => void;
};

const pageSize = 500;
const looksAtOnce = 16;
const openMax = 500;

/** Looks through media/ and brings back what is not known. Throws StorageError. */
export async function rebuild(db: Db, storage: Storage, options: RebuildOptions): Promise<void> {
  const verdicts = verification<ObjectHead>(db, {
    openMax,
    signal: options.signal,
    onVerdict: ({ key, bytes }, verdict) => options.onEvent({ key, bytes, ...told(verdict) }),
    onSilence: options.onSilence,
  });
  let page: ObjectHead[] = [];
  const flush = async (): Promise<void> => {
    const fresh = await unknownOf(db, page, options);
    page = [];
    const looking = pLimit(looksAtOnce);
    const described = await Promise.all(fresh.map((object) => looking(() => storage.describe(object.key))));
    const byOwner = new Map<string, NonNullable<(typeof described)[number]>[]>();
    for (const object of described) {
      if (object === undefined) continue;
      const said = readOriginalMeta(object.metadata).ownerId;
      const ownerId = (await knownOwner(db, said, options.ownerId)) ?? options.ownerId;
      byOwner.set(ownerId, [...(byOwner.get(ownerId) ?? []), object]);
    }
    for (const [ownerId, objects] of byOwner) {
      const { rows, noRoom } = await bring(
        db,
        ownerId,
        objects.map((object) => broughtOf(object, ownerId)),
      );
      for (const one of noRoom)
        options.onEvent({ key: one.stagingKey, bytes: one.bytes, outcome: "no_room" });
      for (const row of rows) {
        const object = objects.find(({ key }) => key === row.stagingKey);
        if (object === undefined) continue;
        if (options.wait) await verdicts.add(row.id, object);
        else options.onEvent({ key: object.key, bytes: object.bytes, outcome: "queued" });
      }
    }
  };
  for await (const object of objectsOf(storage, "media/")) {
    if (options.signal.aborted) break;
    page.push(object);
    if (page.length >= pageSize) await flush();
  }
  if (!options.signal.aborted) await flush();
  for (const { key, bytes } of await verdicts.settled()) options.onEvent({ key, bytes, outcome: "queued" });
}

async function unknownOf(db: Db, page: ObjectHead[], options: RebuildOptions): Promise<ObjectHead[]> {
  const known = await mentioned(
    db,
    page.map(({ key }) => key),
  );
  for (const { key, bytes } of page) if (known.has(key)) options.onEvent({ key, bytes, outcome: "known" });
  return page.filter(({ key }) => !known.has(key));
}

function told(verdict: Verdict): { outcome: RebuildOutcome; code?: RejectCode } {
  if (verdict.verdict === "ready") return { outcome: "back" };
  if (verdict.verdict === "gone") return { outcome: "gone" };
  if (verdict.verdict === "superseded") return { outcome: "queued" };
  return verdict.code === "duplicate" ? { outcome: "duplicate" } : { outcome: "refused", code: verdict.code };
}
