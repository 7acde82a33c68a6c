// The page of kept trials: shows the list of this browser. Nothing of it is sent before its reader asks for more.
const page = document.querySelector("[data-kept]");
const own = page?.querySelector("[data-kept-own]");
const day = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" });

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function addressOf(list) {
  return `/kept/?id=${list.map((each) => each.id).join("+")}`;
}

function row(each, place) {
  const box = make("input", { type: "checkbox", name: "id", value: each.id, checked: place < 4 });
  const hidden = () => make("span", { className: "hidden-words", textContent: ` ${each.id}` });
  const away = make("button", { type: "button", className: "keep-link is-kept" }, "Take off my list", hidden());
  away.addEventListener("click", () => {
    keptTrials.take(each.id);
    render();
    page.querySelector("h1").focus();
  });
  const on = new Date(`${each.on}T00:00:00Z`);
  const since = isNaN(on) ? "" : ` · Kept on ${day.format(on)}`;
  return make(
    "li",
    {},
    make("h2", {}, make("a", { href: `/trials/${each.id}/`, textContent: each.title || each.id })),
    make("p", { className: "note", textContent: each.id + since }),
    make("p", { className: "tools no-print" }, make("label", { className: "pick" }, box, " Compare", hidden()), away),
  );
}

function tools(list) {
  const link = new URL(addressOf(list), page.dataset.site).href;
  const small = "button quiet small";
  const body = encodeURIComponent(`${link}\r\n\r\nFor general information only, not medical advice.`);
  const mail = make("a", { className: small, href: `mailto:?subject=A%20list%20of%20clinical%20trials&body=${body}` }, "Send by mail");
  const print = make("button", { type: "button", className: small }, "Print");
  print.addEventListener("click", () => window.print());
  const clear = make("button", { type: "button", className: small }, "Clear the list");
  clear.addEventListener("click", () => {
    if (!window.confirm("Take all trials off your list?")) return;
    keptTrials.write([]);
    render();
    page.querySelector("h1").focus();
  });
  const line = make("p", { className: "tools no-print" });
  if (list.length > 1) line.append(make("button", { type: "submit", className: "button small" }, "Compare the ticked, up to four"));
  line.append(make("a", { className: small, href: addressOf(list) }, "See how they stand now"), mail);
  if (navigator.clipboard) line.append(copier(link, small));
  line.append(print, clear);
  return line;
}

function copier(link, className) {
  const copy = make("button", { type: "button", className }, "Copy a link");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(link).then(
      () => (copy.textContent = "Link copied"),
      () => (copy.textContent = "Not copied"),
    );
    setTimeout(() => (copy.textContent = "Copy a link"), 4000);
  });
  return copy;
}

function render() {
  const list = keptTrials.read();
  if (!list.length) {
    const go = make("a", { className: "button", href: "/trials/" }, "Find a trial");
    own.replaceChildren(make("p", {}, "Nothing is on your list yet. Press “Keep this trial” on a trial’s page."), make("p", {}, go));
    return;
  }
  const form = make("form", { action: "/trials/compare/", className: "kept-form" });
  form.append(make("ol", { className: "rows kept-rows" }, ...list.map(row)), tools(list));
  form.append(make("p", { className: "note no-print" }, "“See how they stand now” and links open a page whose address holds the list."));
  const count = list.length === 1 ? "1 trial" : `${list.length} trials`;
  own.replaceChildren(make("p", { role: "status", className: "total" }, `${count} kept in this browser.`), form);
  limit(form);
}

// At most four can be compared: a fifth waits until another is taken away.
function limit(form) {
  const boxes = [...form.querySelectorAll('input[name^="id"]')];
  const submit = form.querySelector('button[type="submit"]');
  const check = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => (box.disabled = !box.checked && ticked >= 4));
    if (submit) submit.disabled = ticked < 2;
  };
  form.addEventListener("change", check);
  check();
}

if (page) page.querySelector("h1").tabIndex = -1;
if (own) {
  render(); // at once, before what stands below: nothing moves
} else if (page) {
  page.querySelectorAll(".kept-form").forEach(limit);
  const all = page.querySelector("[data-kept-all]");
  if (all) {
    all.classList.add("is-ready");
    all.querySelector("button").addEventListener("click", (event) => {
      page.querySelectorAll("button.keep-link:not(.is-kept)").forEach((button) => button.click());
      event.currentTarget.textContent = "Kept in this browser";
      event.currentTarget.disabled = true;
    });
  }
}
