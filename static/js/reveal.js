// Shows a contact in place of its dots. Without this script the same form opens a page with the contact.
document.querySelectorAll("form[data-reveal]").forEach((form) => {
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !window.fetch) return;
    event.preventDefault();
    button.disabled = true;
    const body = new URLSearchParams({ contact: button.value });
    try {
      const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await reply.json();
      button.closest(".masked").replaceWith(shown(reply.ok ? said.contacts : [], said.message));
    } catch {
      button.disabled = false;
      form.requestSubmit ? leave(form, button) : form.submit();
    }
  });
});

function leave(form, button) {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "contact", value: button.value });
  form.append(field);
  form.submit();
}

function shown(contacts, message) {
  const place = document.createElement("span");
  place.className = "shown-contact";
  place.tabIndex = -1;
  if (message) place.append(message);
  contacts.forEach((contact) => {
    const line = document.createElement("span");
    if (contact.name) line.append(contact.name + " ");
    if (contact.phone) line.append(link("tel:" + contact.dial, contact.phone), contact.extension ? " ext. " + contact.extension + " " : " ");
    if (contact.email) line.append(link("mailto:" + contact.email, contact.email));
    place.append(line);
  });
  requestAnimationFrame(() => place.focus());
  return place;
}

function link(href, text) {
  return Object.assign(document.createElement("a"), { href, textContent: text });
}
