// A choice, or a form, that leads to another page of this site: the options' values are addresses, the fields parts of one.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-go]:not(form) select")) window.loadstar.go(event.target.value);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-go]")) return;
  event.preventDefault();
  window.loadstar.go(`${event.target.getAttribute("action")}?${new URLSearchParams(new FormData(event.target))}`);
});
