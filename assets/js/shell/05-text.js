// The one mark of every text in scripts: the text in the page's language, its named places filled.
// Loadstar.text("Values of %(time)s", { time }); a text that stays for later words is marked where it is shown, too.
window.Loadstar = (() => {
  const given = document.getElementById("texts")?.textContent;
  const texts = given ? JSON.parse(given) : {};
  const text = (source, values = {}) =>
    (texts[source] ?? source).replace(/%\((\w+)\)s/g, (place, name) => (name in values ? values[name] : place));
  const lang = document.documentElement.lang;
  const locale = lang === "en" ? "en-GB" : lang; // of dates and times: as `config/language.py` writes them
  return { text, locale };
})();
