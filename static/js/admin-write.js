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
  if (!answer.ok) return;
  told.textContent = `Kept at ${(await answer.json()).saved}`;
  for (const link of links) link.search = "?typed";
  show();
}

// The preview shows what is kept, where it was scrolled to, and leaves no trail behind the Back button.
const frame = document.getElementById("preview");
const links = [...(document.getElementById("preview-links")?.querySelectorAll("a") ?? [])];
let chosen = links[0];
let scrolled = 0;

function reader() {
  return frame.contentDocument ? frame.contentWindow : null; // a mail stands apart: its place cannot be read
}

function show() {
  scrolled = reader()?.scrollY ?? 0;
  frame.contentWindow.location.replace(chosen.href);
}

function choose(link) {
  chosen = link;
  for (const one of links) one.toggleAttribute("aria-current", one === chosen);
  frame.title = `Preview: ${chosen.textContent}`;
}

for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    choose(link);
    show();
    scrolled = 0;
  });
}
frame?.addEventListener("load", () => reader()?.scrollTo(0, scrolled));
if (chosen) choose(chosen);

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
