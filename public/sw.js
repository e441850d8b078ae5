/**
 * The whole service worker. It keeps one page for when there is no network, and takes pictures that another app shares
 * with this one. Nothing else is kept: no page, no picture, no answer of the server.
 */
const shell = "tintype-offline-1";
const shared = "tintype-shared";
const offline = "/offline";
const dayMillis = 86_400_000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(shell)
      .then((cache) => cache.add(new Request(offline, { cache: "reload" })))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

/** What an older worker at this address kept goes with it. */
async function takeOver() {
  for (const name of await caches.keys()) if (name !== shell && name !== shared) await caches.delete(name);
  // The page is asked for while this worker is still being started.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === "/upload/share-target") event.respondWith(take(request));
  else if (request.method === "GET" && request.mode === "navigate") event.respondWith(open(event));
});

async function open(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    // Offline, or the server is down; without a page of ours the browser shows its own.
    return (await caches.match(offline)) ?? Response.error();
  }
}

/** Keeps what was shared for the upload page, which sends it to the bucket; the server never sees a byte of it. */
async function take(request) {
  const pictures = (await request.formData()).getAll("pictures").filter((entry) => typeof entry !== "string");
  const cache = await caches.open(shared);
  const now = Date.now();
  for (const known of await cache.keys())
    if (Number(new URL(known.url).searchParams.get("at")) < now - dayMillis) await cache.delete(known);
  for (const [n, picture] of pictures.entries())
    await cache.put(
      `/upload/shared?${new URLSearchParams({ at: now, n, name: picture.name, modified: picture.lastModified })}`,
      new Response(picture, { headers: { "content-type": picture.type || "application/octet-stream" } }),
    );
  return Response.redirect("/upload", 303);
}
