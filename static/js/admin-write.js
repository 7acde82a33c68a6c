// The writing page: the gauge follows the typing, and what is typed is kept. Without this file both happen on saving.
const form = document.getElementById("writing");
const gauge = document.getElementById("gauge");
const told = document.getElementById("autosaved");
let soon;
let later;
let changed = false;

function send(address) {
  return fetch(address, { method: "POST", body: new FormData(form), credentials: "same-origin" });
}

async function measure() {
  const answer = await send(form.dataset.gauge);
  if (answer.ok) gauge.innerHTML = await answer.text();
}

async function keep() {
  const answer = await send(form.dataset.autosave);
  if (answer.ok) told.textContent = `Kept at ${(await answer.json()).saved}`;
}

form?.addEventListener("input", () => {
  changed = true;
  clearTimeout(soon);
  clearTimeout(later);
  soon = setTimeout(() => measure().catch(() => {}), 600);
  later = setTimeout(() => keep().catch(() => {}), 2500);
});
form?.addEventListener("submit", () => {
  changed = false;
});
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
