// Buttons, shortcuts, clean pasting and a preview for texts in HTML. Without this file they are plain text fields.
const TOOLS = [
  ["Heading", "<h2>", "</h2>"],
  ["Subheading", "<h3>", "</h3>"],
  ["Paragraph", "<p>", "</p>"],
  ["Bold", "<strong>", "</strong>", "b"],
  ["Emphasis", "<em>", "</em>", "i"],
  ["Link", '<a href="/explainers/">', "</a>", "k"],
  ["List", "<ul>\n<li>", "</li>\n</ul>"],
  ["Numbered list", "<ol>\n<li>", "</li>\n</ol>"],
  ["Rule", "\n<hr>\n", ""],
  ["Source", " [1]", ""],
];
const address = document.getElementById("markup-address")?.dataset.markup;

function wrap(area, before, after) {
  const { selectionStart: start, selectionEnd: end } = area;
  const chosen = area.value.slice(start, end);
  area.focus();
  area.setRangeText(before + chosen + after, start, end, "end");
  if (!chosen) area.selectionEnd = area.selectionStart = start + before.length;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

async function cleaned(html) {
  const data = new FormData();
  data.append("html", html);
  data.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const answer = await fetch(address, { method: "POST", body: data, credentials: "same-origin" });
  return answer.ok ? await answer.json() : { html: "", shown: "" };
}

function toolbar(area) {
  const bar = document.createElement("div");
  bar.className = "markup-tools";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", `Marks for ${document.querySelector(`label[for=${area.id}]`)?.innerText ?? "the text"}`);
  for (const [name, before, after, key] of TOOLS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = name;
    if (key) button.title = `Ctrl+${key.toUpperCase()}`;
    button.addEventListener("click", () => wrap(area, before, after));
    bar.append(button);
  }
  return bar;
}

function equip(area) {
  const preview = document.createElement("div");
  preview.className = "markup-preview desk-rich";
  preview.setAttribute("aria-label", "What readers will see");
  preview.setAttribute("role", "region");
  const box = document.createElement("div");
  box.className = "markup-box";
  area.before(box);
  box.append(toolbar(area), area, preview);
  let soon;
  const show = async () => {
    preview.innerHTML = (await cleaned(area.value)).shown; // the server has cleaned it by the rules of the page
  };
  area.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(() => show().catch(() => {}), 500);
  });
  area.addEventListener("brought-back", () => show().catch(() => {}));
  area.addEventListener("keydown", (event) => {
    const tool = (event.ctrlKey || event.metaKey) && TOOLS.find(([, , , key]) => key === event.key.toLowerCase());
    if (!tool) return;
    event.preventDefault();
    wrap(area, tool[1], tool[2]);
  });
  area.addEventListener("paste", async (event) => {
    const html = event.clipboardData?.getData("text/html");
    if (!html) return;
    event.preventDefault();
    const plain = event.clipboardData.getData("text/plain");
    wrap(area, await cleaned(html).then((answer) => answer.html).catch(() => plain), "");
  });
  if (area.value) show().catch(() => {});
}

if (address) document.querySelectorAll("textarea[data-markup]").forEach(equip);
