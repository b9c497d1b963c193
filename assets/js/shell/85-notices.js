// What was done, or why not, comes into sight after a button was pressed, however far down its page that is.
(() => {
  const MARGIN_PX = 8;
  let pressed = false;

  document.addEventListener("click", (event) => {
    pressed = Boolean(event.target.closest("main button"));
  });
  function show(notice) {
    pressed = false;
    if (notice.closest("[data-form], [data-table]")?.querySelector(".problem")) return; // that comes into sight: 84-forms.js
    const { top, bottom } = notice.getBoundingClientRect();
    const covered = document.querySelector(".bar")?.getBoundingClientRect().bottom ?? 0;
    if (top < covered) window.scrollBy(0, top - covered - MARGIN_PX);
    else if (bottom > window.innerHeight) window.scrollBy(0, bottom - window.innerHeight + MARGIN_PX);
  }
  new MutationObserver((changes) => {
    if (!pressed) return;
    for (const { type, target, addedNodes } of changes) {
      const near = type === "attributes" ? [target] : [...addedNodes].filter((added) => added.nodeType === Node.ELEMENT_NODE);
      const notice = near.map((each) => (each.matches("[data-said]") ? each : each.querySelector("[data-said]"))).find(Boolean);
      if (notice?.closest("[role=status]:not(.notice)")) return show(notice);
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-said"] });
})();
