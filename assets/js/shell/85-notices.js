// What was done, or why not, is in sight after a button was pressed, however far down its page that is: the notice floats at the
// edge of the screen that is nearest to its place until the next press, so that nobody is taken away from what they pressed.
(() => {
  const MARGIN_PX = 8;
  let pressed = false;
  let floating = null;

  // What the server refused as a whole has no place on the page: it is said at the top, until something else is done.
  const failed = document.getElementById("failed");
  window.addEventListener("loadstar:failed", ({ detail }) => {
    if (!failed || !detail) return;
    failed.querySelector("p").textContent = detail;
    failed.hidden = false;
  });
  for (const done of ["click", "change", "popstate"]) window.addEventListener(done, () => { if (failed) failed.hidden = true; }, true);

  document.addEventListener("click", (event) => {
    pressed = Boolean(event.target.closest("main button"));
    if (floating) delete floating.dataset.floats;
    floating = null;
  });
  function show(notice) {
    pressed = false;
    if (notice.closest("[data-form], [data-table]")?.querySelector(".problem")) return; // that comes into sight: 84-forms.js
    floating = notice.closest("[role=status]:not(.notice)");
    floating.dataset.floats = "";
    const { top, bottom } = notice.getBoundingClientRect();
    const covered = document.querySelector(".bar")?.getBoundingClientRect().bottom ?? 0;
    if (top < covered) window.scrollBy(0, top - covered - MARGIN_PX); // its place is in a part that ends above the screen
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
