// A button that copies the text of the element that it names, and says that it did.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-of]");
  const source = button && document.getElementById(button.dataset.copyOf);
  if (!source) return;
  const words = button.dataset.words ?? button.textContent;
  button.dataset.words = words;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = Loadstar.text("Copied");
  } catch {
    // without TLS a browser lets nobody write to the clipboard: what is marked can be copied by hand
    getSelection().selectAllChildren(source);
    button.textContent = Loadstar.text("Selected: press Ctrl+C");
  }
  setTimeout(() => { button.textContent = words; }, 2000);
});
