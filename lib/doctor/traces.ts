/**
 * What the doctor writes: objects named probe-… and nothing else, each noted before it is written and removed with
 * every version of it. What a doctor that was killed left behind, a later one removes.
 */
import type { Answer } from "./ask.ts";
import { listOf, nodeAt, textAt, xmlOf } from "./ask.ts";
import type { Unsigned } from "./signed.ts";

export const probePrefixes = ["incoming/", "media/", "derived/"] as const;
export type ProbePrefix = (typeof probePrefixes)[number];

const mark = "probe-";
/** A doctor that still works is never older than this. */
const abandonedMs = 60 * 60_000;
/** In one visit; the next takes the rest. */
const abandonedMax = 500;

export type Traces = {
  /** The whole key for a probe object, noted for removal; `name` tells several of one visit apart. */
  key(prefix: ProbePrefix, name?: string): string;
  /** Removes one object at once and looks whether it is gone. */
  remove(key: string): Promise<Answer>;
  /** Removes everything this visit has written and what older ones forgot. Answers the keys that are still there. */
  clear(): Promise<{ left: string[]; swept: number }>;
};

/** Whether a key of the bucket is one of ours, whichever visit wrote it. */
export const isProbeKey = (location: string, key: string): boolean =>
  probePrefixes.some((prefix) => key.startsWith(`${location}${prefix}${mark}`));

/** The key of a probe object below the location. */
export const probeKey = (prefix: ProbePrefix, visit: string, name: string): string =>
  `${prefix}${mark}${visit}-${name}`;

export function traces(options: {
  location: string;
  name: string;
  raw: (request: Omit<Unsigned, "base">) => Promise<Answer>;
}): Traces {
  const { location, name: visit, raw } = options;
  const written = new Set<string>();

  /** Every version and delete marker of the objects that start with `prefix`; empty where there is no versioning. */
  const versionsOf = async (
    prefix: string,
  ): Promise<{ key: string; versionId: string; modified: number }[]> => {
    const answer = await raw({ method: "GET", query: { versions: "", prefix, "max-keys": "1000" } });
    const root = nodeAt(xmlOf(answer.body), "ListVersionsResult");
    return ["Version", "DeleteMarker"]
      .flatMap((kind) => listOf(nodeAt(root, kind)))
      .map((node) => ({
        key: textAt(node, "Key") ?? "",
        versionId: textAt(node, "VersionId") ?? "null",
        modified: Date.parse(textAt(node, "LastModified") ?? ""),
      }))
      .filter(({ key }) => isProbeKey(location, key));
  };

  const removeVersions = async (prefix: string, before = Number.POSITIVE_INFINITY): Promise<number> => {
    let removed = 0;
    for (const { key, versionId, modified } of await versionsOf(prefix)) {
      if (!(modified < before)) continue;
      await raw({ method: "DELETE", key, query: { versionId } });
      removed += 1;
    }
    return removed;
  };

  const objectsOf = async (prefix: string): Promise<{ key: string; modified: number }[]> => {
    const query = { "list-type": "2", prefix, "max-keys": String(abandonedMax) };
    const answer = await raw({ method: "GET", query });
    return listOf(nodeAt(xmlOf(answer.body), "ListBucketResult", "Contents"))
      .map((node) => ({
        key: textAt(node, "Key") ?? "",
        modified: Date.parse(textAt(node, "LastModified") ?? ""),
      }))
      .filter(({ key }) => isProbeKey(location, key));
  };

  const sweep = async (): Promise<number> => {
    const before = Date.now() - abandonedMs;
    let swept = 0;
    for (const prefix of probePrefixes) {
      const full = `${location}${prefix}${mark}`;
      for (const { key, modified } of await objectsOf(full)) {
        if (!(modified < before)) continue;
        await raw({ method: "DELETE", key });
        swept += 1;
      }
      swept += await removeVersions(full, before);
    }
    return swept;
  };

  return {
    key(prefix, name = String(written.size)) {
      const key = location + probeKey(prefix, visit, name);
      written.add(key);
      return key;
    },
    remove: (key) => raw({ method: "DELETE", key }),
    async clear() {
      for (const key of written) await raw({ method: "DELETE", key });
      const left: string[] = [];
      for (const prefix of probePrefixes) {
        const own = `${location}${prefix}${mark}${visit}-`;
        await removeVersions(own);
        const there = await objectsOf(own);
        left.push(...there.map(({ key }) => key), ...(await versionsOf(own)).map(({ key }) => key));
      }
      // Where nothing may be listed, each object is asked for by itself.
      for (const key of written) if ((await raw({ method: "HEAD", key })).status === 200) left.push(key);
      const swept = await sweep();
      return { left: [...new Set(left)], swept };
    },
  };
}
