// What happened while a chart's lines were drawn: a band for each event, told under the pointer and in the table.
(() => {
  const ls = window.loadstar;
  const happened = new Map(); // id of a chart → [from, until (ms), words]

  // the events that a chart tells of besides its lines: [from, until, words], times as text
  ls.setHappened = (id, events) => {
    const told = (events ?? []).map(([start, end, words]) => [Date.parse(start), Date.parse(end), words]);
    if (JSON.stringify(told) === JSON.stringify(happened.get(id) ?? [])) return;
    happened.set(id, told);
    ls.redraw(id);
  };
  // those of them that touch a stretch of time (ms)
  ls.happenedIn = (id, start, end) => (happened.get(id) ?? []).filter(([from, until]) => from < end && until > start);
  // as shapes of plotly behind the lines
  ls.bands = (id, [first, last]) =>
    ls.happenedIn(id, first, last).map(([from, until]) => ({
      type: "rect", layer: "below", xref: "x", yref: "paper", y0: 0, y1: 1,
      x0: new Date(from).toISOString(), x1: new Date(until).toISOString(),
      fillcolor: "@high/0.14", line: { width: 0 },
    }));
})();
