// The labels of a Sankey stand outside it, sources' to the left and uses' to the right, and those of bars in the middle above
// these, so that no band runs through them.
(() => {
  const ls = window.loadstar;
  const LAST_WORD = 8; // letters that a last word may have to be kept
  const SIZE = { wide: 12.5, narrow: 11 };
  const LINE = 1.3; // of the size of the letters, as plotly sets its lines
  const pen = document.createElement("canvas").getContext("2d");
  // names come escaped, for plotly knows tags: they are measured and cut as they are read
  const CODES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
  const read = (words) => words.replace(/&(lt|gt|amp);/g, (code) => CODES[code]);
  const escaped = (words) => words.replace(/[<>&]/g, (letter) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[letter]);

  const fits = (words, width) => pen.measureText(words).width <= width;
  // the words with so much of their beginning as there is room for before their end
  function cut(words, width, end = "…") {
    if (fits(words, width)) return words;
    let shown = words;
    while (shown.length > 3 && !fits(`${shown}${end}`, width)) shown = shown.slice(0, -1).trimEnd();
    return `${shown}${end}`;
  }
  // names within their widths; those that would look alike keep their last words, for alike names often differ at their ends
  function shortened(names, widths) {
    const begun = names.map((name, at) => cut(name, widths[at]));
    return begun.map((shown, at) => {
      const [name, last] = [names[at], names[at].split(" ").at(-1)];
      if (shown === name || last.length > LAST_WORD || begun.indexOf(shown) === begun.lastIndexOf(shown)) return shown;
      const ended = cut(name.slice(0, -last.length).trimEnd(), widths[at] - pen.measureText(`… ${last}`).width, "");
      return fits(`${ended}… ${last}`, widths[at]) ? `${ended}… ${last}` : shown;
    });
  }
  // how many columns of bars stand beside each other
  function columns(link, bars) {
    const depth = new Array(bars).fill(0);
    for (let pass = 1; pass < bars; pass++)
      link.source.forEach((from, at) => {
        depth[link.target[at]] = Math.max(depth[link.target[at]], Math.min(pass, depth[from] + 1));
      });
    return 1 + Math.max(0, ...depth);
  }
  // the figure with its labels and margins made for that width
  ls.fittedSankey = (figure, width, height) => {
    const [trace] = figure.data;
    const narrow = width < 560;
    const size = narrow ? SIZE.narrow : SIZE.wide;
    const write = (weight) => (pen.font = `${weight} ${size * ls.textScale()}px Inter, sans-serif`);
    const { node, link } = trace;
    const sources = new Set(link.source);
    const targets = new Set(link.target);
    const most = { left: width * (narrow ? 0.24 : 0.2), right: width * (narrow ? 0.4 : 0.36) };
    const room = { left: 8, right: 8 };
    // a bar in the middle is named above it, as wide as its column: what stands at the right leaves room for that, as far as it can
    const between = columns(link, node.label.length) - 1;
    const inner = (at) => sources.has(at) && targets.has(at);
    write(400);
    const named = narrow ? [] : node.label.filter((_, at) => inner(at)).flatMap((words) => words.split("<br>").map(read));
    const widest = Math.max(0, ...named.map((words) => pen.measureText(words).width)) + 14;
    if (named.length) most.right = Math.max(0.24 * width, Math.min(most.right, width - most.left / 2 - between * (widest + node.thickness)));
    write(600);
    const isLeft = (at) => !targets.has(at);
    const besides = node.customdata.map(([, , amount], at) => (isLeft(at) ? 0 : pen.measureText(amount).width + 10));
    const names = shortened(
      node.customdata.map(([, name]) => read(name)),
      besides.map((beside, at) => most[isLeft(at) ? "left" : "right"] - beside - 14),
    );
    const label = node.customdata.map(([, , amount], at) => {
      if (inner(at)) return narrow ? "" : node.label[at];
      const left = isLeft(at);
      const gap = left ? "<br>" : "  ";
      const [shown, beside] = [names[at], besides[at]];
      const wide = left ? Math.max(pen.measureText(shown).width, pen.measureText(amount).width) : pen.measureText(shown).width + beside;
      room[left ? "left" : "right"] = Math.max(room[left ? "left" : "right"], wide + 14);
      return `${escaped(shown)}${gap}<b>${amount}</b>`;
    });
    if (named.length) {
      write(400);
      const step = (width - Math.round(room.left) - Math.round(room.right) - node.thickness) / between - 8;
      const fitted = (words, whole) => {
        if (pen.measureText(read(whole)).width <= step) return whole;
        return words.split("<br>").map((line) => escaped(cut(read(line), step))).join("<br>");
      };
      label.forEach((words, at) => inner(at) && (label[at] = fitted(words, node.customdata[at][1])));
    }
    // few bands need not fill the height
    const ends = Math.max([...sources].filter((at) => !targets.has(at)).length, [...targets].filter((at) => !sources.has(at)).length);
    const around = 10 + height * ({ 1: 0.26, 2: 0.16, 3: 0.08 }[ends] ?? 0);
    const lines = Math.max(0, ...label.map((words, at) => (inner(at) && words ? words.split("<br>").length : 0)));
    const above = Math.max(around, 10 + lines * LINE * size * ls.textScale());
    const pad = Math.max(6, Math.min(14, 220 / Math.max(1, label.length - sources.size)));
    return {
      data: [{ ...trace, textfont: { size }, node: { ...node, label, pad } }],
      layout: { ...figure.layout, margin: { l: Math.round(room.left), r: Math.round(room.right), t: above, b: around } },
    };
  };
  // plotly writes every label inside: put those at the two ends outside, and those in the middle above their bars
  ls.placeLabels = (element) => {
    for (const label of element.querySelectorAll(".sankey .node-label")) {
      const bar = label.__data__;
      if (!bar) continue;
      const at = /translate\(\s*[-\d.e]+[ ,]+([-\d.e]+)\)/.exec(label.getAttribute("transform") ?? "");
      if (!at) continue;
      const [first, last] = [!bar.node.targetLinks.length, !bar.node.sourceLinks.length];
      const lines = label.querySelectorAll("tspan.line");
      const beneath = (Math.max(1, lines.length) - 1) * LINE * parseFloat(getComputedStyle(label).fontSize);
      const [anchor, x, y] = first ? ["end", -6, at[1]] : last ? ["start", bar.visibleWidth + 6, at[1]] : ["middle", bar.visibleWidth / 2, -6 - beneath];
      label.setAttribute("text-anchor", anchor);
      for (const line of lines) line.setAttribute("x", 0);
      label.setAttribute("transform", `translate(${x},${y})`);
    }
  };
})();
