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

  window.loadstar.clock = (moment = Date.now()) => (told ? told.clock(moment + ahead) : new Date(moment).toLocaleTimeString(Loadstar.locale, { hourCycle: "h23" }));
  // the date at the site, as ISO text
  window.loadstar.today = () => (told ? told.label(window.loadstar.now()) : new Date().toISOString()).slice(0, 10);
  window.loadstar.now = () => Date.now() + ahead;
  const mark = clock?.querySelector(".state");
  const lost = () => document.documentElement.dataset.connection === "lost";
  let known = mark?.dataset.state; // what was last told
  function showState() {
    const [state, said] = lost() ? ["never", Loadstar.text("not live")] : [known, words[known] ?? known];
    if (!mark || mark.textContent === said) return;
    mark.dataset.state = state;
    mark.textContent = said;
  }
  // called by a page's ticks: "live", "late", "offline" or "never"
  window.loadstar.siteState = (state) => {
    known = state;
    showState();
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
  window.loadstar.showClock = () => {}; // given the moment of the last answer when none comes any more
  if (!clock) return;
  const [time, date] = [clock.querySelector("time"), clock.querySelector(".date")];
  // while nothing is heard, the clock stands still as the values do
  const draw = () => {
    const shown = window.loadstar.clock();
    if (lost() || time.textContent === shown) return;
    time.textContent = shown;
    const day = `, ${told.date(window.loadstar.now())}`; // on paper
    if (date.textContent !== day) date.textContent = day;
  };
  window.loadstar.showClock = (moment) => {
    showState();
    if (moment) time.textContent = window.loadstar.clock(moment);
    else draw();
  };
  draw();
  setInterval(() => document.hidden || draw(), 1000);
})();
