// What somebody opened stays open when it is drawn anew, and what had the focus has it again: where it is marked so, known by its id.
// Where that is gone or hidden, what takes its place (`data-takes-focus`) has it.
(() => {
  const MARKED = "details[data-stays-open]";
  const opened = new Set();
  let focused = ""; // what would lose the focus to the page when it is taken away
  let within = null;

  const isLost = () => document.activeElement === document.body || !document.activeElement.checkVisibility();

  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches(MARKED)) return;
    if (target.open) opened.add(target.id);
    else opened.delete(target.id);
  }, true);
  document.addEventListener("focusin", ({ target }) => {
    within = target.closest("[data-keeps-focus]");
    focused = within ? target.id : "";
  });
  document.addEventListener("pointerdown", () => { focused = ""; });
  new MutationObserver((changes) => {
    if (focused && isLost()) {
      const same = document.getElementById(focused);
      if (same?.checkVisibility()) same.focus({ preventScroll: true });
      else [...within.querySelectorAll("[data-takes-focus]")]
        .find((each) => each.closest("[data-keeps-focus]") === within)
        ?.focus(); // which may be elsewhere, and is to be seen
    }
    if (!opened.size) return;
    for (const { addedNodes } of changes) {
      for (const added of addedNodes) {
        if (added.nodeType !== Node.ELEMENT_NODE) continue;
        for (const each of [added, ...added.querySelectorAll(MARKED)]) if (opened.has(each.id)) each.open = true;
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
