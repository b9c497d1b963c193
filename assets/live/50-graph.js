// The graph's page: draws what the server made of the nodes and edges.
(() => {
  const ls = window.loadstar;
  const dash = (window.dash_clientside ??= {});
  dash.plant = {
    preview(text) {
      if (!text) return;
      const { figure, says } = JSON.parse(text);
      const box = document.getElementById("graph-sankey");
      if (box) box.hidden = !figure;
      const words = document.getElementById("graph-says");
      if (words && words.textContent !== says) words.textContent = says;
      if (figure) ls.draw("graph-sankey", figure);
    },
  };
})();
