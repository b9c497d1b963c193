// Draws figures into `.chart` elements: without flicker, with the zoom kept, and gone without trace when their page is left.
(() => {
  const ls = window.loadstar;
  const charts = new Map(); // element → what is drawn in it: plotly owns a child of it, which React does not know
  const PAPER = { width: 720, height: 380 }; // px of a picture on paper, whatever the screen it was drawn for (`overview.css`)
  ls.onPaper = false;
  const sizes = new ResizeObserver((changes) => {
    for (const { target } of changes) requestAnimationFrame(() => resize(target));
  });
  let loading = null;

  function plotly() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    loading ??= new Promise((resolve, reject) => {
      const given = document.querySelector('script[src*="/plotly/plotly.min.js"]');
      const wait = given ?? document.createElement("script");
      wait.addEventListener("load", () => resolve(window.Plotly));
      wait.addEventListener("error", () => {
        loading = null;
        reject(new Error("plotly.js did not load"));
      });
      if (given) return;
      wait.src = document.querySelector("[data-plotly]").dataset.plotly;
      document.head.append(wait);
    });
    return loading;
  }
  const isFlow = (figure) => figure.data[0]?.type === "sankey";
  const isPlan = (figure) => Boolean(figure.layout?.meta?.plan);
  const isFitted = (figure) => isFlow(figure) || isPlan(figure);
  // the figure with its labels made for the room that it has
  function fitted(figure, width, height) {
    if (isFlow(figure)) return ls.fittedSankey(figure, width, height);
    return isPlan(figure) ? ls.fittedPlan(figure, width, height) : figure;
  }
  function resize(element) {
    const chart = charts.get(element);
    if (ls.onPaper || !chart?.done || !element.isConnected || !element.clientWidth) return;
    if (chart.width === element.clientWidth && chart.height === element.clientHeight) return;
    [chart.width, chart.height] = [element.clientWidth, element.clientHeight];
    if (isFitted(chart.figure) || told(chart.figure)) redraw(element);
    else window.Plotly.Plots.resize(chart.plot);
  }
  function forget() {
    for (const [element, { plot }] of charts)
      if (!element.isConnected) {
        sizes.unobserve(element);
        if (plot) window.Plotly?.purge(plot);
        charts.delete(element);
      }
  }
  // the chart that was drawn in what the server painted becomes the page's own
  function adopt(element) {
    const first = document.querySelector(`[data-first-chart="${element.id}"]`);
    const drawn = first && charts.get(first);
    if (!drawn?.done) return {};
    charts.delete(first);
    sizes.unobserve(first);
    element.append(drawn.plot);
    element.dataset.drawn = "yes";
    sizes.observe(element);
    return drawn;
  }
  const settled = (element) =>
    new Promise((resolve) => {
      const look = (left) => (element() || !left ? resolve(element()) : requestAnimationFrame(() => look(left - 1)));
      look(120);
    });

  const TICK_PX = 54;
  const NARROW_PX = 480; // below it the tools would lie over the legend
  const LEAST_APART = { day: 86_400_000, month: 28 * 86_400_000 }; // ticks of bars that are days or months
  // the clock that a figure over time is told by
  const told = (figure) => figure.layout?.meta?.clock;
  // Ticks in the site's time for what is shown of the axis, [first, last] in ms; days and months are named below their bars.
  function ticks(figure, range, width) {
    const { clock, edges, step } = figure.layout.meta;
    const [first, last] = range.map(ls.moment);
    const most = Math.max(2, Math.floor((width - 48) / (TICK_PX * ls.textScale())));
    const { moments, words } = ls.clockOf(clock).ticks(first, last, most, LEAST_APART[step]);
    const texts = (places) => places.map((ms) => new Date(ms).toISOString());
    if (!LEAST_APART[step]) return { tickvals: texts(moments), ticktext: words };
    const named = moments.map((ms, at) => [edges.findIndex((edge) => Date.parse(edge) === ms), words[at]]).filter(([at]) => at >= 0 && at < edges.length - 1);
    const middle = ([at]) => (Date.parse(edges[at]) + Date.parse(edges[at + 1])) / 2;
    return { tickvals: texts(named.map(middle)), ticktext: named.map(([, said]) => said) };
  }
  // what somebody zoomed to is kept while the same is shown, however its own range moves on: plotly would keep it only until then
  const shownOf = ({ figure }) => figure.layout.uirevision ?? figure;
  const zoomOf = (chart) => (chart.zoom?.of === shownOf(chart) ? chart.zoom : null);
  // what plotly is given for a figure over time
  function timed(id, chart, width) {
    const { data, layout: { uirevision, xaxis, yaxis, shapes = [], ...layout } } = chart.figure;
    const zoom = zoomOf(chart);
    const range = zoom?.x ?? xaxis.range;
    const axis = { tickmode: "array", tickangle: 0, range, ...ticks(chart.figure, range, width) };
    const height = zoom?.y ? { range: zoom.y } : {};
    const bands = ls.bands(id, range.map(ls.moment));
    return { data: ls.marks(data), layout: { ...layout, shapes: [...bands, ...shapes], hovermode: false, xaxis: { ...xaxis, ...axis }, yaxis: { ...yaxis, ...height } } };
  }
  // charts of the same period on the page show the same stretch of it
  function alike(element) {
    const period = ({ figure }) => JSON.stringify(figure.layout.xaxis.range);
    const own = charts.get(element);
    return [...charts].filter(([other, { figure, done }]) => done && other.isConnected && told(figure) && period({ figure }) === period(own));
  }
  function zoomed(element, changed) {
    const chart = charts.get(element);
    const names = Object.keys(changed);
    if (!told(chart.figure) || !names.some((name) => /^[xy]axis\.range/.test(name))) return;
    const { xaxis, yaxis } = chart.plot.layout;
    const y = names.some((name) => name.startsWith("yaxis")) ? [...yaxis.range] : zoomOf(chart)?.y;
    const x = [...xaxis.range];
    for (const [each, its] of alike(element)) {
      its.zoom = { of: shownOf(its), x, y: its === chart ? y : zoomOf(its)?.y };
      redraw(each);
    }
  }
  function whole(element) {
    const chart = charts.get(element);
    if (!told(chart.figure)) return;
    for (const [each, its] of alike(element)) {
      its.zoom = null;
      redraw(each);
    }
  }
  // a line is shown or hidden by its name in the legend: the others of its stack are drawn anew without it
  function toggled(element, { node, data, curveNumber }) {
    const chart = charts.get(element);
    if (!told(chart.figure)) return undefined;
    const { uid } = data[curveNumber];
    const trace = chart.figure.data.find((each) => each.uid === uid);
    const given = trace.visible ?? true;
    chart.chosen = { ...chart.chosen, [uid]: { given, shown: given === true ? "legendonly" : true } };
    chart.figure = asChosen(chart, chart.figure);
    redraw(element);
    return false;
  }
  // the figure with what was chosen in its legend, for as long as the server shows what it showed then
  function asChosen(chart, figure) {
    const { chosen = {} } = chart;
    const kept = ({ uid, visible = true }) => chosen[uid] && chosen[uid].given === visible;
    return { ...figure, data: figure.data.map((trace) => (kept(trace) ? { ...trace, visible: chosen[trace.uid].shown } : trace)) };
  }

  const picture = (Plotly, element, chart) => ({
    name: "picture",
    title: Loadstar.text("Download as a picture"),
    icon: Plotly.Icons.camera,
    click: () => ls.savePicture(element, chart.plot),
  });
  const reset = (Plotly, element) => ({ name: "reset", title: Loadstar.text("Show all of the period"), icon: Plotly.Icons.home, click: () => whole(element) });

  async function redraw(element) {
    const chart = charts.get(element);
    if (chart.drawing) {
      chart.again = true; // only the newest is drawn
      return;
    }
    chart.drawing = true;
    try {
      const Plotly = await plotly();
      do {
        chart.again = false;
        if (!element.isConnected) return;
        const { figure } = chart;
        const { width, height } = ls.onPaper ? PAPER : { width: element.clientWidth, height: element.clientHeight };
        const { data, layout } = ls.painted(told(figure) ? timed(element.id, chart, width) : fitted(figure, width, height));
        const config = {
          displaylogo: false,
          displayModeBar: element.dataset.tools && width >= NARROW_PX ? "hover" : false,
          modeBarButtons: [[picture(Plotly, element, chart), "zoom2d", "pan2d", reset(Plotly, element)]],
          scrollZoom: element.dataset.wheel === "zoom",
          doubleClick: told(figure) ? false : "reset",
          showTips: false,
        };
        chart.plot ??= element.appendChild(Object.assign(document.createElement("div"), { className: "plot" }));
        await Plotly.react(chart.plot, data, { ...layout, ...(ls.onPaper ? PAPER : { autosize: true }) }, config);
        if (isFlow(figure)) ls.placeLabels(chart.plot);
        if (!chart.done) {
          chart.done = true;
          [chart.width, chart.height] = [element.clientWidth, element.clientHeight];
          element.dataset.drawn = "yes";
          chart.plot.on("plotly_click", clicked);
          chart.plot.on("plotly_relayout", (changed) => zoomed(element, changed));
          chart.plot.on("plotly_doubleclick", () => whole(element));
          chart.plot.on("plotly_legendclick", (event) => toggled(element, event));
          chart.plot.on("plotly_legenddoubleclick", () => !told(chart.figure));
          ls.readout(element, () => told(chart.figure) && chart.figure);
          if (element.dataset.wheel) ls.zoomButtons(element, chart.plot);
          sizes.observe(element);
        }
      } while (chart.again);
    } finally {
      chart.drawing = false;
    }
  }
  // a bar of an energy flow: the address that it leads to; or a node by its position, or several that are drawn as one by the first's
  function opened(position) {
    if (typeof position === "string") return position;
    if (!ls.about) return false; // on a page that opens no details
    if (position >= 0) return `node:${ls.about.nodes[position]}`;
    return position < -1 && `alike:${ls.about.nodes[-2 - position]}`;
  }
  function clicked(event) {
    const point = event.points?.[0];
    const given = point?.customdata;
    const what = Array.isArray(given) ? opened(given[0]) : given;
    if (typeof what === "string" && /^\/|:/.test(what)) ls.open(what);
  }

  // what a click on a mark opens: another page of this site, another site, or the details of a node or a device
  ls.open = (what) => {
    if (what.startsWith("/")) return ls.go(what);
    const [kind, id] = what.split(":");
    if (kind === "site") location.assign(`/site/${id}`);
    else window.dash_clientside.set_props("overview-asked", { data: { what, at: Date.now() } });
  };

  // draw the figure in the element of that id, now or as soon as it is there
  ls.draw = async (id, figure) => {
    forget();
    const element = await settled(() => document.getElementById(id));
    if (!element || !figure) return;
    const chart = charts.get(element) ?? adopt(element);
    const same = chart.done && JSON.stringify(chart.figure) === JSON.stringify(figure);
    chart.figure = told(figure) ? asChosen(chart, figure) : figure;
    charts.set(element, chart);
    if (same) return;
    const table = document.getElementById(`${id}-table`);
    if (table && !table.hidden) table.replaceChildren(ls.table(id, chart.figure));
    if (element.dataset.outlines && !figure.outlined) {
      chart.figure = { ...(await ls.withOutlines(figure, element.dataset.outlines)), outlined: true };
    }
    await redraw(element);
  };
  // In the place of a chart: what there is to say instead of it, [what, what to do]; `true` for the words that it came with.
  ls.nothing = (id, instead) => {
    const box = document.getElementById(`${id}-empty`);
    if (!box) return;
    const [what, todo] = box.children;
    box.given ??= [what.textContent, todo.textContent];
    box.hidden = !instead;
    box.parentElement.toggleAttribute("data-nothing", Boolean(instead));
    const [said, advised = ""] = instead === true ? box.given : instead || [];
    if (!instead || (what.textContent === said && todo.textContent === advised)) return;
    [what.textContent, todo.textContent] = [said, advised];
  };
  ls.redraw = (id) => {
    const element = document.getElementById(id);
    if (charts.get(element)?.done) redraw(element);
  };
  ls.drawnFigure = (id) => charts.get(document.getElementById(id))?.figure;
  // change traces by their uid, and the layout, of what is drawn
  ls.amend = (id, traces, layout = {}) => {
    const figure = ls.drawnFigure(id);
    if (!figure) return;
    const data = figure.data.map((trace) => (traces[trace.uid] ? { ...trace, ...traces[trace.uid] } : trace));
    ls.draw(id, { ...figure, data, layout: { ...figure.layout, ...layout } });
  };

  // Nothing may wait for a timer here: what is printed is the page as it stands when nothing more is at once to be done.
  async function print(prints) {
    ls.onPaper = prints;
    const shown = [...charts.keys()].filter((element) => charts.get(element).done && element.clientWidth);
    await Promise.all(shown.map(redraw));
    for (const svg of document.querySelectorAll(".chart .main-svg"))
      if (prints) svg.setAttribute("viewBox", `0 0 ${PAPER.width} ${PAPER.height}`);
      else svg.removeAttribute("viewBox");
  }
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  window.addEventListener("loadstar:theme", () => {
    forget();
    for (const element of charts.keys()) redraw(element);
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) ls.open(opener.dataset.opens);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-table-of]");
    if (!button) return;
    const id = button.dataset.tableOf;
    const [chart, table] = [document.getElementById(id), document.getElementById(`${id}-table`)];
    const wanted = table.hidden;
    if (wanted) table.replaceChildren(ls.table(id, ls.drawnFigure(id)));
    table.hidden = !wanted;
    chart.hidden = wanted;
    button.setAttribute("aria-pressed", String(wanted));
    button.textContent = wanted ? Loadstar.text("Show as chart") : Loadstar.text("Show as table");
    if (!wanted) resize(chart);
    window.dispatchEvent(new CustomEvent("loadstar:table", { detail: { id, shown: wanted } }));
  });
})();
