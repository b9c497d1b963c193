// Long tables (dashboard/parts/tables.py): tells the server which button was pressed and what was chosen, and keeps the focus.
(() => {
  let asked = null; // the table whose question is about to open or to close

  function tell(table, wanted) {
    told = table;
    const selects = document.querySelectorAll(`[data-table="${table}"] [data-filter]`);
    const chosen = Object.fromEntries([...selects].map((each) => [each.dataset.filter, each.value]));
    window.dash_clientside.set_props(`${table}-press`, { data: { ...wanted, chosen, at: Date.now() } });
  }
  function said(control) {
    return control.type === "checkbox" ? (control.checked ? "yes" : "") : control.value;
  }
  function given(button) {
    const fields = button.closest(".question")?.querySelectorAll("[data-given]") ?? [];
    return Object.fromEntries([...fields].map((field) => [field.dataset.given, said(field.querySelector("input") ?? field)]));
  }

  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-turn-of]"); // of a log, which has no last page
    if (step) {
      told = step.closest("[data-table]")?.dataset.table ?? told;
      const older = step.dataset.turn ? Number(step.dataset.turn) : null;
      return window.dash_clientside.set_props(step.dataset.turnOf, { data: { older, at: Date.now() } });
    }
    const button = event.target.closest("[data-press]");
    const table = button?.closest("[data-table]")?.dataset.table;
    if (!table) return;
    const pressed = JSON.parse(button.dataset.press);
    asked = ["ask", "keep", "act"].includes(pressed.do) ? table : null;
    tell(table, { ...pressed, given: given(button) });
  });

  document.addEventListener("change", (event) => {
    const table = event.target.closest("[data-filter]")?.closest("[data-table]")?.dataset.table;
    if (table) tell(table, {});
  });

  document.addEventListener("keydown", (event) => {
    const question = event.key === "Escape" && event.target.closest(".question");
    if (!question) return;
    const keep = [...question.querySelectorAll("[data-press]")].find((each) => JSON.parse(each.dataset.press).do === "keep");
    keep?.click();
  });

  // How much waits, as a page says it: the navigation says the same.
  function count() {
    for (const each of document.querySelectorAll("[data-waiting]")) {
      const mark = document.querySelector(`[data-count-of="${each.dataset.waitingOf}"]`);
      if (!mark || each.dataset.seen === each.dataset.waiting) continue;
      each.dataset.seen = each.dataset.waiting;
      mark.firstElementChild.textContent = each.dataset.waiting;
      mark.hidden = each.dataset.waiting === "0";
    }
  }

  // What is searched, chosen and sorted stands in the address: a reload and the way back show the same rows.
  let told = null; // the table that was asked for other rows since this page came
  for (const gone of ["popstate", "_dashprivate_pushstate"]) window.addEventListener(gone, () => { told = null; });
  document.addEventListener("input", (event) => {
    told = event.target.closest(".table-tools")?.closest("[data-table]")?.dataset.table ?? told;
  });
  function keep() {
    const kept = told && document.querySelector(`[data-keeps-of="${told}"]`);
    if (!kept) return;
    const query = new URLSearchParams(location.search);
    for (const name of [...query.keys()]) if (name.startsWith(`${told}.`)) query.delete(name);
    for (const [name, value] of new URLSearchParams(kept.dataset.keeps)) query.set(name, value);
    const address = location.pathname + (query.size ? `?${query}` : "");
    if (address !== location.pathname + location.search) history.replaceState(history.state, "", address + location.hash);
  }

  // A question that opens gets the focus; when it is closed again, the button that opened it has it back, or the table where
  // that went with its row.
  let opener = null;
  new MutationObserver(() => {
    count();
    keep();
    if (!asked) return;
    const region = document.querySelector(`[data-table="${asked}"]`);
    const question = region?.querySelector(".question");
    if (question && !question.contains(document.activeElement)) {
      opener = question.getAttribute("aria-label");
      question.focus();
      asked = null;
    } else if (region && !question && opener) {
      const button = [...region.querySelectorAll("[data-press]")].find((each) => each.getAttribute("aria-label") === opener);
      if (button || document.activeElement === document.body) (button ?? region.querySelector(".table-frame, .table-empty"))?.focus();
      opener = asked = null;
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
