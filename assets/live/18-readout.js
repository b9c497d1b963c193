// What a chart over time says of the moment under the pointer: each line's value in the step that holds it, by the site's clock.
(() => {
  const ls = window.loadstar;
  const made = (tag, className, words = "") => Object.assign(document.createElement(tag), { className, textContent: words });

  function rows(figure, ms) {
    return ls.series(figure).flatMap(({ trace, name, unit, words, sum }) => {
      const at = ls.stepAt(figure, trace, ms);
      if (at < 0 || at >= trace.y.length) return [];
      const line = made("tr", sum ? "sum" : "");
      const swatch = made("span", "swatch");
      const colour = trace.line?.color ?? trace.marker?.color[at];
      if (!sum) swatch.style.background = ls.colour(colour.split("/")[0]);
      const head = made("th", "", ls.plain(name));
      head.prepend(swatch);
      const value = words(at);
      line.append(head, made("td", "num", value === "–" ? Loadstar.text("no data") : `${value} ${unit}`));
      return [line];
    });
  }
  // the step that is told of is that of the finest line
  function stretch(figure, ms) {
    const lines = ls.series(figure).filter(({ trace }) => {
      const at = ls.stepAt(figure, trace, ms);
      return at >= 0 && at < trace.y.length;
    });
    if (!lines.length) return null;
    const [finest] = lines.map(({ trace }) => trace).sort((one, other) => ls.stepMs(figure, one) - ls.stepMs(figure, other));
    return ls.stepOf(figure, finest, ls.stepAt(figure, finest, ms));
  }
  function show(element, figure, event) {
    const plane = element.querySelector(".nsewdrag");
    const range = figure && element.querySelector(".plot")?.layout?.xaxis?.range; // of a plan or a map it is no time
    let box = element.querySelector(".readout");
    const within = plane?.getBoundingClientRect();
    const [start, end] = (range || []).map(ls.moment);
    const share = within ? (event.clientX - within.left) / within.width : -1;
    const inside = share >= 0 && share <= 1 && event.clientY >= within.top && event.clientY <= within.bottom;
    const ms = start + share * (end - start);
    const step = inside && figure ? stretch(figure, ms) : null;
    if (!step) return box?.remove();
    if (!box) {
      box = made("div", "readout");
      box.append(made("div", "cross"), made("div", "says"));
      box.lastChild.append(made("p", "when"), document.createElement("table"), document.createElement("ul"));
      element.append(box);
    }
    const [cross, says] = box.children;
    const [when, table, events] = says.children;
    when.textContent = ls.clockOf(figure.layout.meta.clock).stretch(...step);
    table.replaceChildren(...rows(figure, ms));
    events.replaceChildren(...ls.happenedIn(element.id, ...step).map(([, , words]) => made("li", "", words)));
    const outer = element.getBoundingClientRect();
    const x = within.left - outer.left + (((step[0] + step[1]) / 2 - start) / (end - start)) * within.width;
    Object.assign(cross.style, { left: `${x}px`, top: `${within.top - outer.top}px`, height: `${within.height}px` });
    const left = x + 12 + says.offsetWidth <= element.clientWidth ? x + 12 : Math.max(0, x - 12 - says.offsetWidth);
    Object.assign(says.style, { left: `${left}px`, top: `${within.top - outer.top + 4}px` });
  }
  // have the chart in an element tell what is under the pointer; `figure` gives what is drawn
  ls.readout = (element, figure) => {
    element.addEventListener("pointermove", (event) => (event.buttons && event.pointerType === "mouse" ? element.querySelector(".readout")?.remove() : show(element, figure(), event)));
    element.addEventListener("pointerdown", (event) => event.pointerType !== "mouse" && show(element, figure(), event));
    element.addEventListener("pointerleave", () => element.querySelector(".readout")?.remove());
  };
})();
