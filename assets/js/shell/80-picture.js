// One's own picture: chosen from a file, sent as it is, made anew by the server.
(() => {
  const say = (words) => {
    const place = document.getElementById("account-picture-says");
    if (place) place.textContent = words;
  };
  async function send(file) {
    say(Loadstar.text("Sending…"));
    const body = new FormData();
    body.append("picture", file);
    try {
      const headers = { ...window.loadstar.proof(), Accept: "application/json" };
      const answer = await fetch("/account/picture", { method: "POST", body, headers });
      if (answer.ok) return location.assign("/account?said=picture");
      say(answer.status === 413 ? Loadstar.text("A picture file has 10 MB at the most. Choose a smaller one.") : (await answer.json()).message);
    } catch {
      say(Loadstar.text("The picture did not arrive. Try again."));
    }
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-choose-picture]")) return;
    const chooser = document.createElement("input");
    chooser.type = "file";
    chooser.accept = "image/png,image/jpeg,image/webp";
    chooser.addEventListener("change", () => chooser.files[0] && send(chooser.files[0]));
    chooser.click();
  });
})();
