// What the server painted gives way when Dash has drawn the page beneath it.
(() => {
  const painted = document.querySelector(".first-paint");
  const entry = document.getElementById("react-entry-point");
  if (!painted || !entry) return;
  const watch = new MutationObserver(() => {
    const content = document.getElementById("_pages_content");
    if (!content?.firstElementChild) return;
    watch.disconnect();
    requestAnimationFrame(() => {
      painted.remove();
      window.dispatchEvent(new Event("resize")); // charts measured themselves while unseen
      document.documentElement.dataset.drawn = "yes";
    });
  });
  watch.observe(entry, { childList: true, subtree: true });
})();
