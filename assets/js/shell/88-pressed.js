// A button that is disabled while its press is answered has the focus again after: the browser takes it away for good.
(() => {
  let pressed = null;
  document.addEventListener("click", (event) => { pressed = event.target.closest("button"); });
  new MutationObserver(() => {
    if (!pressed || pressed.disabled || document.activeElement !== document.body) return;
    pressed.focus({ preventScroll: true });
    pressed = null;
  }).observe(document, { attributes: true, attributeFilter: ["disabled"], subtree: true });
})();
