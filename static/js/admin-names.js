// Names for what the scripts and tables of Django's admin leave without one, for those who hear the page.
function named(element, name) {
  if (name && !element.labels?.length && !element.hasAttribute("aria-label")) element.setAttribute("aria-label", name);
}

function words(element) {
  return element?.textContent.trim().replace(/:$/, "") ?? "";
}

// A cell of a table is named by its column, the first column by what it holds.
function nameCells(root) {
  for (const head of root.querySelectorAll("th.original:empty")) {
    head.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: "Row" }));
  }
  for (const cell of root.querySelectorAll(".tabular td")) {
    const column = words(cell.closest("table").querySelectorAll("thead th")[cell.cellIndex]);
    for (const field of cell.querySelectorAll("input:not([type=hidden]), select, textarea")) named(field, column);
  }
}

// A moment has two fields under one heading.
function nameMoments(root) {
  for (const field of root.querySelectorAll(".datetime input")) {
    const whole = words(field.closest(".form-row, td")?.querySelector("label, legend"));
    named(field, `${whole} ${field.classList.contains("vDateField") ? "date" : "time"}`.trim());
  }
}

// The box that stands for a list that can be searched: its name is the list's, then what is chosen.
function nameSearchedLists(root) {
  for (const box of root.querySelectorAll(".select2-container")) {
    const list = box.previousElementSibling;
    const shown = box.querySelector(".select2-selection__rendered");
    const name = words(list?.labels?.[0]) || list?.getAttribute("aria-label");
    if (!shown?.hasAttribute("role") || !name) continue; // done before, or not to be told
    for (const said of ["role", "aria-readonly"]) shown.removeAttribute(said);
    box.querySelector(".select2-selection").removeAttribute("aria-labelledby");
    const say = () => box.querySelector(".select2-selection").setAttribute("aria-label", [name, words(shown)].join(" "));
    new MutationObserver(say).observe(shown, { childList: true, subtree: true });
    say();
  }
}

function nameAll(root) {
  nameCells(root);
  nameMoments(root);
  nameSearchedLists(root);
  for (const mark of root.querySelectorAll("span.help-tooltip[aria-label]")) mark.setAttribute("role", "img");
  const search = root.querySelector("#searchbar");
  if (search) search.setAttribute("aria-label", "Search");
}

// Those scripts make their boxes some time after the page has come, and more of them with each new row.
const LATE = ".select2-container, .form-row, .selector";
new MutationObserver((changes) => {
  const made = changes.flatMap((change) => [...change.addedNodes]);
  if (made.some((node) => node.nodeType === Node.ELEMENT_NODE && node.matches(LATE))) nameAll(document);
}).observe(document.body, { childList: true, subtree: true });
addEventListener("load", () => nameAll(document));
