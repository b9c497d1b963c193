// The days of a page, walked by a slider (dashboard/pages/heat_map.py): a button plays them, and the address keeps the one that is shown.
(() => {
  const STEP_MS = 1000;
  const CALM_MS = 2500; // for those who want little to move
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = null;

  function stop() {
    if (!playing) return;
    clearInterval(playing.timer);
    playing.button.setAttribute("aria-pressed", "false");
    playing.button.textContent = Loadstar.text("Play");
    playing = null;
  }
  function step() {
    const slider = document.getElementById(playing.of);
    if (!playing.button.isConnected || !slider) return stop();
    const [at, last] = [Number(slider.value), Number(slider.max)];
    if (at >= last) return stop();
    window.dash_clientside.set_props(playing.of, { value: at + 1 });
  }
  function play(button) {
    const of = button.dataset.plays;
    const slider = document.getElementById(of);
    playing = { button, of, timer: setInterval(step, calm.matches ? CALM_MS : STEP_MS) };
    button.setAttribute("aria-pressed", "true");
    button.textContent = Loadstar.text("Pause");
    if (slider.value === slider.max) window.dash_clientside.set_props(of, { value: 0 });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-plays]");
    if (button) {
      const again = playing?.button === button;
      stop();
      if (!again) play(button);
    }
    const colours = event.target.closest("[data-keeps-scale]");
    if (colours) window.loadstar.keep("/colours", { colours: colours.dataset.keepsScale });
  });
  document.addEventListener("pointerdown", (event) => event.target.matches("#heat-day") && stop());

  (window.dash_clientside ??= {}).days = {
    keep(at, kept) {
      const day = kept?.dates[at];
      if (!day) return;
      const address = new URL(location);
      address.searchParams.set("day", day);
      history.replaceState(history.state, "", address);
    },
  };
})();
