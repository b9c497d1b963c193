// Any figure as a table: the same numbers in full, for those who read rather than look.
(() => {
  const ls = window.loadstar;
  const MOST_ROWS = 500;

  const { plain } = ls;
  const cell = (words, heading, number) => {
    const made = document.createElement(heading ? "th" : "td");
    if (words instanceof Node) made.append(words);
    else made.textContent = words;
    if (number) made.className = "num";
    return made;
  };
  // the first so many columns are texts, the others numbers
  function table(headings, rows, caption, texts = 1) {
    const made = document.createElement("table");
    if (caption) made.createCaption().textContent = caption;
    const head = made.createTHead().insertRow();
    headings.forEach((words, at) => {
      const th = cell(words, true, at >= texts);
      th.scope = "col";
      head.append(th);
    });
    const body = made.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      row.forEach((words, at) => line.append(cell(words, false, at >= texts)));
    }
    return made;
  }
  const amount = (value) => value.toLocaleString("en", value >= 0.001 ? { maximumFractionDigits: 3 } : { maximumSignificantDigits: 3 }).replaceAll(",", "\u2009");
  function ofSankey({ node, link, meta }) {
    const name = (at) => node.customdata[at][1];
    const each = meta.each ?? link.value.map((value, at) => [
      name(link.source[at]), name(link.target[at]), value, link.customdata[at].endsWith(")")]);
    const rows = each.map(([from, to, value, derived]) => [
      ls.plain(from), ls.plain(to), derived ? Loadstar.text("%(energy)s (from the balance)", { energy: amount(value) }) : amount(value)]);
    const caption = meta.grouped && !meta.each ? Loadstar.text("Similar ones are added up; each one follows in a moment") : "";
    return table([Loadstar.text("From"), Loadstar.text("To"), Loadstar.text("Flow, %(unit)s", { unit: meta.unit })], rows, caption, 2);
  }
  // which rows there are, in which order
  function said(count, total, clock) {
    const parts = { count, total };
    if (ls.clockOf(clock).inOrder) return count < total ? Loadstar.text("The first %(count)s of %(total)s rows", parts) : "";
    return count < total ? Loadstar.text("The newest %(count)s of %(total)s rows, the newest first", parts) : Loadstar.text("The newest first");
  }
  function ofTime(figure, heading, starts, more = []) {
    const series = ls.series(figure);
    const shown = starts.slice(0, MOST_ROWS);
    const rows = shown.map(([start, called]) => [
      called,
      ...series.map(({ trace, words }) => {
        const at = ls.stepAt(figure, trace, start);
        return at >= 0 && at < trace.y.length ? words(at) : "–";
      }),
      ...more.map(([, value]) => value(start)),
    ]);
    const caption = said(shown.length, starts.length, figure.layout.meta.clock);
    const headings = [heading, ...series.map(({ name, unit }) => `${plain(name)}, ${unit}`), ...more.map(([words]) => words)];
    return table(headings, rows, caption);
  }
  function ofLines(figure) {
    const clock = ls.clockOf(figure.layout.meta.clock);
    const finest = ls.series(figure).map(({ trace }) => trace).sort((one, other) => ls.stepMs(figure, one) - ls.stepMs(figure, other));
    const starts = [];
    for (const trace of finest) {
      const [first, last] = [starts[0] ?? Infinity, starts.at(-1) ?? -Infinity];
      const own = trace.y.map((_, at) => ls.stepOf(figure, trace, at)).filter(([start, end]) => end <= first || start > last);
      starts.push(...own.map(([start]) => start));
      starts.sort((one, other) => one - other);
    }
    const heading = clock.inOrder ? clock.heading() : Loadstar.text("Step from, %(zone)s", { zone: clock.names(starts[0] ?? 0, starts.at(-1) ?? 0) });
    return ofTime(figure, heading, (clock.inOrder ? starts : starts.reverse()).map((start) => [start, clock.label(start)]));
  }
  const STEPS = {
    quarter: Loadstar.text("Quarter"),
    half_hour: Loadstar.text("Half hour"),
    hour: Loadstar.text("Hour"),
    day: Loadstar.text("Day"),
    month: Loadstar.text("Month"),
  };
  function ofBars(figure) {
    const { clock, edges, labels, step, coverage } = figure.layout.meta;
    const starts = edges.slice(0, -1).map((edge) => Date.parse(edge));
    const names = ls.localTime(clock).names(starts[0], starts.at(-1));
    const heading = `${STEPS[step] ?? step}, ${names}`;
    const readings = [Loadstar.text("Readings, %"), (start) => String(coverage[starts.indexOf(start)])];
    return ofTime(figure, heading, starts.map((start, at) => [start, labels[at]]).reverse(), [readings]);
  }
  function ofPoints(traces) {
    const trace = traces.find((each) => each.customdata && each.hovertext);
    return table([Loadstar.text("Name"), Loadstar.text("State")], (trace?.hovertext ?? []).map((words, at) => {
      const [name, ...rest] = String(words).split("<br>");
      const opener = document.createElement("button");
      [opener.type, opener.className, opener.textContent] = ["button", "link", plain(name)];
      opener.addEventListener("click", () => ls.open(trace.customdata[at]));
      return [opener, plain(rest.join(" · ")) || Loadstar.text("live")];
    }), "", 2);
  }
  // the figure's numbers as a <table>
  ls.table = (figure) => {
    if (!figure) return document.createTextNode(Loadstar.text("No data yet."));
    const [first] = figure.data;
    if (first?.type === "sankey") return ofSankey(first);
    const { clock, edges } = figure.layout?.meta ?? {};
    return edges ? ofBars(figure) : clock ? ofLines(figure) : ofPoints(figure.data);
  };
})();
