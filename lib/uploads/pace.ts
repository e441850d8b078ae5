/** How often one person may ask for policies and for looks into the bucket: each costs a signature or a request. */
import type { Viewer } from "../media.ts";
import { take } from "../rate-limit.ts";

const policies = { points: 6_000, seconds: 60 };
const looks = { points: 3_000, seconds: 60 };

/** Counts policies handed out, one a file. Throws rate_limited. Nobody is counted who is refused anyway. */
export async function pacePolicies(viewer: Viewer | undefined, files: number): Promise<void> {
  if (viewer !== undefined) await take(`policies:${viewer.id}`, policies, undefined, files);
}

/** Counts looks into the bucket, one an upload. Throws rate_limited. */
export async function paceLooks(viewer: Viewer | undefined, uploads: number): Promise<void> {
  if (viewer !== undefined) await take(`looks:${viewer.id}`, looks, undefined, uploads);
}
