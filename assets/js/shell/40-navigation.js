// Pages of the same site change without loading the frame again; the narrow screen's navigation opens and closes.
(() => {
  const root = document.documentElement;
  const nav = document.getElementById("nav");
  const opener = document.querySelector("[data-nav-toggle]");
  if (!nav) return;

  function mark() {
    root.toggleAttribute("data-off-site", !location.pathname.startsWith("/site/")); // no clock of a site over other pages
    for (const link of nav.querySelectorAll("a"))
      if (new URL(link.href).pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  }
  function open(wanted) {
    if (wanted) root.dataset.nav = "open";
    else delete root.dataset.nav;
    opener?.setAttribute("aria-expanded", String(wanted));
    if (wanted) nav.querySelector("a")?.focus();
  }
  // a path of this site, without a full load
  window.loadstar.go = (path) => {
    if (path !== location.pathname + location.search) {
      history.pushState({}, "", path);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      window.scrollTo(0, 0);
    }
    mark();
    document.getElementById("main").focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-nav-toggle]")) return open(!root.dataset.nav);
    if (event.target.closest(".nav-shade")) return open(false);
    const link = event.target.closest("a[data-soft]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    link.closest("[popover]")?.hidePopover();
    open(false);
    window.loadstar.go(link.getAttribute("href"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.dataset.nav) {
      open(false);
      opener?.focus();
    }
  });
  window.addEventListener("popstate", mark);
  window.addEventListener("_dashprivate_pushstate", mark);
  mark();

  for (const menu of document.querySelectorAll("[popover]"))
    menu.addEventListener("toggle", (event) => {
      const button = document.querySelector(`[popovertarget="${menu.id}"]`);
      button?.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "open") (menu.querySelector("input") ?? menu.querySelector("a,button"))?.focus();
    });
  document.getElementById("site-search")?.addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLocaleLowerCase();
    for (const row of document.querySelectorAll("#sites li")) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
  });
})();
