// The public forms, without losing what was typed: a store that is away is tried again every 5 seconds.
(() => {
  const RETRY_S = 5;
  const form = document.querySelector("form[data-patient]");
  const notice = document.getElementById("notice");
  const show = document.querySelector("[data-show-password]");

  show?.addEventListener("click", () => {
    const field = document.getElementById("password");
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    show.setAttribute("aria-pressed", String(hidden));
    show.querySelector(".icon").className = `icon icon-${hidden ? "eye-slash" : "eye"}`;
  });
  if (!form) return;
  const button = form.querySelector("button[type=submit]");
  const words = button.textContent;

  function say(text, bad = true) {
    notice.hidden = false;
    notice.className = bad ? "notice bad" : "notice";
    notice.querySelector("p").textContent = text;
  }
  function later(seconds, text) {
    button.disabled = true;
    if (seconds <= 0) return send();
    say(text(seconds));
    setTimeout(() => later(seconds - 1, text), 1000);
  }
  async function send() {
    button.disabled = true;
    button.textContent = form.dataset.patient;
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin",
      });
    } catch {
      button.textContent = words;
      return later(RETRY_S, (seconds) => Loadstar.text("Loadstar does not answer. Trying again in %(seconds)s s.", { seconds }));
    }
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return location.assign(said.next);
    button.textContent = words;
    if (answer.status === 503) return later(RETRY_S, (seconds) =>
      Loadstar.text("Loadstar cannot reach its store. What you typed is kept. Trying again in %(seconds)s s.", { seconds }));
    button.disabled = false;
    if (said.reload) return location.reload();
    say(said.message || Loadstar.text("That did not work. Try again."));
    form.querySelector("#code, #password, input:not([type=hidden])")?.select();
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
})();
