// Dash's scripts run after the first paint: what the server painted is seen before a browser works through 300 kB of them.
(() => {
  const addresses = [...document.querySelectorAll('link[rel=preload][as=script]')].map((link) => link.href);
  const inline = [...document.querySelectorAll("script[data-later]")];
  if (!addresses.length) return;
  const isPlotly = (address) => address.includes("/plotly/");
  // where the server painted the place of a chart, it is drawn before anything else runs (assets/live/05-first.js)
  const chartFirst = document.querySelector("[data-first-chart]") !== null;
  addresses.sort((a, b) => (chartFirst ? isPlotly(b) - isPlotly(a) : isPlotly(a) - isPlotly(b)));

  let begun = false;
  function begin() {
    if (begun) return;
    begun = true;
    let last = null;
    for (const address of addresses) {
      last = document.createElement("script");
      last.async = false; // in this order
      last.src = address;
      if (isPlotly(address)) last.addEventListener("load", () => window.dispatchEvent(new CustomEvent("loadstar:plotly")));
      document.head.append(last);
    }
    last.addEventListener("load", () => {
      for (const given of inline) {
        const script = document.createElement("script"); // its hash is in the content security policy
        script.textContent = given.textContent;
        given.replaceWith(script);
      }
    });
  }
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, 300); // a tab in the background paints nothing
})();
