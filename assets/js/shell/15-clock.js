// The clock of the site's zone, and whether what is shown is live.
(() => {
  const clock = document.getElementById("clock");
  const told = clock && window.loadstar.localTime(JSON.parse(clock.dataset.stretches));
  const ahead = clock ? Number(clock.dataset.now) - Date.now() : 0; // the server's clock counts, not this machine's
  const words = {
    live: Loadstar.text("live"),
    late: Loadstar.text("late"),
    offline: Loadstar.text("offline"),
    never: Loadstar.text("no data yet"),
  };

  window.loadstar.clock = (moment = Date.now()) => (told ? told.clock(moment + ahead) : new Date(moment).toLocaleTimeString("en-GB"));
  window.loadstar.now = () => Date.now() + ahead;
  // called by a page's ticks: "live", "late", "offline" or "never"
  window.loadstar.siteState = (state) => {
    const mark = clock?.querySelector(".state");
    if (!mark || mark.dataset.state === state) return;
    mark.dataset.state = state;
    mark.textContent = words[state] ?? state;
  };
  const SEVERITIES = {
    critical: Loadstar.text("Attention: %(count)s, the worst is critical"),
    high: Loadstar.text("Attention: %(count)s, the worst is high"),
    medium: Loadstar.text("Attention: %(count)s, the worst is medium"),
    low: Loadstar.text("Attention: %(count)s, the worst is low"),
  };
  // called by a page's ticks: how many things want attention, and the worst of their severities
  window.loadstar.attention = (count, worst) => {
    const flag = document.getElementById("attention");
    if (!flag) return;
    flag.hidden = !count;
    flag.dataset.worst = worst || "";
    flag.querySelector(".count").textContent = count;
    flag.setAttribute("aria-label", SEVERITIES[worst] ? Loadstar.text(SEVERITIES[worst], { count }) : "");
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
