// The first chart is drawn in what the server painted, as soon as plotly is there; the page takes it over when it is drawn.
(() => {
  const ls = window.loadstar;
  const place = document.querySelector("[data-first-chart]");
  const given = document.getElementById("first-tick");
  if (!place || !given) return;
  window.addEventListener(
    "loadstar:plotly",
    () => {
      const tick = JSON.parse(given.textContent);
      if (!place.isConnected || !tick.sankey[0].link.value.length) return;
      ls.draw(place.id, { data: tick.sankey, layout: { hovermode: "closest" } });
    },
    { once: true },
  );
})();
