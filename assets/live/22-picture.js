// A chart as a picture to keep: it says of which site it is, what it shows, when it was taken and by whose clock.
(() => {
  const ls = window.loadstar;
  const SIZE = { width: 1200, height: 675, scale: 2 };
  const escaped = (words) => words.replace(/[<>&]/g, (letter) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[letter]);
  const textOf = (element) => element?.textContent.trim() ?? "";

  ls.savePicture = (element, plot) => {
    const panel = element.closest(".panel");
    const site = textOf(document.querySelector(".bar .site span"));
    const title = textOf(panel?.querySelector("h2")) || (element.getAttribute("aria-label") ?? "");
    const period = textOf(panel?.querySelector(".segment.active"));
    const note = textOf(document.getElementById(`${element.id}-note`));
    const [date, time] = [textOf(document.querySelector("#clock .date")).replace(/^, /, ""), ls.clock()];
    const head = [site, title, period].filter(Boolean);
    const below = [note, Loadstar.text("As of %(time)s.", { time: [date, time].filter(Boolean).join(", ") })].filter(Boolean).join(" ");
    const colours = ls.tokens[ls.theme.shown()];
    const layout = {
      ...plot.layout,
      ...SIZE,
      autosize: false,
      paper_bgcolor: colours.raised,
      margin: { l: 24, r: 24, t: 112, b: 24 },
      title: {
        text: `<b>${escaped(head.join(" · "))}</b><br><span style="font-size:13px">${escaped(below)}</span>`,
        font: { size: 18 }, x: 0.02, xanchor: "left", y: 0.97, yanchor: "top",
      },
    };
    const filename = [...head, new Date(ls.now()).toISOString().slice(0, 16)].join(" ").replace(/[^\p{L}\p{N}]+/gu, "-");
    return window.Plotly.downloadImage({ data: plot.data, layout }, { ...SIZE, format: "png", filename });
  };
})();
