/* Names of a digest as chips: each can be taken away, and what is written beside them becomes one. Without this they are
   boxes to untick, and the field is sent as it is. */

/** @param {HTMLInputElement} field @param {boolean} whole whether the last word is at an end */
const take = (field, whole) => {
  const list = document.getElementById(field.dataset.names);
  const words = field.value.split(/[\s,]+/);
  const rest = whole ? "" : words.pop();
  for (const word of words) if (word !== "") add(list, word);
  field.value = rest;
};

/** @param {HTMLElement} list @param {string} name */
const add = (list, name) => {
  const there = [...list.querySelectorAll("input")].find((box) => box.value === name);
  if (there !== undefined) {
    there.checked = true;
    return;
  }
  const template = document.getElementById("chip");
  const made = document.importNode(template.content, true);
  made.querySelector("input").value = name;
  made.querySelector("span").textContent = name;
  made.querySelector("button").setAttribute("aria-label", template.dataset.remove.replace("{name}", name));
  list.append(made);
};

/** @param {EventTarget | null} target @returns {HTMLInputElement | null} */
const written = (target) => (target instanceof HTMLInputElement && target.dataset.names !== undefined ? target : null);

document.addEventListener("input", (event) => {
  const field = written(event.target);
  if (field !== null && !event.isComposing && /[\s,]/.test(field.value)) take(field, false);
});

document.addEventListener("keydown", (event) => {
  const field = written(event.target);
  if (field === null || event.key !== "Enter" || event.isComposing || field.value.trim() === "") return;
  event.preventDefault();
  take(field, true);
});

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const field = document.querySelector("[data-names]");
  if (event.target.closest("[data-add]") !== null) {
    take(field, true);
    field.focus();
  }
  const chip = event.target.closest("[data-remove]")?.closest("li") ?? null;
  if (chip === null) return;
  const next = (chip.nextElementSibling ?? chip.previousElementSibling)?.querySelector("[data-remove]") ?? field;
  chip.remove();
  next.focus();
});
