/* Filters are sent when one is chosen or ticked, and a text when it is entered; also the field beside the form, for rows per page. */
for (const kind of ["change", "search"]) {
  document.addEventListener(kind, (event) => {
    const field = event.target;
    const chosen = kind === "change" ? field instanceof HTMLSelectElement || field instanceof HTMLInputElement && field.type === "checkbox" : field instanceof HTMLInputElement && field.value === "";
    if (chosen && field.form?.id === "filters") field.form.requestSubmit();
  });
}

/* The form stays while its list is exchanged, so the order is that of the page and not the one it came with. */
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id !== "filters") return;
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort !== null) event.detail.parameters.sort = sort;
});
