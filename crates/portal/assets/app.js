// Registers the service worker; everything else on the pages works without it.
// A page that is left before it is there, or that has no network, leaves it to the next.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
