// Light, dark, or as the system has it; charts follow.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const NEXT = { auto: "light", light: "dark", dark: "auto" };
  const WORDS = {
    auto: [Loadstar.text("Theme: system"), Loadstar.text("Theme: system. Change theme")],
    light: [Loadstar.text("Theme: light"), Loadstar.text("Theme: light. Change theme")],
    dark: [Loadstar.text("Theme: dark"), Loadstar.text("Theme: dark. Change theme")],
  };
  const ICONS = { auto: "circle-half", light: "sun", dark: "moon-stars" };

  let onPaper = false;
  for (const [event, prints] of [["beforeprint", true], ["afterprint", false]])
    window.addEventListener(event, () => {
      onPaper = prints;
      apply();
    });

  function resolve() {
    const chosen = onPaper ? "light" : root.dataset.theme;
    return chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
  }
  function label() {
    for (const button of document.querySelectorAll("[data-theme-next]")) {
      button.setAttribute("aria-label", WORDS[root.dataset.theme][1]);
      button.title = WORDS[root.dataset.theme][0];
      button.querySelector(".icon").className = `icon icon-${ICONS[root.dataset.theme]}`;
    }
    for (const choice of document.querySelectorAll("[data-theme-set]"))
      choice.setAttribute("aria-pressed", String(choice.dataset.themeSet === root.dataset.theme));
  }
  function apply() {
    const shown = resolve();
    if (root.dataset.bsTheme !== shown) {
      root.dataset.bsTheme = shown;
      const template = window.loadstar.templates[shown];
      for (const chart of document.querySelectorAll(".js-plotly-plot"))
        if (chart.layout) window.Plotly?.relayout(chart, { template });
      window.dispatchEvent(new CustomEvent("loadstar:theme", { detail: shown }));
    }
    label();
  }
  function choose(theme) {
    root.dataset.theme = theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `loadstar-theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    apply();
    window.loadstar.keep("/theme", { theme });
  }
  window.loadstar.theme = { choose, shown: resolve };
  // a figure with the template of the theme that is shown
  window.loadstar.themed = (figure) => ({
    ...figure, layout: { ...figure.layout, template: window.loadstar.templates[resolve()] },
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-next]")) choose(NEXT[root.dataset.theme]);
    const set = event.target.closest("[data-theme-set]");
    if (set) choose(set.dataset.themeSet);
  });
  system.addEventListener("change", apply);
  new MutationObserver(label).observe(document.body, { childList: true, subtree: true, attributes: false });
  apply();
})();
