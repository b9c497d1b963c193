// Any figure as a table: the same numbers in full, for those who read rather than look.
(() => {
  const ls = window.loadstar;
  const MOST_ROWS = 500;

  const plain = (words) => {
    const holder = document.createElement("template");
    holder.innerHTML = String(words ?? "").replace(/<br>/g, " · ").replace(/<[^>]*>/g, "");
    return holder.content.textContent.replace(/\s+/g, " ").trim();
  };
  const cell = (words, heading, number) => {
    const made = document.createElement(heading ? "th" : "td");
    if (words instanceof Node) made.append(words);
    else made.textContent = words;
    if (number) made.className = "num";
    return made;
  };
  function table(headings, rows, caption) {
    const made = document.createElement("table");
    if (caption) made.createCaption().textContent = caption;
    const head = made.createTHead().insertRow();
    headings.forEach((words, at) => {
      const th = cell(words, true, at > 0);
      th.scope = "col";
      head.append(th);
    });
    const body = made.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      row.forEach((words, at) => line.append(cell(words, false, at > 0)));
    }
    return made;
  }
  function ofSankey({ node, link }) {
    const rows = link.value.map((_, at) => [plain(node.customdata[link.source[at]][1]),
      plain(node.customdata[link.target[at]][1]), plain(link.customdata[at])]);
    return table(["From", "To", "Flow"], rows);
  }
  function ofLines(traces) {
    const shown = traces.filter((trace) => trace.name && trace.y && trace.visible !== "legendonly" && trace.uid !== "now");
    if (!shown.length) return table(["Time"], []);
    const [{ x0, dx, y }] = shown;
    const rows = [];
    const first = Math.max(0, y.length - MOST_ROWS);
    for (let at = y.length - 1; at >= first; at--) {
      const starts = new Date(x0 + dx * (at - 0.5)).toISOString().slice(0, 16).replace("T", " ");
      rows.push([starts, ...shown.map((trace) => {
        const same = trace.x0 === x0 ? trace.y[at] : trace.y[Math.round((x0 + dx * at - trace.x0) / trace.dx)];
        return same ?? "–";
      })]);
    }
    const caption = first ? `The newest ${MOST_ROWS} of ${y.length} steps, the newest first` : "The newest first";
    return table(["Step from", ...shown.map((trace) => `${plain(trace.name)}, kW`)], rows, caption);
  }
  function ofPoints(traces) {
    const trace = traces.find((each) => each.customdata && each.hovertext);
    return table(["Name", "State"], (trace?.hovertext ?? []).map((words, at) => {
      const [name, ...rest] = String(words).split("<br>");
      const opener = document.createElement("button");
      [opener.type, opener.className, opener.textContent] = ["button", "link", plain(name)];
      opener.addEventListener("click", () => ls.open(trace.customdata[at]));
      return [opener, plain(rest.join(" · ")) || "live"];
    }));
  }
  // the figure's numbers as a <table>
  ls.table = (figure) => {
    if (!figure) return document.createTextNode("Nothing is drawn yet.");
    const [first] = figure.data;
    if (first?.type === "sankey") return ofSankey(first);
    return figure.data.some((trace) => trace.dx) ? ofLines(figure.data) : ofPoints(figure.data);
  };
})();
