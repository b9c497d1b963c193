// What somebody opened stays open when it is drawn anew, and what had the focus has it again: where it is marked so, known by its id.
(() => {
  const MARKED = "details[data-stays-open]";
  const opened = new Set();
  let focused = ""; // what would lose the focus to the page when it is taken away

  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches(MARKED)) return;
    if (target.open) opened.add(target.id);
    else opened.delete(target.id);
  }, true);
  document.addEventListener("focusin", ({ target }) => {
    focused = target.closest("[data-keeps-focus]") ? target.id : "";
  });
  document.addEventListener("pointerdown", () => { focused = ""; });
  new MutationObserver((changes) => {
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
    if (!opened.size) return;
    for (const { addedNodes } of changes) {
      for (const added of addedNodes) {
        if (added.nodeType !== Node.ELEMENT_NODE) continue;
        for (const each of [added, ...added.querySelectorAll(MARKED)]) if (opened.has(each.id)) each.open = true;
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
