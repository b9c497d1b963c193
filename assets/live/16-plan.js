// A plan as it is now: what a tick says of its nodes and lines, and a place beside its shape for each label.
(() => {
  const ls = window.loadstar;
  const SHAPE_PX = 10; // from the middle of a shape to its edge
  const GAP_PX = 3;
  const LINE = 1.3; // of the size of the letters, as plotly sets its lines
  const WIDEST_POWER = "888 kW"; // as much room as a power needs, so that no label moves while numbers change
  const APART_PX = 4; // between two labels beside each other
  const STRAIGHT = ["bottom center", "top center", "middle right", "middle left"];
  const SLANTED = ["bottom right", "top right", "bottom left", "top left"];
  const pen = document.createElement("canvas").getContext("2d");
  const nodesOf = (ls.nodesOfPlan = (figure) => figure.data.find((trace) => trace.uid === "nodes"));

  // the plan with one of its nodes, and the ends of its lines, at another place
  ls.movedPlan = (figure, place, x, y) => {
    const nodes = nodesOf(figure);
    const [wasX, wasY] = [nodes.x[place], nodes.y[place]];
    const there = (trace, at) => trace.x[at] === wasX && trace.y[at] === wasY;
    const put = (trace, value, axis) => trace[axis].map((each, at) => (there(trace, at) ? value : each));
    const moved = (trace) => ({ ...trace, x: put(trace, x, "x"), y: put(trace, y, "y") });
    return { ...figure, data: figure.data.map(moved) };
  };

  // the figure with the words, shapes and colours of a tick's rows, and with its lines as wide as the tick's digits say
  ls.planNow = (figure, rows, lines) => {
    const nodes = nodesOf(figure);
    const [text, hovertext, symbol, color] = [nodes.text, nodes.hovertext, nodes.marker.symbol, nodes.marker.color].map((each) => [...each]);
    for (const [at, beside, pointed, shape, colour] of rows) {
      const [name] = hovertext[at].split("<br>");
      if (beside) text[at] = `${text[at] || name.replace(/<\/?b>/g, "")}<br><b>${beside}</b>`;
      hovertext[at] = [hovertext[at], pointed ?? beside].filter(Boolean).join("<br>");
      if (shape) [symbol[at], color[at]] = [shape, colour];
    }
    const now = { ...nodes, text, hovertext, marker: { ...nodes.marker, symbol, color, line: { ...nodes.marker.line, color } } };
    const thin = figure.data.find((trace) => trace.uid === "edges-0");
    const wide = (trace) => {
      const width = trace.uid.slice("edges-".length);
      const mine = [...lines].flatMap((digit, at) => (digit === width ? [at] : []));
      const of = (axis) => mine.flatMap((at) => thin[axis].slice(3 * at, 3 * at + 3));
      return { ...trace, x: of("x"), y: of("y") };
    };
    return { ...figure, data: figure.data.map((trace) => (trace === nodes ? now : lines ? wide(trace) : trace)) };
  };

  const apart = (one, other) => one.right + APART_PX <= other.left || other.right + APART_PX <= one.left || one.bottom <= other.top || other.bottom <= one.top;
  // the box of a label that stands at a side of the shape at (x, y)
  function box([x, y], side, width, height) {
    const [up, across] = side.split(" ");
    const beside = across === "center" ? 0 : across === "right" ? 1 : -1;
    const above = up === "middle" ? 0 : up === "bottom" ? 1 : -1;
    const away = SHAPE_PX + GAP_PX;
    const diagonal = beside && above ? 0.6 : 1;
    const left = x + beside * away * diagonal - (beside > 0 ? 0 : beside < 0 ? width : width / 2);
    const top = y + above * away * diagonal - (above > 0 ? 0 : above < 0 ? height : height / 2);
    return { left, right: left + width, top, bottom: top + height };
  }
  // The figure with its labels where none lies over another or over a shape: straight beside their shapes as far as there is
  // room, else slanted, else without their power, else left to the pointer. What is abnormal comes first, then buses.
  ls.fittedPlan = (figure, width, height) => {
    const nodes = nodesOf(figure);
    const { margin, xaxis, yaxis } = figure.layout;
    const size = nodes.textfont.size * ls.textScale();
    const share = (value, [low, high]) => (value - low) / (high - low);
    const places = nodes.x.map((x, at) => [
      margin.l + share(x, xaxis.range) * (width - margin.l - margin.r),
      margin.t + (1 - share(nodes.y[at], yaxis.range)) * (height - margin.t - margin.b),
    ]);
    const taken = places.map(([x, y]) => ({ left: x - SHAPE_PX, right: x + SHAPE_PX, top: y - SHAPE_PX, bottom: y + SHAPE_PX }));
    const isPower = (line) => line.includes("<b>");
    const measured = (line) => {
      pen.font = `${isPower(line) ? 600 : 400} ${size}px Inter, sans-serif`;
      return Math.max(pen.measureText(ls.plain(line)).width, isPower(line) ? pen.measureText(WIDEST_POWER).width : 0);
    };
    const text = nodes.text.map(() => "");
    const textposition = [...nodes.textposition];
    function place(at, lines, sides) {
      const [wide, high] = [Math.max(...lines.map(measured)), lines.length * LINE * size];
      const free = ({ left, right, top, bottom }) => left >= 0 && right <= width && top >= 0 && bottom <= height;
      for (const side of sides) {
        const found = box(places[at], side, wide, high);
        if (!free(found) || !taken.every((other, of) => of === at || apart(found, other))) continue;
        taken.push(found);
        [text[at], textposition[at]] = [lines.join("<br>"), side];
        return;
      }
    }
    const isAbnormal = (at) => /-open/.test(nodes.marker.symbol[at]);
    const rank = (at) => (isAbnormal(at) ? 0 : /^square/.test(nodes.marker.symbol[at]) ? 1 : 2);
    const named = nodes.text.map((_, at) => at).filter((at) => nodes.text[at]).sort((one, other) => rank(one) - rank(other) || one - other);
    const lines = (at) => nodes.text[at].split("<br>");
    const nameOnly = (at) => lines(at).filter((line) => isAbnormal(at) || !isPower(line));
    for (const at of named) place(at, lines(at), new Set([nodes.textposition[at], ...STRAIGHT]));
    for (const at of named) if (!text[at]) place(at, lines(at), SLANTED);
    for (const at of named) if (!text[at]) place(at, nameOnly(at), [...STRAIGHT, ...SLANTED]);
    const placed = { ...nodes, text, textposition };
    return { ...figure, data: figure.data.map((trace) => (trace === nodes ? placed : trace)) };
  };
})();
