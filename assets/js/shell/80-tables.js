// Long tables (dashboard/parts/tables.py): tells the server which button was pressed and what was chosen, and keeps the focus.
(() => {
  let asked = null; // the table whose question is about to open

  function tell(table, told) {
    window.dash_clientside.set_props(`${table}-press`, { data: { ...told, at: Date.now() } });
  }
  function given(button) {
    const fields = button.closest(".question")?.querySelectorAll("[data-given]") ?? [];
    return Object.fromEntries([...fields].map((field) => [field.dataset.given, (field.querySelector("input") ?? field).value]));
  }

  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-turn-of]"); // of a log, which has no last page
    if (step) {
      const older = step.dataset.turn ? Number(step.dataset.turn) : null;
      return window.dash_clientside.set_props(step.dataset.turnOf, { data: { older, at: Date.now() } });
    }
    const button = event.target.closest("[data-press]");
    const table = button?.closest("[data-table]")?.dataset.table;
    if (!table) return;
    const told = JSON.parse(button.dataset.press);
    asked = told.do === "ask" || told.do === "keep" ? table : null;
    tell(table, { ...told, given: given(button) });
  });

  document.addEventListener("change", (event) => {
    const select = event.target.closest("[data-filter]");
    const table = select?.closest("[data-table]")?.dataset.table;
    if (table) tell(table, { do: "filter", column: select.dataset.filter, value: select.value });
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

  // A question that opens gets the focus; when it is closed again, the button that opened it has it back.
  let opener = null;
  new MutationObserver(() => {
    count();
    if (!asked) return;
    const region = document.querySelector(`[data-table="${asked}"]`);
    const question = region?.querySelector(".question");
    if (question && !question.contains(document.activeElement)) {
      opener = question.getAttribute("aria-label");
      question.focus();
      asked = null;
    } else if (region && !question && opener) {
      [...region.querySelectorAll("[data-press]")].find((each) => each.getAttribute("aria-label") === opener)?.focus();
      opener = asked = null;
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
