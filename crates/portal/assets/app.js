// Registers the service worker; everything else on the pages works without it.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");
