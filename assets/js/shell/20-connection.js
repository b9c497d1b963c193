// Says when the connection is lost, tries again by itself, and says when it is back. What hangs refuses nothing: a page that
// asks by the clock (`data-ticks`, in seconds) and is not answered has lost its connection too.
(() => {
  const RETRY_MS = 5000;
  const SILENT_MS = 12_000; // two ticks of the usual rhythm, and time for an answer
  const banner = document.getElementById("lost");
  if (!banner) return;
  const words = banner.querySelector("p");
  let lost = false;
  let waiting = null;
  let answeredAt = Date.now();
  let asksSince = 0; // since when a page that asks by the clock is looked at

  const at = () => window.loadstar.clock(answeredAt);
  const asking = () => document.querySelector("[data-ticks]");

  function show(reason) {
    document.documentElement.dataset.connection = "lost";
    words.textContent =
      reason === "store"
        ? Loadstar.text("Loadstar cannot reach its store. You see the values of %(time)s; trying again every 5 seconds.", { time: at() })
        : Loadstar.text("Connection lost. You see the values of %(time)s; trying again every 5 seconds.", { time: at() });
    banner.hidden = false;
    window.loadstar.showClock(answeredAt);
  }
  function back() {
    lost = false;
    clearTimeout(waiting);
    delete document.documentElement.dataset.connection;
    banner.hidden = true;
    window.loadstar.showClock();
  }
  async function again() {
    try {
      const answer = await window.fetch("/readyz", { cache: "no-store", signal: AbortSignal.timeout(RETRY_MS) });
      if (answer.ok) window.dispatchEvent(new CustomEvent("loadstar:back"));
      if (answer.ok && !asking()) return back(); // where a page asks by the clock, its answer tells
      if (!answer.ok) show(answer.status === 503 ? "store" : "network");
    } catch {
      show("network");
    }
    waiting = setTimeout(again, RETRY_MS);
  }
  window.addEventListener("loadstar:lost", (event) => {
    if (lost) return;
    lost = true;
    show(event.detail);
    waiting = setTimeout(again, RETRY_MS);
  });
  window.addEventListener("loadstar:answered", () => {
    answeredAt = Date.now();
    if (lost) back();
  });
  setInterval(() => {
    const page = document.hidden ? null : asking();
    asksSince = page ? asksSince || Date.now() : 0;
    const silence = Date.now() - Math.max(answeredAt, asksSince);
    if (page && silence > Math.max(SILENT_MS, 2400 * Number(page.dataset.ticks))) window.dispatchEvent(new CustomEvent("loadstar:lost", { detail: "network" }));
  }, 1000);
  window.addEventListener("offline", () => window.dispatchEvent(new CustomEvent("loadstar:lost", { detail: "network" })));
  window.addEventListener("online", () => lost && (clearTimeout(waiting), again()));
})();
