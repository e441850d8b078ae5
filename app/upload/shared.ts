/** Pictures that another app shared with this one: the service worker kept them (public/sw.js). No React. */
import type { Picked } from "./pick.ts";

const cacheName = "tintype-shared";

/** Each of them once, in the order they came; nothing where there is no service worker. */
export async function* pickShared(): AsyncGenerator<Picked> {
  // Missing on plain http.
  if (!("caches" in window) || !(await caches.has(cacheName))) return;
  const cache = await caches.open(cacheName);
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    // Another tab was faster.
    if (kept === undefined || !(await cache.delete(request))) continue;
    const about = new URL(request.url).searchParams;
    const file = new File([await kept.blob()], about.get("name") ?? "", {
      type: kept.headers.get("content-type") ?? "",
      lastModified: Number(about.get("modified")),
    });
    yield { file, folder: "", source: undefined };
  }
}

/** Whether there are any. */
export async function anyShared(): Promise<boolean> {
  if (!("caches" in window) || !(await caches.has(cacheName))) return false;
  return (await (await caches.open(cacheName)).keys()).length > 0;
}
