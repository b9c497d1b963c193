// Single keys, listed by "?", which can be switched off (WCAG 2.2, 2.1.4).
(() => {
  const sheet = document.getElementById("shortcuts");
  if (!sheet) return;
  const list = sheet.querySelector("dl");
  const toggle = sheet.querySelector("input[type=checkbox]");
  const actions = new Map();
  const isOn = () => localStorage.getItem("loadstar-keys") !== "off";

  // pages add their own: loadstar.shortcut("f", "Start a forecast", () => …)
  window.loadstar.shortcut = (key, words, act) => {
    if (!actions.has(key)) {
      const term = document.createElement("dt");
      const mark = document.createElement("kbd");
      const meaning = document.createElement("dd");
      mark.textContent = key;
      meaning.textContent = words;
      term.append(mark);
      list.append(term, meaning);
    }
    actions.set(key, act);
  };
  const show = () => sheet.open || sheet.showModal();
  const click = (selector) => () => document.querySelector(selector)?.click();
  window.loadstar.shortcut("?", Loadstar.text("Show this list"), show);
  window.loadstar.shortcut("s", Loadstar.text("Choose a site"), click("[popovertarget=sites]"));
  window.loadstar.shortcut("o", Loadstar.text("Overview of this site"), click("#nav a[data-screen$=overview]"));
  window.loadstar.shortcut("t", Loadstar.text("Change the theme"), click("[data-theme-next]"));
  window.loadstar.shortcut("m", Loadstar.text("Go to the content"), () => document.getElementById("main").focus());

  toggle.checked = isOn();
  toggle.addEventListener("change", () => localStorage.setItem("loadstar-keys", toggle.checked ? "on" : "off"));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcuts]")) show();
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target === sheet) sheet.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !isOn()) return;
    if (event.target.closest("input, textarea, select, [contenteditable], [role=listbox], dialog[open]")) return;
    const act = actions.get(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
