/* How many characters a text has, of how many it may have. */
/** @param {HTMLTextAreaElement} field */
const count = (field) => {
  const told = field.parentElement.querySelector(".hint.num");
  if (told !== null) told.textContent = `${field.value.length} / ${field.maxLength}`;
};
const all = () => document.querySelectorAll("textarea[data-counted]").forEach(count);

document.addEventListener("input", (event) => {
  if (event.target instanceof HTMLTextAreaElement && event.target.dataset.counted !== undefined) count(event.target);
});
document.addEventListener("htmx:afterSettle", all);
all();
