// A tick: what changed on the site, put where it belongs. Only texts that differ are touched.
(() => {
  const ls = window.loadstar;
  const WORDS = {
    live: Loadstar.text("live"),
    late: Loadstar.text("late"),
    offline: Loadstar.text("offline"),
    never: Loadstar.text("no data yet"),
  };
  const SHAPES = { critical: "■", high: "▲", medium: "◆", low: "●" };
  let last = null;

  const put = (element, words) => {
    if (element && element.textContent !== words) element.textContent = words;
  };
  const mark = (element, name, value) => {
    if (element && element.dataset[name] !== value) element.dataset[name] = value;
  };
  const made = (tag, className, words) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (words !== undefined) element.textContent = words;
    return element;
  };
  const age = (seconds) => {
    for (const [unit, length, upto] of [["s", 1, 90], ["min", 60, 5400], ["h", 3600, 172800], ["d", 86400, Infinity]])
      if (seconds < upto) return `${Math.round(Math.max(0, seconds) / length)} ${unit}`;
  };

  function tiles(list) {
    for (const [key, label, value, unit, note, state, seen, title, words] of list) {
      const tile = document.querySelector(`#overview-tiles [data-tile="${key}"]`);
      if (!tile) continue;
      const part = (name) => tile.querySelector(`[data-part="${name}"]`);
      put(part("label"), label);
      put(part("value"), value);
      put(part("unit"), unit);
      put(part("note"), note);
      mark(tile, "state", state);
      mark(tile.querySelector(".state"), "state", state);
      if (tile.title !== title) tile.title = title;
      tile.dataset.seen = seen ?? "";
      if (words) put(part("age"), words);
    }
  }
  function ages() {
    const now = ls.now() / 1000;
    for (const tile of document.querySelectorAll("#overview-tiles [data-tile]")) {
      if (!tile.dataset.seen || !["live", "late", "offline"].includes(tile.dataset.state)) continue;
      const old = age(now - Number(tile.dataset.seen));
      put(tile.querySelector('[data-part="age"]'), tile.dataset.state === "live" ? Loadstar.text("%(age)s ago", { age: old }) : `${WORDS[tile.dataset.state]}, ${old}`);
    }
    for (const row of document.querySelectorAll("#overview-devices [data-seen]"))
      put(row.querySelector(".ago"), row.dataset.seen ? Loadstar.text("%(age)s ago", { age: age(now - Number(row.dataset.seen)) }) : Loadstar.text("never"));
  }
  function devices(list) {
    const body = document.querySelector("#overview-devices tbody");
    if (!body) return;
    list.forEach(([state, seen, load], at) => {
      const [id, name] = ls.about.devices[at];
      let row = body.rows[at];
      if (row?.dataset.device !== id) {
        row = body.insertRow(at);
        row.dataset.device = id;
        const head = made("th");
        head.scope = "row";
        const opener = made("button", "link", name);
        opener.type = "button";
        opener.addEventListener("click", () => ls.open(`device:${id}`));
        head.append(opener);
        const standing = made("td");
        standing.append(made("span", "state"));
        const bar = made("td", "load num");
        bar.append(made("span", "percent"), made("span", "bar"));
        row.append(head, standing, made("td", "ago num"), bar);
      }
      const shown = row.querySelector(".state");
      put(shown, WORDS[state]);
      mark(shown, "state", state);
      row.dataset.seen = seen ?? "";
      put(row.querySelector(".percent"), load === null ? "–" : `${load} %`);
      row.querySelector(".bar").style.setProperty("--part", `${Math.min(100, load ?? 0)}%`);
    });
    while (body.rows.length > list.length) body.deleteRow(-1);
  }
  // since when, as the way to that time on the page of the power quality
  function when(since, href) {
    const element = made("p", "since num", href ? "" : since);
    if (!href) return element;
    const link = Object.assign(made("a", "", since), { href, title: Loadstar.text("Power quality at that time") });
    link.dataset.soft = "";
    element.append(link);
    return element;
  }
  function attention(list, more) {
    const box = document.getElementById("attention-list");
    if (!box) return;
    const text = JSON.stringify([list, more]);
    if (box.dataset.shown === text) return;
    box.dataset.shown = text;
    const rows = list.map(([severity, title, detail, since, source, what, href]) => {
      const row = made("li");
      row.dataset.severity = severity;
      const word = made("span", "severity");
      const shape = made("span", "shape", SHAPES[severity]);
      shape.setAttribute("aria-hidden", "true");
      word.append(shape, made("span", "", severity));
      const leads = what.startsWith("/"); // to a page
      const opener = made(leads ? "a" : "button", "link", title);
      if (leads) opener.href = what;
      else {
        opener.type = "button";
        opener.addEventListener("click", () => ls.open(what));
      }
      const says = made("p", "detail num", detail);
      if (source) says.append(made("span", "source", ` ${source}`));
      const head = made("p", "title");
      head.append(opener);
      row.append(word, head, when(since, href), says);
      return row;
    });
    if (more) rows.push(made("li", "more", Loadstar.text("and %(count)s more", { count: more })));
    if (!rows.length) {
      const calm = made("li", "calm");
      const icon = made("i", "icon icon-check-lg");
      icon.setAttribute("aria-hidden", "true");
      calm.append(icon, made("span", "", Loadstar.text("All clear. All devices report, and voltage, frequency and power factor are within their limits.")));
      rows.push(calm);
    }
    box.replaceChildren(...rows);
    ls.attention(list.length + (more || 0), list[0]?.[0]);
  }

  // the newest tick, or none
  ls.lastTick = () => last;
  ls.applyTick = (tick) => {
    last = tick;
    tiles(tick.tiles);
    devices(tick.devices);
    ages();
    attention(tick.attention, tick.more);
    ls.siteState(tick.state);
  };
  setInterval(() => document.hidden || ages(), 5000);
})();
