// What the overview's callbacks do in the browser.
(() => {
  const ls = window.loadstar;
  const dash = (window.dash_clientside ??= {});
  const MINUTE = 60_000;
  const EMPTY = { data: [], layout: {} };
  const LAYOUT = { hovermode: "closest" };
  const AGAIN_MS = 60_000;
  let flowShown = "live";
  let chart = null; // what the server said of the production chart
  let planned = null; // the plan as it is when everything is live
  let asked = null; // the steps that were last asked for

  const set = (id, props) => dash.set_props(id, props);
  const say = (id, words) => {
    const element = document.getElementById(id);
    if (element && element.textContent !== words) element.textContent = words;
  };
  function sankey(figure, says) {
    const empty = !figure.data.length || !figure.data[0].link.value.length;
    const box = document.getElementById("overview-sankey-empty");
    if (box) box.hidden = !empty;
    say("overview-sankey-says", says);
    if (!empty) ls.draw("overview-sankey", figure);
  }
  // the live ends of the lines: power now, at the moment of the tick
  function nowMarks(tick) {
    if (!chart?.live) return {};
    const at = new Date(tick.at).toISOString();
    const shown = [["Production", "@pv", tick.power[0]], ["Demand", "@demand", tick.power[1]]].filter(([, , kw]) => kw !== null);
    return {
      now: {
        x: shown.map(() => at),
        y: shown.map(([, , kw]) => kw),
        marker: { size: 9, color: shown.map(([, colour]) => colour), line: { width: 2, color: "@raised" } },
      },
    };
  }
  // nodes or devices were added or taken away: the page is loaded again, but not over and over
  function otherSite() {
    if (Date.now() - Number(sessionStorage.getItem("loadstar-again") ?? 0) < AGAIN_MS) return;
    sessionStorage.setItem("loadstar-again", String(Date.now()));
    location.reload();
  }
  let planBefore = "[]";
  function planMarks(changes) {
    const said = JSON.stringify(changes);
    if (said === planBefore || !planned) return;
    planBefore = said;
    const nodes = planned.data.find((trace) => trace.uid === "nodes");
    const [text, symbol, color] = [[...nodes.text], [...nodes.marker.symbol], [...nodes.marker.color]];
    for (const [at, words, shape, colour] of changes) [text[at], symbol[at], color[at]] = [words, shape, colour];
    const marker = { ...nodes.marker, symbol, color, line: { ...nodes.marker.line, color } };
    const hovertext = text.map((words, at) => (words && words.includes("<br><b>") ? words : nodes.hovertext[at]));
    ls.amend("overview-plan", { nodes: { text, hovertext, marker } });
  }
  function dueSteps(tick) {
    if (!chart?.live) return null;
    return `${Math.floor((tick.at - 3000) / Math.min(chart.step * 1000, 5 * MINUTE))}`;
  }

  dash.live = {
    // every tick: texts, the live Sankey, the plan, the live ends of the chart; asks for the chart's new step when it is due
    tick(text, given) {
      const none = dash.no_update;
      if (!text) return none;
      const tick = JSON.parse(text);
      const about = (ls.about = JSON.parse(given));
      if (tick.about !== about.version) return otherSite(), none;
      const before = ls.lastTick();
      if (before && before.site === tick.site && before.at > tick.at) return none;
      ls.applyTick(tick);
      if (flowShown === "live") sankey({ data: tick.sankey, layout: LAYOUT }, tick.says);
      planMarks(tick.plan);
      ls.amend("overview-chart", nowMarks(tick));
      const due = dueSteps(tick);
      if (due === null || due === asked) return none;
      const first = asked === null;
      asked = due;
      return first ? none : due;
    },
    // live, or the energy of a period that the server has added up
    flow(period, text) {
      flowShown = period;
      if (period === "live") {
        const tick = ls.lastTick();
        if (tick) sankey({ data: tick.sankey, layout: LAYOUT }, tick.says);
        say("overview-flow-note", "");
      } else if (text) {
        const given = JSON.parse(text);
        if (given.period !== period) return;
        sankey(given.figure ?? EMPTY, given.says);
        say("overview-flow-note", given.note);
      }
    },
    chart(text) {
      if (!text) return dash.no_update;
      const given = JSON.parse(text);
      if (given.problem) {
        say("overview-chart-note", given.problem);
        return dash.no_update;
      }
      chart = given;
      const tick = ls.lastTick();
      const figure = given.figure;
      if (tick) {
        const marks = nowMarks(tick).now;
        if (marks) figure.data = figure.data.map((trace) => (trace.uid === "now" ? { ...trace, ...marks } : trace));
      }
      const empty = document.getElementById("overview-chart-empty");
      if (empty) empty.hidden = !given.empty;
      say("overview-chart-says", given.says);
      say("overview-chart-note", given.note);
      ls.draw("overview-chart", figure);
      return dash.no_update;
    },
    plan(text, id) {
      if (!text) return;
      planned = JSON.parse(text);
      planBefore = "[]";
      ls.draw(id, planned);
      const tick = ls.lastTick();
      if (tick) planMarks(tick.plan);
    },
    details(text) {
      if (text) ls.draw("overview-details-chart", JSON.parse(text).figure);
    },
    // the map is drawn when it is looked at
    map(text, view, id) {
      if (text && view === "map") ls.draw(id, JSON.parse(text));
    },
    // custom periods show their two days
    custom(period) {
      return { display: period === "custom" ? "flex" : "none" };
    },
    show(view) {
      const [plan, map] = [view === "plan", view === "map"];
      requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
      return [!plan, !map];
    },
  };

  // no ticks for a page that nobody sees; at once when it is looked at again
  document.addEventListener("visibilitychange", () => {
    if (!document.getElementById("overview-tiles")) return;
    set("overview-interval", document.hidden ? { disabled: true } : { disabled: false });
    if (!document.hidden) ls.tickNow();
  });
  let extra = 1_000_000;
  ls.tickNow = () => document.getElementById("overview-tiles") && set("overview-interval", { n_intervals: ++extra });
  window.addEventListener("loadstar:back", ls.tickNow);
  // whoever reads the energy flow as a table is told every flow by itself, as long as they do
  window.addEventListener("loadstar:table", ({ detail: { id, shown } }) => {
    if (id !== "overview-sankey") return;
    set("overview-listed", { data: shown });
    if (shown) ls.tickNow();
  });
})();
