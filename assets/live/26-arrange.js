// The plan's nodes are put where they stand on the site, by those who may: grabbed, dragged, and kept where they are let go.
(() => {
  const ls = window.loadstar;
  const REACH_PX = 22;
  const within = (share) => Math.min(1, Math.max(0, share));

  // the point of the plan under the pointer, and what is shown of it
  function under(element, event) {
    const { left, top, width, height } = element.querySelector(".nsewdrag").getBoundingClientRect();
    const { xaxis, yaxis } = element.querySelector(".plot").layout;
    const along = ([low, high], share) => low + share * (high - low);
    return {
      x: along(xaxis.range, (event.clientX - left) / width),
      y: along(yaxis.range, 1 - (event.clientY - top) / height),
      perX: width / (xaxis.range[1] - xaxis.range[0]),
      perY: height / (yaxis.range[1] - yaxis.range[0]),
    };
  }
  function nearest(element, event) {
    const at = under(element, event);
    const { x, y } = ls.nodesOfPlan(ls.drawnFigure(element.id));
    const far = x.map((each, place) => Math.hypot((each - at.x) * at.perX, (y[place] - at.y) * at.perY));
    const place = far.indexOf(Math.min(...far));
    return far[place] <= REACH_PX ? place : -1;
  }
  function arrange(element) {
    let held = -1;
    element.addEventListener("pointerdown", (event) => {
      if (!("arranging" in element.dataset)) return;
      held = nearest(element, event);
      if (held >= 0) element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (held < 0) return;
      const { x, y } = under(element, event);
      ls.movePlan(held, within(x), within(y));
    });
    element.addEventListener("pointerup", () => {
      if (held < 0) return;
      const { x, y, customdata } = ls.nodesOfPlan(ls.drawnFigure(element.id));
      const moved = { node: customdata[held].slice("node:".length), x: x[held], y: y[held] };
      held = -1;
      window.dash_clientside.set_props("overview-moved", { data: moved });
    });
    element.addEventListener("pointercancel", () => (held = -1));
    element.dataset.arranged = "yes";
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-arranges]");
    const element = button && document.getElementById(button.dataset.arranges);
    if (!element?.dataset.drawn) return;
    if (!element.dataset.arranged) arrange(element);
    const arranging = element.toggleAttribute("data-arranging");
    button.setAttribute("aria-pressed", String(arranging));
    button.dataset.begin ??= button.textContent;
    button.textContent = arranging ? button.dataset.done : button.dataset.begin;
  });
})();
