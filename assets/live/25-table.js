// Any figure as a table: the same numbers in full, for those who read rather than look.
(() => {
  const ls = window.loadstar;
  const MOST_ROWS = 500;

  const { plain } = ls;
  // A sheet is what a figure tells, in full: `rows` are what its columns are asked about, `caption` says which of them are shown.
  // A column has its heading, the words for a row, and what a file has of it: [heading, value], one or several.
  const column = (heading, words, kept = [[heading, words]]) => ({ heading, words, kept });
  const numbers = (heading, words, kept) => ({ ...column(heading, words, kept), isNumber: true });

  function cell(words, tag, isNumber) {
    const made = document.createElement(tag);
    if (words instanceof Node) made.append(words);
    else made.textContent = words;
    if (isNumber) made.className = "num";
    return made;
  }
  function table({ rows, columns, caption }) {
    const made = document.createElement("table");
    const shown = rows.slice(0, MOST_ROWS);
    const words = caption(shown.length, rows.length);
    if (words) made.createCaption().textContent = words;
    const head = made.createTHead().insertRow();
    for (const { heading, isNumber } of columns) head.append(Object.assign(cell(heading, "th", isNumber), { scope: "col" }));
    const body = made.createTBody();
    for (const row of shown) body.insertRow().append(...columns.map(({ words: said, isNumber }) => cell(said(row), "td", isNumber)));
    return made;
  }
  const amount = (value) => value.toLocaleString("en", value >= 0.001 ? { maximumFractionDigits: 3 } : { maximumSignificantDigits: 3 }).replaceAll(",", "\u2009");
  function ofSankey({ node, link, meta }) {
    const name = (at) => node.customdata[at][1];
    const rows = meta.each ?? link.value.map((value, at) => [
      name(link.source[at]), name(link.target[at]), value, link.customdata[at].endsWith(")")]);
    const flow = Loadstar.text("Flow, %(unit)s", { unit: meta.unit });
    const columns = [
      column(Loadstar.text("From"), ([from]) => plain(from)),
      column(Loadstar.text("To"), ([, to]) => plain(to)),
      numbers(flow, ([, , value, derived]) => (derived ? Loadstar.text("%(energy)s (from the balance)", { energy: amount(value) }) : amount(value)), [
        [flow, ([, , value]) => value],
        [Loadstar.text("From the balance"), ([, , , derived]) => (derived ? Loadstar.text("yes") : Loadstar.text("no"))],
      ]),
    ];
    const grouped = meta.grouped && !meta.each;
    return { rows, columns, caption: () => (grouped ? Loadstar.text("Similar ones are added up; each one follows in a moment") : "") };
  }
  // which rows there are, in which order
  function ordered(clock) {
    return (count, total) => {
      const parts = { count, total };
      if (clock.inOrder) return count < total ? Loadstar.text("The first %(count)s of %(total)s rows", parts) : "";
      return count < total ? Loadstar.text("The newest %(count)s of %(total)s rows, the newest first", parts) : Loadstar.text("The newest first");
    };
  }
  // `starts` are in order of time; a file keeps that order
  function ofTime(id, figure, heading, starts, called, more = []) {
    const clock = ls.clockOf(figure.layout.meta.clock);
    const series = ls.series(figure).map(({ trace, name, unit, words, values }) => {
      const at = (start) => {
        const step = ls.stepAt(figure, trace, start);
        return step >= 0 && step < trace.y.length ? step : null;
      };
      const told = (value, none) => (start) => (at(start) === null ? none : value(at(start)));
      const head = (part) => `${plain(name)}${part && `, ${part}`}, ${unit}`;
      return numbers(head(""), told(words, "–"), values.map(([part, value]) => [head(part), told(value)]));
    });
    const when = clock.iso ? [[Loadstar.text("Step from, local time and its distance from UTC"), clock.iso]] : [[heading, called]];
    const until = new Map(starts.map((start, at) => [start, starts[at + 1] ?? 2 * start - (starts[at - 1] ?? start)]));
    const told = (start) => ls.happenedIn(id, start, until.get(start)).map(([, , words]) => words).join("; ");
    const events = starts.some(told) ? [column(Loadstar.text("Events"), told)] : [];
    const rows = clock.inOrder ? starts : starts.toReversed();
    return { rows, columns: [column(heading, called, when), ...series, ...more, ...events], caption: ordered(clock), newestFirst: !clock.inOrder };
  }
  function ofLines(id, figure) {
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
    return ofTime(id, figure, heading, starts, clock.label);
  }
  const STEPS = {
    quarter: Loadstar.text("Quarter"),
    half_hour: Loadstar.text("Half hour"),
    hour: Loadstar.text("Hour"),
    day: Loadstar.text("Day"),
    month: Loadstar.text("Month"),
  };
  function ofBars(id, figure) {
    const { clock, edges, labels, step, coverage } = figure.layout.meta;
    const starts = edges.slice(0, -1).map((edge) => Date.parse(edge));
    const names = ls.localTime(clock).names(starts[0], starts.at(-1));
    const heading = `${STEPS[step] ?? step}, ${names}`;
    const readings = numbers(Loadstar.text("Readings, %"), (start) => String(coverage[starts.indexOf(start)]));
    return ofTime(id, figure, heading, starts, (start) => labels[starts.indexOf(start)], [readings]);
  }
  // along something other than time: a row for each place on it, called by its words or its number
  function ofPlaces({ data: [{ x = [], text } = {}], layout: { meta } }, series) {
    const called = (at) => text?.[at] ?? x[at];
    const columns = series.map(({ name, unit, words, values: [[, value]] }) => {
      const heading = `${plain(name)}, ${unit}`;
      return numbers(heading, words, [[heading, value]]);
    });
    return { rows: x.map((_, at) => at), columns: [(text ? column : numbers)(meta.along, called), ...columns], caption: () => "" };
  }
  function ofPoints(traces) {
    const trace = traces.find((each) => each.customdata && each.hovertext);
    const rows = (trace?.hovertext ?? []).map((words, at) => {
      const [name, ...rest] = String(words).split("<br>");
      return { name: plain(name), state: plain(rest.join(" · ")) || Loadstar.text("live"), what: trace.customdata[at] };
    });
    const opener = ({ name, what }) => {
      const made = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: name });
      made.addEventListener("click", () => ls.open(what));
      return made;
    };
    const [named, state] = [Loadstar.text("Name"), Loadstar.text("State")];
    return { rows, columns: [column(named, opener, [[named, ({ name }) => name]]), column(state, (row) => row.state)], caption: () => "" };
  }
  function sheet(id, figure) {
    const [first] = figure.data;
    if (first?.type === "sankey") return ofSankey(first);
    const { clock, edges, along } = figure.layout?.meta ?? {};
    if (along) return ofPlaces(figure, ls.series(figure));
    return edges ? ofBars(id, figure) : clock ? ofLines(id, figure) : ofPoints(figure.data);
  }
  // the numbers of a figure, as the chart of that id shows it, as a <table>
  ls.table = (id, figure) => (figure ? table(sheet(id, figure)) : document.createTextNode(Loadstar.text("No data yet.")));
  // the same as rows of a file: numbers as they are, and all of them, in the order of time
  ls.rows = (id, figure) => {
    const { rows, columns, newestFirst } = sheet(id, figure);
    const kept = columns.flatMap((each) => each.kept);
    return [kept.map(([heading]) => heading), ...(newestFirst ? rows.toReversed() : rows).map((row) => kept.map(([, value]) => value(row)))];
  };
})();
