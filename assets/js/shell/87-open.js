// What somebody opened stays open when it is drawn anew: details that are marked so, known by their id.
(() => {
  const MARKED = "details[data-stays-open]";
  const opened = new Set();

  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches(MARKED)) return;
    if (target.open) opened.add(target.id);
    else opened.delete(target.id);
  }, true);
  new MutationObserver((changes) => {
    if (!opened.size) return;
    for (const { addedNodes } of changes) {
      for (const added of addedNodes) {
        if (added.nodeType !== Node.ELEMENT_NODE) continue;
        for (const each of [added, ...added.querySelectorAll(MARKED)]) if (opened.has(each.id)) each.open = true;
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
