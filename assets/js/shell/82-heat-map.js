// Days in tables: each meter of the heat map (dashboard/quality/heat_map.py), or the whole of a calendar's month
// (dashboard/energy/calendar_grid.py), is one stop of the Tab key, and the arrows go from day to day.
(() => {
  const ALONG = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  const ACROSS = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" };

  function along(cell, steps) {
    const links = [...(cell.closest(".month-days tbody") ?? cell.parentElement).querySelectorAll("a")];
    return links[Math.min(Math.max(links.indexOf(cell.querySelector("a")) + steps, 0), links.length - 1)];
  }
  function across(cell, next) {
    for (let row = cell.parentElement[next]; row; row = row[next]) {
      const link = row.cells[cell.cellIndex].querySelector("a"); // a day on which nothing was due, or of another month, has none
      if (link) return link;
    }
    return null;
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = event.target.closest(":is(.heat-map, .month-days) tbody :is(th, td)");
    if (!cell || !(event.key in ALONG || event.key in ACROSS)) return;
    event.preventDefault();
    (event.key in ALONG ? along(cell, ALONG[event.key]) : across(cell, ACROSS[event.key]))?.focus();
  });
})();
