// What a line over time is drawn of: the line, the areas of its runs without a gap, and a dot for each value that stands alone.
(() => {
  const ls = window.loadstar;
  const DOT_PX = 6;
  const known = (value) => value !== null && value !== undefined;

  // Steps are equally long, or have edges of their own: one in which clocks are changed is longer or shorter.
  const edges = (figure, trace) => trace.meta.edges ?? figure.layout.meta.edges;
  const moment = (trace, at) => (trace.dx ? Date.parse(trace.x0) + at * trace.dx : Date.parse(trace.x[at]));
  // where each run without a gap begins and ends
  function runs(values) {
    const found = [];
    values.forEach((value, at) => {
      if (!known(value)) return;
      if (at && known(values[at - 1])) found.at(-1)[1] = at;
      else found.push([at, at]);
    });
    return found;
  }
  // the surface between two lines, run by run
  function area(trace, lower, upper) {
    const [x, y] = [[], []];
    for (const [first, last] of runs(upper)) {
      if (first === last) continue;
      for (let at = first; at <= last; at++) x.push(new Date(moment(trace, at)).toISOString()), y.push(upper[at]);
      for (let at = last; at >= first; at--) x.push(new Date(moment(trace, at)).toISOString()), y.push(lower[at] ?? 0);
      x.push(null), y.push(null);
    }
    const { uid, visible, meta } = trace;
    const quiet = { hoverinfo: "skip", showlegend: false, legendgroup: uid };
    return { type: "scatter", mode: "lines", uid: `${uid}-area`, x, y, fill: "toself", fillcolor: meta.area, line: { width: 0, shape: trace.line.shape }, visible, ...quiet };
  }
  function line(trace, y) {
    const alone = new Set(runs(y).filter(([first, last]) => first === last).map(([at]) => at));
    const drawn = { ...trace, y, hoverinfo: "none", legendgroup: trace.uid };
    if (!alone.size) return drawn;
    const marker = { size: y.map((_, at) => (alone.has(at) ? DOT_PX : 0)), color: trace.line.color, opacity: 1, line: { width: 0 } };
    return { ...drawn, mode: "lines+markers", marker };
  }
  const isShown = ({ visible = true }) => visible === true;
  const hasTime = ({ type, dx, meta }) => type === "scatter" && (dx || meta?.edges);

  // the traces that plotly is given for those of a figure
  ls.marks = (traces) => {
    const drawn = [];
    let below = null; // the line that the next one of a stack stands on
    for (const trace of traces) {
      if (!hasTime(trace)) {
        drawn.push(trace.type === "bar" ? { ...trace, hoverinfo: "none" } : trace);
        continue;
      }
      const { stack, low, high } = trace.meta;
      const floor = stack ? below ?? [] : [];
      const y = stack ? trace.y.map((value, at) => (known(value) ? value + (floor[at] ?? 0) : null)) : trace.y;
      if (trace.meta.area) drawn.push(low ? area(trace, low, high) : area(trace, floor, y));
      drawn.push(line(trace, y));
      if (stack && isShown(trace)) below = y.map((value, at) => value ?? floor[at] ?? null);
    }
    return drawn;
  };

  const words = ({ y, meta }) => (at) => {
    const [value, low, high] = [y[at], meta.low?.[at], meta.high?.[at]].map((each) => ls.number(each, meta.decimals));
    return meta.low ? Loadstar.text("%(value)s (%(low)s to %(high)s)", { value, low, high }) : value;
  };
  // the sum of a stack, which says when a part of it is missing
  function total(parts) {
    const decimals = Math.max(...parts.map((trace) => trace.meta.decimals));
    const sum = (at) => {
      const values = parts.map((trace) => trace.y[at]).filter(known);
      if (!values.length) return ls.number(null);
      const shown = ls.number(values.reduce((one, other) => one + other), decimals);
      return values.length < parts.length ? Loadstar.text("%(value)s partial", { value: shown }) : shown;
    };
    return { trace: parts[0], name: parts[0].meta.stack, unit: parts[0].meta.unit, words: sum, values: [], sum: true }; // a file has its parts
  }
  // what a file keeps of a line: its value, and the band around it
  function values({ y, meta }) {
    const band = meta.low ? [[Loadstar.text("from"), (at) => meta.low[at]], [Loadstar.text("to"), (at) => meta.high[at]]] : [];
    return [["", (at) => y[at]], ...band];
  }
  // The lines and bars of a figure that are shown, each with the words for its values; the sum of a stack follows its parts.
  ls.series = (figure) => {
    const shown = figure.data.filter((trace) => trace.name && trace.meta && isShown(trace));
    const found = shown.map((trace) => ({ trace, name: trace.name, unit: trace.meta.unit, words: words(trace), values: values(trace) }));
    const parts = shown.filter((trace) => trace.meta.stack);
    if (parts.length > 1) found.splice(shown.indexOf(parts.at(-1)) + 1, 0, total(parts));
    return found;
  };
  // Which step of a trace holds a moment.
  ls.stepAt = (figure, trace, ms) => {
    if (trace.dx) return Math.floor((ms - Date.parse(trace.x0)) / trace.dx + 0.5);
    return edges(figure, trace).findLastIndex((edge) => Date.parse(edge) <= ms);
  };
  // From when to when that step lasts.
  ls.stepOf = (figure, trace, at) =>
    trace.dx ? [moment(trace, at - 0.5), moment(trace, at + 0.5)] : edges(figure, trace).slice(at, at + 2).map(Date.parse);
  // How long its first step is, by which finer lines are told from coarser ones.
  ls.stepMs = (figure, trace) => ls.stepOf(figure, trace, 0).reduce((start, end) => end - start);
  // A number with so many decimals, thousands set apart.
  ls.number = (value, decimals) => {
    if (!known(value)) return "–";
    const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
    const apart = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
    return `${value < 0 && Number(value.toFixed(decimals)) ? "\u2212" : ""}${apart}${part ? `.${part}` : ""}`;
  };
})();
