// The clock of the site's zone, and whether what is shown is live.
(() => {
  const clock = document.getElementById("clock");
  const told = clock && window.loadstar.localTime(JSON.parse(clock.dataset.stretches));
  const ahead = clock ? Number(clock.dataset.now) - Date.now() : 0; // the server's clock counts, not this machine's
  const words = { live: "live", late: "late", offline: "offline", never: "no data yet" };

  window.loadstar.clock = (moment = Date.now()) => (told ? told.clock(moment + ahead) : new Date(moment).toLocaleTimeString("en-GB"));
  window.loadstar.now = () => Date.now() + ahead;
  // called by a page's ticks: "live", "late", "offline" or "never"
  window.loadstar.siteState = (state) => {
    const mark = clock?.querySelector(".state");
    if (!mark || mark.dataset.state === state) return;
    mark.dataset.state = state;
    mark.textContent = words[state] ?? state;
  };
  // called by a page's ticks: how many things want attention, and the worst of their severities
  window.loadstar.attention = (count, worst) => {
    const flag = document.getElementById("attention");
    if (!flag) return;
    flag.hidden = !count;
    flag.dataset.worst = worst || "";
    flag.querySelector(".count").textContent = count;
    flag.setAttribute("aria-label", `${count} ${count === 1 ? "thing wants" : "things want"} attention, the worst is ${worst}`);
  };
  if (!clock) return;
  const time = clock.querySelector("time");
  const draw = () => {
    const shown = window.loadstar.clock();
    if (time.textContent !== shown) time.textContent = shown;
  };
  draw();
  setInterval(() => document.hidden || draw(), 1000);
})();
