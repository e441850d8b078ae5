/** A look from the library into the bucket, and the doctor's own traces. */
import { newestOriginals } from "#db/queries/doctor.ts";
import { StorageError } from "../storage/port.ts";
import { aws, listed, run, set } from "./advice.ts";
import { listOf, named, nodeAt, textAt, xmlOf } from "./ask.ts";
import { fail, ok, type Probe, skip, warn } from "./probe.ts";
import type { Visit } from "./visit.ts";

const sampleMax = 20;
const foldersMax = 20;

export const libraryProbe: Probe<Visit> = {
  id: "library",
  needs: ["bucket", "list"],
  async run(visit) {
    if (visit.db === undefined) return skip("There is no database to compare with.");
    const rows = await newestOriginals(visit.db, sampleMax).catch(() => undefined);
    if (rows === undefined)
      return warn("The library could not be read from the database.", {
        say: "Look whether the database runs and DATABASE_URL is right; its tables are brought up to date with:",
        run: "tintype migrate",
      });
    const [newest] = rows;
    if (newest === undefined) return ok("The library is empty.");
    const missing: string[] = [];
    const changed: string[] = [];
    for (const { key, bytes } of rows) {
      const answer = await visit.raw({ method: "HEAD", key: visit.bucket.location + key });
      if (answer.status === 404) missing.push(key);
      else if (answer.status !== 200)
        return warn(`An original could not be looked up (${named(answer)}).`, {
          say: "Run this again; see also what is said about media/.",
        });
      else if (Number(answer.headers["content-length"]) !== bytes) changed.push(key);
    }
    const of = rows.length === 1 ? "the one original" : `the ${rows.length} newest originals`;
    if (missing.length === rows.length) {
      const elsewhere = await folderOf(visit, newest.key);
      if (elsewhere !== undefined)
        return fail(
          `None of ${of} is in the folder "${visit.bucket.location}" of the bucket; they are in "${elsewhere}".`,
          set("Name the folder where they are:", { S3_PREFIX: elsewhere.replace(/\/$/, "") }),
        );
    }
    if (missing.length > 0)
      return fail(
        `Of ${of}, ${missing.length} ${missing.length === 1 ? "is" : "are"} not in the bucket, such as ${missing[0]}.`,
        run(
          "Either this is another bucket than the one they were put into (S3_BUCKET, S3_ENDPOINT, S3_PREFIX), or they were removed by hand or by a lifecycle rule: bring them back from a backup or an older version:",
          `${aws(visit, "list-object-versions")} --prefix ${visit.bucket.location}${missing[0]}`,
        ),
      );
    if (changed.length > 0)
      return fail(
        `Of ${of}, ${changed.length} have another size in the bucket than in the library, such as ${listed(changed.slice(0, 1))}.`,
        {
          say: "Someone wrote over them: bring the first version back, and keep other programs out of media/.",
          run: `${aws(visit, "list-object-versions")} --prefix ${visit.bucket.location}${changed[0]}`,
        },
      );
    return ok(
      `${of.charAt(0).toUpperCase()}${of.slice(1)} ${rows.length === 1 ? "is" : "are"} in the bucket, with the right size.`,
    );
  },
};

/** The folder in the bucket below which a key is, when it is not where the settings say. */
async function folderOf(visit: Visit, key: string): Promise<string | undefined> {
  const list = await visit.raw({
    method: "GET",
    query: { "list-type": "2", delimiter: "/", "max-keys": "1000" },
  });
  const folders = listOf(nodeAt(xmlOf(list.body), "ListBucketResult", "CommonPrefixes"))
    .map((node) => textAt(node, "Prefix") ?? "")
    .slice(0, foldersMax);
  for (const folder of ["", ...folders]) {
    if (folder === visit.bucket.location) continue;
    if ((await visit.raw({ method: "HEAD", key: folder + key })).status === 200) return folder;
  }
  return undefined;
}

export const leftoversProbe: Probe<Visit> = {
  id: "leftovers",
  needs: ["bucket", "lock"],
  async run(visit) {
    const { left, swept } = await visit.traces.clear();
    await endAbandonedParts(visit);
    if (left.length > 0 && visit.facts.isWebKey === true)
      return ok(
        `These credentials may remove nothing; the worker clears the ${left.length} objects out of incoming/.`,
      );
    if (left.length === 0)
      return ok(
        swept === 0
          ? "Nothing of this examination is left in the bucket."
          : `Nothing is left; ${swept === 1 ? "one object" : `${swept} objects`} of an earlier one that was broken off went too.`,
      );
    return warn(
      `${left.length === 1 ? "One object" : `${left.length} objects`} of this examination could not be removed, such as ${left[0]}.`,
      run(
        "Remove them (everything named probe- under incoming/, media/ and derived/ is the doctor's):",
        ...left.slice(0, 10).map((key) => `${aws(visit, "delete-object")} --key ${key}`),
      ),
    );
  },
};

const abandonedMs = 60 * 60_000;

/** Parts of a trial whose browser went away; nothing else is begun under these names. */
async function endAbandonedParts(visit: Visit): Promise<void> {
  const { multipart } = visit.storage;
  try {
    for await (const { key, uploadId, started } of multipart.open("incoming/probe-"))
      if (Date.now() - started.getTime() > abandonedMs) await multipart.abort(key, uploadId);
  } catch (error) {
    // They may not be listed with these credentials, or the store has none: the lifecycle rule ends them.
    if (!(error instanceof StorageError)) throw error;
  }
}
