// A figure that comes with its sentence and its note, drawn in the chart of that id.
(() => {
  const put = (id, words) => {
    const element = document.getElementById(id);
    if (element) element.textContent = words ?? "";
  };
  (window.dash_clientside ??= {}).live.draw = (text, id) => {
    if (!text) return;
    const given = JSON.parse(text);
    put(`${id}-note`, given.problem ?? given.note);
    if (given.problem) return;
    put(`${id}-says`, given.says);
    const empty = document.getElementById(`${id}-empty`);
    if (empty) empty.hidden = !given.empty;
    window.loadstar.draw(id, given.figure);
  };
})();
