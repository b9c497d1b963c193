// Dashboards: the figures of their widgets, and screens on the wall, which go on by themselves.
(() => {
  (window.dash_clientside ??= {}).boards = {
    // each widget is asked for as soon as its place is there: a first call that the server has by itself names no widget
    begin: () => 1,
    // a figure that is there again when its page is drawn anew is drawn anew: only a callback with an output is called then
    draw: (text, id) => window.dash_clientside.live.redraw(text, `board-${id.widget}`),
  };
  const root = document.documentElement;
  let going = null, shown = "";
  // the widget that was added or changed is in view, and the keyboard goes on from there
  function come() {
    const widget = document.getElementById(location.hash.slice(1));
    if (location.hash === shown || !widget?.matches(".arranged .box")) return;
    shown = location.hash;
    widget.querySelector("[data-act]")?.focus();
  }
  function look() {
    come();
    const wall = document.querySelector("[data-kiosk]");
    root.toggleAttribute("data-on-the-wall", Boolean(wall));
    if (wall?.dataset.next === going?.next) return;
    clearTimeout(going?.timer);
    going = wall && { next: wall.dataset.next, timer: setTimeout(() => location.replace(wall.dataset.next), wall.dataset.kiosk * 1000) };
  }
  new MutationObserver(look).observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("[data-kiosk] a")?.click();
  });
  look();
})();
