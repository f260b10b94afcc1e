// Registers the service worker; everything else on the pages works without it.
// A page that is left before it is there, or that has no network, leaves it to the next.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});

// Says in time that a session is about to end because nothing is done. Other
// windows of the same person count.
const idle = document.getElementById("idle");
if (idle) {
  const last = 150;
  const [soon, over] = idle.querySelectorAll("p");
  const stay = document.getElementById("stay");
  const windows = "BroadcastChannel" in window ? new BroadcastChannel("used") : { postMessage() {} };
  let timer;
  const ended = () => {
    soon.hidden = stay.hidden = true;
    idle.hidden = over.hidden = false;
    idle.dispatchEvent(new Event("over"));
  };
  const used = () => {
    clearTimeout(timer);
    idle.hidden = true;
    const seconds = Number(idle.dataset.seconds);
    const end = Date.now() + seconds * 1000;
    timer = setTimeout(() => {
      idle.hidden = false;
      // A machine that slept is told late.
      timer = setTimeout(ended, end - Date.now());
    }, (seconds - last) * 1000);
  };
  windows.onmessage = used;
  windows.postMessage("");
  stay.addEventListener("click", () => {
    fetch(document.getElementById("account").href, { method: "HEAD", redirect: "manual" }).then((answer) => {
      if (!answer.ok) return ended();
      used();
      windows.postMessage("");
    }, () => {});
  });
  used();
}
