/* Copying: to the clipboard where there is one, else by a field whose text is selected. */

/** @param {string} text */
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "vh";
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  window.dispatchEvent(new CustomEvent("berth:say", { detail: { text: document.body.dataset.copied } }));
};

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy], [data-copy-title], [data-copy-from], [data-copy-raw]") : null;
  if (button === null) return;
  event.preventDefault();
  if (button.dataset.copyRaw !== undefined) {
    const answer = await fetch(button.dataset.copyRaw);
    await copy(await answer.text());
  } else if (button.dataset.copyTitle !== undefined) {
    await copy(button.previousElementSibling.title);
  } else {
    const from = button.dataset.copyFrom;
    await copy(from === undefined ? button.dataset.copy : document.getElementById(from).textContent);
  }
  button.focus();
});
