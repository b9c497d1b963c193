// A chart to keep: its picture, which says of which site it is, what it shows, when it was taken and by whose clock; or its numbers.
(() => {
  const ls = window.loadstar;
  const SIZE = { width: 1200, height: 675, scale: 2 };
  const escaped = (words) => words.replace(/[<>&]/g, (letter) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[letter]);
  const textOf = (element) => element?.textContent.trim() ?? "";

  // of which site it is, what it shows, and of which period
  function titleOf(element) {
    const panel = element.closest(".panel");
    const site = textOf(document.querySelector(".bar .site span"));
    const title = textOf(panel?.querySelector("h2")) || (element.getAttribute("aria-label") ?? "");
    return [site, title, textOf(panel?.querySelector(".segment.active"))].filter(Boolean);
  }
  const fileName = (head) => [...head, new Date(ls.now()).toISOString().slice(0, 16)].join(" ").replace(/[^\p{L}\p{N}]+/gu, "-");

  ls.savePicture = (element, plot) => {
    const head = titleOf(element);
    const note = textOf(document.getElementById(`${element.id}-note`));
    const [date, time] = [textOf(document.querySelector("#clock .date")).replace(/^, /, ""), ls.clock()];
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
    return window.Plotly.downloadImage({ data: plot.data, layout }, { ...SIZE, format: "png", filename: fileName(head) });
  };

  // A cell of a file: numbers as they are; a text that a spreadsheet would run gets an apostrophe in front (`store/sheets.py`).
  const RISKY = /^(?=[ \u00a0]*'*[=+\-@＝＋－＠\t\r\n])|(?<=[,;|\t\r\n])(?=[ \u00a0]*'*[=+\-@＝＋－＠])/g;
  const cell = (value) => (typeof value === "number" ? String(value) : `"${String(value ?? "").replace(RISKY, "'").replaceAll('"', '""')}"`);
  function saveNumbers(element, figure) {
    const text = ls.rows(element.id, figure).map((row) => row.map(cell).join(",")).join("\r\n");
    const address = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: address, download: `${fileName(titleOf(element))}.csv` }).click();
    URL.revokeObjectURL(address);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-numbers-of],[data-picture-of],[data-full-of]");
    if (!button) return;
    const { numbersOf, pictureOf, fullOf } = button.dataset;
    const element = document.getElementById(numbersOf ?? pictureOf ?? fullOf);
    const figure = ls.drawnFigure(element.id);
    if (fullOf) return void (document.fullscreenElement ? document.exitFullscreen() : wholeOf(element).requestFullscreen());
    if (!figure) return;
    if (numbersOf) saveNumbers(element, figure);
    else ls.savePicture(element, element.querySelector(".plot"));
  });

  // what is given the whole screen: the chart with all that is said and chosen around it
  const wholeOf = (element) => element.closest(".panel") ?? element.parentElement;
  document.addEventListener("fullscreenchange", () => {
    for (const button of document.querySelectorAll("[data-full-of]")) {
      const whole = document.fullscreenElement && wholeOf(document.getElementById(button.dataset.fullOf)) === document.fullscreenElement;
      button.setAttribute("aria-pressed", String(Boolean(whole)));
    }
  });
})();
