// A figure that comes with its sentence and its note, drawn in the chart of that id.
(() => {
  const put = (id, words) => {
    const element = document.getElementById(id);
    if (element) element.textContent = words ?? "";
  };
  (window.dash_clientside ??= {}).live.draw = (text, id) => {
    if (!text) return;
    const given = JSON.parse(text);
    put(`${id}-note`, given.note);
    put(`${id}-says`, given.problem ?? given.says);
    window.loadstar.nothing(id, given.problem ? [given.problem] : given.empty);
    if (given.problem) return;
    window.loadstar.draw(id, given.figure);
  };
  // what a page asks for as soon as it is there, passed on to the callback that waits for a change
  window.dash_clientside.live.asks = (asked) => asked ?? window.dash_clientside.no_update;
  // the same on a page that leads to itself: only a callback with an output is called again when its parts are replaced
  window.dash_clientside.live.redraw = (text, id) => {
    window.dash_clientside.live.draw(text, id);
    return window.dash_clientside.no_update;
  };
  // what happened while its lines were drawn
  window.dash_clientside.live.happened = (events, id) => {
    window.loadstar.setHappened(id, events);
    return window.dash_clientside.no_update;
  };
})();
