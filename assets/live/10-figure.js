// Figures come with named colours ("@pv/0.4") and without outlines: the browser fills in both.
(() => {
  const ls = window.loadstar;
  const DATA = new Set(["x", "y", "z", "text", "hovertext", "customdata", "label", "value", "source", "target"]);

  function colour(name) {
    const [token, opacity] = name.slice(1).split("/");
    const hex = ls.tokens[ls.theme.shown()][token];
    if (!hex || !opacity) return hex ?? name;
    const part = (at) => parseInt(hex.slice(at, at + 2), 16);
    return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
  }
  ls.colour = colour;
  // names come escaped and with line breaks, for plotly knows tags
  ls.plain = (words) => {
    const holder = document.createElement("template");
    holder.innerHTML = String(words ?? "").replace(/<br>/g, " · ").replace(/<[^>]*>/g, "");
    return holder.content.textContent.replace(/\s+/g, " ").trim();
  };
  const FONTS = new Set(["font", "textfont", "tickfont"]);
  // text grows with the screen, as the rest of the page does; on paper it does not
  ls.textScale = () => (window.innerWidth >= 2000 && !ls.onPaper ? 1.2 : 1);

  function painted(value, key) {
    if (typeof value === "string") return value[0] === "@" ? colour(value) : value;
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return DATA.has(key) ? value : value.map((each) => painted(each));
    const copy = {};
    for (const name in value) copy[name] = painted(value[name], name);
    if (FONTS.has(key) && typeof copy.size === "number") copy.size *= ls.textScale();
    return copy;
  }
  // the figure in the colours and with the template of the theme that is shown
  ls.painted = (figure) => {
    const copy = painted(figure);
    copy.layout.template = ls.textScale() === 1 ? ls.templates[ls.theme.shown()] : painted(ls.templates[ls.theme.shown()]);
    return copy;
  };

  // lines as [x, y, dx, dy, …] in hundredths of a degree → one trace's x and y with gaps
  function traced(lines) {
    const x = [];
    const y = [];
    for (const line of lines) {
      let [across, up] = [0, 0];
      for (let at = 0; at < line.length; at += 2) {
        across += line[at];
        up += line[at + 1];
        x.push(across / 100);
        y.push(up / 100);
      }
      x.push(null);
      y.push(null);
    }
    return { x, y };
  }
  let outlines = null;
  // the figure with the world's outlines in its traces `land` and `borders`
  ls.withOutlines = async (figure, address) => {
    outlines ??= fetch(address)
      .then((answer) => answer.json())
      .then((lines) => ({ land: traced(lines.land), borders: traced(lines.borders) }))
      .catch(() => {
        outlines = null;
        return {};
      });
    const known = await outlines;
    return { ...figure, data: figure.data.map((trace) => ({ ...trace, ...known[trace.uid] })) };
  };
})();
