// Keeps the last cases, messages and papers of whoever is signed in, for when
// there is no network. Nothing is kept of forms, and all goes at sign-out or
// when somebody signs in.
const KEPT = "kept", SHELL = "shell-{{ version }}", MOST = 40, PAPERS = 3;
const TEXTS = {{ texts|safe }};
const OWN = /^(\/[a-z]{2})?\/(cases(\/[^/]+)?|papers(\/[^/]+)?|inbox)$/;
const LEFT = /\/sign-out$/, MET = /\/sign-in\/callback$/;
const language = (path) => TEXTS[path.slice(1).split("/")[0]] || TEXTS[""];

addEventListener("install", (event) => {
  const pages = Object.values(TEXTS).map((text) => text.page);
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(pages)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("shell-") && name !== SHELL;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (MET.test(pathname) || (request.method === "POST" && LEFT.test(pathname))) event.waitUntil(caches.delete(KEPT));
  else if (request.method === "GET" && (request.mode === "navigate" || OWN.test(pathname))) event.respondWith(answer(event, pathname));
});

async function answer(event, path) {
  try {
    const fresh = await fetch(event.request);
    if (fresh.ok && !fresh.redirected && OWN.test(path)) event.waitUntil(keep(path, fresh.clone()));
    return fresh;
  } catch {
    const kept = OWN.test(path) && (await (await caches.open(KEPT)).match(path));
    return kept ? marked(kept, path) : (await caches.match(language(path).page)) || Response.error();
  }
}

async function keep(path, response) {
  const wallet = path.endsWith("/papers") && (await response.clone().text());
  const cache = await caches.open(KEPT);
  await cache.delete(path);
  await cache.put(path, response);
  for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
  // The newest papers come along, unless the line is thin or dear.
  const { saveData, effectiveType } = navigator.connection || {};
  if (!wallet || saveData || /2g/.test(effectiveType)) return;
  const papers = [...new Set(wallet.match(/(\/[a-z]{2})?\/papers\/[^"\/]+/g))].slice(0, PAPERS);
  for (const paper of papers) {
    if (await cache.match(paper)) continue;
    const file = await fetch(paper);
    if (file.ok && !file.redirected) await cache.put(paper, file);
  }
}

// A kept page says that it is one, and of when.
async function marked(kept, path) {
  const { headers } = kept;
  if (!/html/.test(headers.get("content-type"))) return kept;
  const { kept: words, tag } = language(path);
  const when = new Date(headers.get("date")).toLocaleString(tag + "-u-nu-latn", { dateStyle: "medium", timeStyle: "short" });
  const text = (await kept.text()).replace("<main", () => `<div class="sample" id="offline" role="status"><div class="wrap">${words} ${when}</div></div><main`);
  return new Response(text, { headers });
}
