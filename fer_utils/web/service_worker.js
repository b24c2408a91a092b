// Keep all files of the page, so that it works without a network after the first visit.

// Python replaces both when it writes the page.
const VERSION = "{version}";
const FILES = "{files}".split(" ");

const worker = /** @type {ServiceWorkerScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
  // What the page has loaded already is not sent again if it is the same.
  const fetched = FILES.map((file) => new Request(file, { cache: "no-cache" }));
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(fetched)));
  worker.skipWaiting();
});

worker.addEventListener("activate", (event) => {
  const remove = async () => {
    const old = (await caches.keys()).filter((name) => name !== VERSION);
    await Promise.all(old.map((name) => caches.delete(name)));
    await worker.clients.claim();
  };
  event.waitUntil(remove());
});

worker.addEventListener("fetch", (event) => {
  const answer = async () => {
    const cache = await caches.open(VERSION);
    const found = await cache.match(event.request, { ignoreSearch: true });
    // The page asks for a file again if the one that was kept is damaged.
    if (found && event.request.cache !== "reload") return found;
    const fetched = await fetch(event.request);
    if (found && fetched.ok) await cache.put(event.request, fetched.clone());
    return fetched;
  };
  event.respondWith(answer());
});
