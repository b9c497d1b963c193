// What the overview's callbacks do in the browser.
(() => {
  const ls = window.loadstar;
  const dash = (window.dash_clientside ??= {});
  const MINUTE = 60_000;
  const [HOUR, DAY] = [60 * MINUTE, 1440 * MINUTE];
  const NOTHING = { plan: [], lines: "" }; // what a tick would say of the plan
  const LAYOUT = { hovermode: "closest" };
  const AGAIN_MS = 60_000;
  let flowShown = "live";
  let chart = null; // what the server said of the production chart
  let planned = null; // the plan as it is when everything is live
  let mapped = null; // the map of all sites, as text
  let asked = null; // the steps that were last asked for

  const set = (id, props) => dash.set_props(id, props);
  const say = (id, words) => {
    const element = document.getElementById(id);
    if (element && element.textContent !== words) element.textContent = words;
  };
  function sankey(figure, says, instead = true) {
    const empty = !figure?.data[0]?.link.value.length;
    ls.nothing("overview-sankey", empty && instead);
    say("overview-sankey-says", says);
    if (!empty) ls.draw("overview-sankey", figure);
  }
  // a picture of now that has nothing to draw says why
  const silent = ({ state }) => ({
    offline: [Loadstar.text("No live readings."), Loadstar.text("Every device of this site is offline. Its last hours are under 24 h.")],
    never: [Loadstar.text("No readings yet."), Loadstar.text("The energy flow appears with the first reading.")],
  })[state] ?? [Loadstar.text("No metered flow now."), Loadstar.text("Choose a period to see what has flowed.")];
  const sankeyNow = (tick) => sankey({ data: tick.sankey, layout: LAYOUT }, tick.says, silent(tick));
  // the live ends of the lines: power now, at the moment of the tick
  function nowMarks(tick) {
    if (!chart?.live) return {};
    const at = new Date(tick.at).toISOString();
    const shown = [[Loadstar.text("Production"), "@pv", tick.power[0]], [Loadstar.text("Demand"), "@demand", tick.power[1]]].filter(([, , kw]) => kw !== null);
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
  let planBefore = null;
  // the plan as it is now: always all of it, so that no mark is lost that came before it was drawn
  function plan({ plan: rows, lines }) {
    const said = JSON.stringify([rows, lines]);
    if (said === planBefore || !planned) return;
    planBefore = said;
    ls.draw("overview-plan", ls.planNow(planned, rows, lines));
  }
  const drawMap = (view) => mapped && view === "map" && ls.draw("overview-map", JSON.parse(mapped));
  ls.movePlan = (place, x, y) => {
    planned = ls.movedPlan(planned, place, x, y);
    planBefore = null;
    plan(ls.lastTick() ?? NOTHING);
  };
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
      if (flowShown === "live") sankeyNow(tick);
      plan(tick);
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
        if (tick) sankeyNow(tick);
        say("overview-flow-note", "");
      } else if (text) {
        const given = JSON.parse(text);
        if (given.period !== period) return;
        sankey(given.figure, given.says, given.problem ? [given.problem] : true);
        say("overview-flow-note", given.note);
      }
    },
    // the address says what is shown: a reload and a link show the same
    keep(flow, flowFirst, flowLast, range, first, last, step, view) {
      const usual = { flow: "live", range: "48h", step: "auto", view: "plan" };
      const days = { flow_first: flow === "custom" && flowFirst, flow_last: flow === "custom" && flowLast, first: range === "custom" && first, last: range === "custom" && last };
      const said = Object.entries({ flow, range, step, view, ...days }).filter(([name, value]) => value && value !== usual[name]);
      const query = new URLSearchParams(said).toString();
      history.replaceState(history.state, "", location.pathname + (query && `?${query}`) + location.hash);
    },
    chart(text) {
      if (!text) return dash.no_update;
      const given = JSON.parse(text);
      if (given.problem) {
        chart = null;
        ls.nothing("overview-chart", [given.problem]);
        say("overview-chart-says", given.problem);
        say("overview-chart-note", "");
        return dash.no_update;
      }
      chart = given;
      const tick = ls.lastTick();
      const figure = given.figure;
      if (tick) {
        const marks = nowMarks(tick).now;
        if (marks) figure.data = figure.data.map((trace) => (trace.uid === "now" ? { ...trace, ...marks } : trace));
      }
      ls.nothing("overview-chart", given.empty);
      say("overview-chart-says", given.says);
      say("overview-chart-note", given.note);
      ls.draw("overview-chart", figure);
      return dash.no_update;
    },
    plan(text) {
      if (!text) return;
      planned = JSON.parse(text);
      planBefore = null;
      plan(ls.lastTick() ?? NOTHING);
    },
    details(text) {
      if (text) ls.draw("overview-details-chart", JSON.parse(text).figure);
    },
    // The map is drawn when it is looked at. Dash does not tell it again on the way back to the same site: `show` draws it then.
    map(text, view) {
      mapped = text;
      drawMap(view);
    },
    // a forecast is asked for when it is wanted and the one that is there has begun to lie in the past
    forecast(shows, ahead) {
      const begins = Date.parse((ahead?.demand ?? ahead?.production)?.start);
      return shows.includes("forecast") && !(ls.now() - begins < HOUR) ? Date.now() : dash.no_update;
    },
    unforecast: (_clicks, shows) => shows.filter((line) => line !== "forecast"),
    // as many whole days earlier or later as are shown, up to today
    step(earlier, later, name, first, last) {
      const DAYS = { "48h": 2, "7d": 7, "30d": 30, year: 365 };
      const day = (text) => Date.parse(`${text}T00:00Z`) / DAY;
      const today = day(ls.today());
      const isCustom = name === "custom" && first && last;
      const [from, to] = isCustom ? [day(first), day(last)] : [today - (DAYS[name] ?? 1) + 1, today];
      const by = dash.callback_context.triggered_id.endsWith("-later") ? to - from + 1 : from - to - 1;
      if (from + by > today) return [dash.no_update, dash.no_update, dash.no_update];
      const text = (at) => new Date(at * DAY).toISOString().slice(0, 10);
      return ["custom", text(from + by), text(Math.min(today, to + by))];
    },
    // custom periods show their two days
    custom(period) {
      return { display: period === "custom" ? "flex" : "none" };
    },
    show(view) {
      const [plan, map] = [view === "plan", view === "map"];
      drawMap(view);
      requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
      return [!plan, !map, !plan, !map];
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
