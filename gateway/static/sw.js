// The service worker: keeps the verifier that was installed with it, so that a server which changes its mind later meets the
// old one; keeps pages that were opened, to be read offline. VERSION and FILES stand before this text as it is served.

const KEPT = `linxin-verifier-${VERSION}`;
const PAGES = "linxin-pages";
const PAGES_MAX = 60;
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
  + "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const BATCH = /^\/b\/[^/]+(\/proof|\/bundle)?$/;

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

/** The files of this version; libraries for older browsers only where this is one. */
async function keep() {
  const native = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(0x66), "Ed25519", false, ["verify"]).then(() => true, (error) => error.name === "DataError");
  const names = FILES.filter((name) => !native || !name.startsWith("/static/vendor/"));
  const cache = await caches.open(KEPT);
  await cache.addAll(names.map((name) => new Request(name, { cache: "no-cache" })));
}

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name.startsWith("linxin-verifier-") && name !== KEPT);
  event.waitUntil(caches.keys().then((names) => Promise.all(others(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(installed(event.request));
  else if (BATCH.test(url.pathname)) event.respondWith(newest(event.request));
});

/** The verifier as installed; never what the server has now. */
async function installed(request) {
  const kept = await (await caches.open(KEPT)).match(request, { ignoreSearch: true });
  return kept ?? fetch(request);
}

/** What the server says now, under our policy; without a network what it said last, marked so. */
async function newest(request) {
  const cache = await caches.open(PAGES);
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    const kept = await cache.match(request);
    return kept ? guarded(kept, true) : Response.error();
  }
  if (answer.ok) {
    await cache.put(request, answer.clone());
    await trim(cache);
  }
  return guarded(answer, false);
}

async function trim(cache) {
  const names = await cache.keys();
  await Promise.all(names.slice(0, Math.max(0, names.length - PAGES_MAX)).map((name) => cache.delete(name)));
}

/** The answer with our policy in place of the server's: no script but the installed ones ever runs on a page. */
function guarded(answer, kept) {
  if (answer.type === "opaqueredirect" || answer.redirected || answer.status === 304) return answer;
  const headers = new Headers(answer.headers);
  headers.set("content-security-policy", POLICY);
  if (kept) headers.set("x-linxin-kept", "1");
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}
