// Says when the connection is lost, tries again by itself, and says when it is back.
(() => {
  const RETRY_MS = 5000;
  const banner = document.getElementById("lost");
  if (!banner) return;
  const words = banner.querySelector("p");
  let lost = false;
  let waiting = null;
  let answeredAt = Date.now();

  const at = () => window.loadstar.clock(answeredAt);

  function show(reason) {
    document.documentElement.dataset.connection = "lost";
    words.textContent =
      reason === "store"
        ? Loadstar.text("Loadstar cannot reach its store. You see the values of %(time)s; trying again every 5 seconds.", { time: at() })
        : Loadstar.text("Connection lost. You see the values of %(time)s; trying again every 5 seconds.", { time: at() });
    banner.hidden = false;
  }
  function back() {
    lost = false;
    clearTimeout(waiting);
    delete document.documentElement.dataset.connection;
    banner.hidden = true;
    window.dispatchEvent(new CustomEvent("loadstar:back"));
  }
  async function again() {
    try {
      const answer = await window.fetch("/readyz", { cache: "no-store" });
      if (answer.ok) return back();
      show(answer.status === 503 ? "store" : "network");
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
  window.addEventListener("offline", () => window.dispatchEvent(new CustomEvent("loadstar:lost", { detail: "network" })));
  window.addEventListener("online", () => lost && (clearTimeout(waiting), again()));
})();
