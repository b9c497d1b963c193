// The labels of a Sankey stand outside it, sources' to the left and uses' to the right, and those of bars in the middle above
// these, so that no band runs through them.
(() => {
  const ls = window.loadstar;
  const LAST_WORD = 8; // letters that a last word may have to be kept
  const SIZE = { wide: 12.5, narrow: 11 };
  const LINE = 1.3; // of the size of the letters, as plotly sets its lines
  const BANDS = 0.42; // of the height, all bands of a column at the most
  const PAD = { least: 2, most: 36 }; // px between two bars
  const EDGE = 10; // px above and below everything
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
  // Names without the last word that several end with ("Home 1 load", "Home 2 load"), where one of these has no room for it and
  // the rest still tells them apart.
  function withoutSharedEnds(names, widths) {
    const ends = names.map((name) => name.split(" ").at(-1));
    const rests = names.map((name, at) => name.slice(0, -ends[at].length).trimEnd());
    const taken = [...names, ...rests];
    const isOnce = (rest) => rest && taken.indexOf(rest) === taken.lastIndexOf(rest);
    const isShared = (end) => !/\d/.test(end) && ends.indexOf(end) !== ends.lastIndexOf(end);
    const lacking = new Set(ends.filter((end, at) => isShared(end) && !fits(names[at], widths[at])));
    return names.map((name, at) => (lacking.has(ends[at]) && isOnce(rests[at]) ? rests[at] : name));
  }
  // names within their widths; those that would look alike keep their last words, for alike names often differ at their ends
  function shortened(given, widths) {
    const names = withoutSharedEnds(given, widths);
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
    // bands take up a part of the height, what is over lies between them, and what is over then around them
    const ends = Math.max([...sources].filter((at) => !targets.has(at)).length, [...targets].filter((at) => !sources.has(at)).length);
    const lines = Math.max(0, ...label.map((words, at) => (inner(at) && words ? words.split("<br>").length : 0)));
    const top = EDGE + lines * LINE * size * ls.textScale();
    const free = height - top - EDGE - BANDS * height;
    const pad = Math.max(PAD.least, Math.min(PAD.most, free / Math.max(1, ends - 1)));
    const around = Math.max(0, free - (ends - 1) * pad) / 2;
    return {
      data: [{ ...trace, textfont: { size }, node: { ...node, label, pad } }],
      layout: { ...figure.layout, margin: { l: Math.round(room.left), r: Math.round(room.right), t: top + around, b: EDGE + around } },
    };
  };
  // Where labels stand that are wished for at the middles `at`, in px, so that none of these heights lies over the next: as near as
  // it can be, and all between `first` and `last`.
  ls.apart = (at, heights, first, last) => {
    const order = at.map((_, each) => each).sort((one, other) => at[one] - at[other]);
    const before = []; // how far each lies below the first when they stand close together
    order.forEach((each, n) => before.push(n ? before[n - 1] + (heights[order[n - 1]] + heights[each]) / 2 : 0));
    const blocks = []; // [where their first would lie, how many]: those that would overlap move together
    order.forEach((each, n) => {
      blocks.push([at[each] - before[n], 1]);
      while (blocks.length > 1 && blocks.at(-2)[0] > blocks.at(-1)[0]) {
        const [[one, few], [other, more]] = blocks.splice(-2);
        blocks.push([(one * few + other * more) / (few + more), few + more]);
      }
    });
    const [least, most] = [first + heights[order[0]] / 2, last - heights[order.at(-1)] / 2 - before.at(-1)];
    const places = blocks.flatMap(([place, count]) => Array(count).fill(Math.max(least, Math.min(most, place))));
    const found = [];
    order.forEach((each, n) => (found[each] = places[n] + before[n]));
    return found;
  };
  // the labels at one end, beside their bars as far as they do not lie over each other
  function spread(labels, { t, height }) {
    if (!labels.length) return;
    const middles = labels.map(({ bar }) => (bar.node.y0 + bar.node.y1) / 2);
    const heights = labels.map(({ lines, size }) => Math.max(1, lines) * LINE * size);
    const places = ls.apart(middles, heights, -t, height - t);
    labels.forEach((label, at) => (label.by = places[at] - middles[at]));
  }
  // plotly writes every label inside: put those at the two ends outside, and those in the middle above their bars
  ls.placeLabels = (element) => {
    const [left, right] = [[], []];
    for (const label of element.querySelectorAll(".sankey .node-label")) {
      const bar = label.__data__;
      if (!bar || !label.textContent) continue;
      const said = { label, bar, lines: label.querySelectorAll("tspan.line").length, size: parseFloat(getComputedStyle(label).fontSize), by: 0 };
      if (!bar.node.targetLinks.length) left.push(said);
      else if (!bar.node.sourceLinks.length) right.push(said);
    }
    const { margin, height } = element._fullLayout;
    for (const side of [left, right]) spread(side, { ...margin, height });
    const moved = new Map([...left, ...right].map(({ label, by }) => [label, by]));
    for (const label of element.querySelectorAll(".sankey .node-label")) {
      const bar = label.__data__;
      if (!bar) continue;
      const at = /translate\(\s*[-\d.e]+[ ,]+([-\d.e]+)\)/.exec(label.getAttribute("transform") ?? "");
      if (!at) continue;
      const [first, last] = [!bar.node.targetLinks.length, !bar.node.sourceLinks.length];
      const lines = label.querySelectorAll("tspan.line");
      const beneath = (Math.max(1, lines.length) - 1) * LINE * parseFloat(getComputedStyle(label).fontSize);
      const [anchor, x, y] = first ? ["end", -6, +at[1] + moved.get(label)] : last ? ["start", bar.visibleWidth + 6, +at[1] + moved.get(label)] : ["middle", bar.visibleWidth / 2, -6 - beneath];
      label.setAttribute("text-anchor", anchor);
      for (const line of lines) line.setAttribute("x", 0);
      label.setAttribute("transform", `translate(${x},${y})`);
    }
  };
})();
