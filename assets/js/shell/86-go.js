// A choice that leads to another page of this site: its options' values are their addresses.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-go] select")) window.loadstar.go(event.target.value);
});
