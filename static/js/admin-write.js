// The writing page: the gauge follows the typing, and what is typed is kept. Without this file both happen on saving.
const form = document.getElementById("writing");
const gauge = document.getElementById("gauge");
const told = document.getElementById("autosaved");
let soon;
let later;

const STAYS = "What you type stays in this browser.";
const LOGGED_OUT = `You are logged out. ${STAYS} Log in again in another tab, then open this page again.`;

// A log-in page in place of the answer, or none at all: admin-drafts.js has what was typed.
async function send(address) {
  const answer = await fetch(address, { method: "POST", body: new FormData(form), credentials: "same-origin" });
  if (answer.ok && !answer.redirected) return answer;
  const isOut = answer.redirected || answer.status === 403;
  throw new Error(isOut ? LOGGED_OUT : `The site does not answer as it should. ${STAYS}`);
}

function stays(error) {
  told.textContent = error instanceof TypeError ? `There is no connection. ${STAYS}` : error.message;
}

async function measure() {
  gauge.innerHTML = await (await send(form.dataset.gauge)).text();
}

async function keep() {
  const answer = await send(form.dataset.autosave);
  told.textContent = `Kept at ${(await answer.json()).saved}`;
  form.dispatchEvent(new Event("kept-by-server"));
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
  clearTimeout(soon);
  clearTimeout(later);
  soon = setTimeout(() => measure().catch(() => {}), 600);
  later = setTimeout(() => keep().catch(stays), 2500);
});
