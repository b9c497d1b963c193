// Forms (dashboard/parts/forms.py) and questions of tables: Enter sends, a wrong field is marked and gets the focus, a form that is done closes.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input:not([type=search]), textarea[rows='1']")) return;
    const button =
      event.target.closest(".question")?.querySelector("[data-press]") ?? event.target.closest("[data-form]")?.querySelector("[data-sends]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  function control(problem) {
    return problem.closest(".field, .field-line")?.querySelector("input, select, textarea");
  }
  function mark(region) {
    for (const each of region.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
    for (const problem of region.querySelectorAll(".problem")) {
      const wrong = control(problem);
      wrong?.setAttribute("aria-invalid", "true");
      if (problem.id) wrong?.setAttribute("aria-describedby", problem.id);
    }
  }
  function show(problem) {
    control(problem)?.focus({ preventScroll: true });
    problem.parentElement.scrollIntoView({ block: "center" }); // the field with its words, however far down
  }
  function answered(notice, frames = 30) {
    const form = notice.closest("[data-form]");
    const region = form ?? notice.closest("[data-table]");
    if (!region) return;
    mark(region);
    if (notice.matches(".bad")) {
      const wrong = region.querySelector(".problem");
      if (wrong) show(wrong);
      else if (frames) requestAnimationFrame(() => answered(notice, frames - 1)); // its fields may be drawn after it
      return;
    }
    const opened = form?.querySelector(".disclosure[open]");
    if (!opened) return;
    opened.open = false;
    opened.querySelector("summary").focus();
  }
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      const near = type === "attributes" ? [target] : [...addedNodes].filter((added) => added.nodeType === Node.ELEMENT_NODE);
      const notice = near.map((each) => (each.matches("[data-said]") ? each : each.querySelector("[data-said]"))).find(Boolean);
      if (notice) return answered(notice);
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-said"] });
})();
