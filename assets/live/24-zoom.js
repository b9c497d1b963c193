// Nearer, farther and all of a map: for those who have no wheel, or no hand for it.
(() => {
  const ls = window.loadstar;
  const STEP = 0.6;
  const WORLD = 360; // degrees: farther out there is nothing to see
  const ACTS = [["nearer", "+", Loadstar.text("Zoom in")], ["farther", "\u2212", Loadstar.text("Zoom out")], ["all", "\u2922", Loadstar.text("Show all sites")]];

  function ranges(act, { xaxis, yaxis, meta }) {
    if (act === "all") return meta.all;
    const by = act === "nearer" ? STEP : 1 / STEP;
    const scaled = ([low, high]) => [(low + high) / 2 - ((high - low) / 2) * by, (low + high) / 2 + ((high - low) / 2) * by];
    return [scaled(xaxis.range), scaled(yaxis.range)];
  }
  ls.zoomButtons = (element, plot) => {
    const wide = () => plot.layout.xaxis.range[1] - plot.layout.xaxis.range[0] > WORLD;
    const show = ([x, y]) => window.Plotly.relayout(plot, { "xaxis.range": x, "yaxis.range": y });
    const box = Object.assign(document.createElement("div"), { className: "zoom" });
    for (const [act, sign, words] of ACTS) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, title: words });
      button.setAttribute("aria-label", words);
      button.addEventListener("click", () => show(ranges(act, plot.layout)));
      box.append(button);
    }
    element.append(box);
    let returns = false; // all sites may be wider than the world: asked for once, not again for what that brings
    plot.on("plotly_relayout", () => {
      returns = wide() && !returns;
      if (returns) show(plot.layout.meta.all);
    });
  };
})();
