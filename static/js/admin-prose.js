// The rich editor over each text that holds HTML: the engine of django-prose-editor with buttons of our own, because
// its page set-up needs an inline script and style. The field below stays the truth: it is what the form sends. Where
// the engine cannot start, or would lose a mark that it does not know, the field with its own buttons stays in place.
const address = document.getElementById("markup-address")?.dataset.editor;
const KEPT = { A: ["href"], IMG: ["src", "alt"], TH: ["scope"] };
const OWN_IMAGE = /^\/explainers\/images\/[a-z0-9-]+\/$/;
const LINK = /^(?:https?:\/\/[^\s/]+\S*|\/(?![/\\])\S*|#[\w-]+)$/i;
const HELP = "Alt+F10 goes to the buttons, Escape back to the text. Tab leaves the text.";

function extensions(lib) {
  const quiet = { addKeyboardShortcuts: () => ({}) };
  return [
    lib.Document, lib.Text, lib.Paragraph, lib.HardBreak, lib.Bold, lib.Italic, lib.Subscript, lib.Superscript,
    lib.Blockquote, lib.HorizontalRule, lib.BulletList, lib.OrderedList, lib.History, lib.TableRow, lib.TableHeader,
    lib.TableCell, lib.Heading.configure({ levels: [2, 3, 4] }),
    // Tab belongs to the page, so that the keyboard is never caught; lists go deeper with Ctrl+]
    lib.ListItem.extend({
      addKeyboardShortcuts() {
        return {
          Enter: () => this.editor.commands.splitListItem("listItem"),
          "Mod-]": () => this.editor.commands.sinkListItem("listItem"),
          "Mod-[": () => this.editor.commands.liftListItem("listItem"),
        };
      },
    }),
    lib.Table.extend({ ...quiet, renderHTML: () => ["table", ["tbody", 0]] }).configure({ resizable: false }),
    lib.Link.extend(quiet).configure({
      openOnClick: false, autolink: false, linkOnPaste: true, isAllowedUri: (uri) => LINK.test(uri),
    }),
    lib.Image.extend({
      parseHTML: () => [{ tag: "img[src]", getAttrs: (img) => OWN_IMAGE.test(img.getAttribute("src")) && null }],
    }),
  ];
}

// What the engine says -> what our pages know: no attributes but ours, no paragraph for a single line, heads of tables.
function tidy(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const p of body.querySelectorAll("li > p, td > p, th > p")) {
    const lone = [...p.parentElement.children].filter((child) => child.matches("p")).length === 1;
    if (lone && !p.previousElementSibling) p.replaceWith(...p.childNodes);
  }
  for (const table of body.querySelectorAll("table")) headed(table);
  for (const element of body.querySelectorAll("*")) {
    for (const name of element.getAttributeNames()) {
      if (!(KEPT[element.tagName] ?? []).includes(name)) element.removeAttribute(name);
    }
  }
  for (const p of body.querySelectorAll("p:empty")) p.remove();
  return [...body.children].map((block) => block.outerHTML).join("\n");
}

function headed(table) {
  const first = table.querySelector("tr");
  if (first && [...first.cells].every((cell) => cell.tagName === "TH")) {
    for (const cell of first.cells) cell.setAttribute("scope", "col");
    const head = document.createElement("thead");
    table.prepend(head);
    head.append(first);
  }
  for (const cell of table.querySelectorAll("tbody th:first-child")) cell.setAttribute("scope", "row");
}

// All that must not get lost: the words, the marks, where links and pictures lead.
function inventory(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const same = { B: "STRONG", I: "EM", P: "", TBODY: "", THEAD: "" };
  const marks = [...body.querySelectorAll("*")].map((e) =>
    [same[e.tagName] ?? e.tagName, e.getAttribute("href"), e.getAttribute("src"), e.getAttribute("alt")].join(" "));
  return JSON.stringify([body.textContent.replace(/\s+/g, ""), marks.filter((mark) => mark.trim()).sort()]);
}

// A word processor's styles are not ours. Only for tidiness: the engine keeps nothing that it does not know, the browser
// runs nothing that stands in a page, and the server cleans what is saved.
function pasted(html) {
  return html
    .replace(/<(?:b|strong)\b[^>]*font-weight:\s*(?:normal|400)[^>]*>/gi, "<span>")
    .replace(/<(style|script|svg|math|iframe|object|template|title|xml)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/[\s/](?:on\w+|style|class|id|srcset|data-[\w-]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, " ");
}

function ask(title, fields) {
  const dialog = document.createElement("dialog");
  dialog.className = "prose-ask";
  dialog.setAttribute("aria-label", title);
  const inputs = fields.map(([label, value]) => {
    const line = document.createElement("label");
    const input = document.createElement("input");
    input.value = value;
    line.append(label, " ", input);
    dialog.append(line);
    return input;
  });
  return new Promise((answer) => {
    const end = (given) => {
      dialog.remove();
      answer(given);
    };
    const accept = () => end(inputs.map((input) => input.value.trim()));
    for (const [name, act] of [["OK", accept], ["Cancel", () => end(null)]]) {
      dialog.append(button(name, act));
    }
    dialog.addEventListener("cancel", () => end(null));
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      accept();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function button(name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = name;
  made.addEventListener("click", act);
  return made;
}

async function link(editor) {
  const given = await ask("Link", [["Address (empty: no link)", editor.getAttributes("link").href ?? "https://"]]);
  if (given === null) return;
  const chain = editor.chain().focus().extendMarkRange("link");
  if (LINK.test(given[0])) chain.setLink({ href: given[0], target: null, rel: null }).run();
  else chain.unsetLink().run();
}

async function source(editor) {
  const given = await ask("Source", [["Number of the source", "1"]]);
  if (given && /^\d{1,3}(\s*,\s*\d{1,3})*$/.test(given[0])) editor.chain().focus().insertContent(`[${given[0]}]`).run();
}

async function picture(editor) {
  const given = await ask("Picture", [["Address", "/explainers/images/"], ["What it tells, in words", ""]]);
  if (given && OWN_IMAGE.test(given[0]) && given[1]) editor.chain().focus().setImage({ src: given[0], alt: given[1] }).run();
}

// Name, what it does, how to see that it is on
const TOOLS = [
  ["Paragraph", (e) => e.chain().focus().setParagraph().run(), ["paragraph"]],
  ["Heading", (e) => e.chain().focus().toggleHeading({ level: 2 }).run(), ["heading", { level: 2 }]],
  ["Subheading", (e) => e.chain().focus().toggleHeading({ level: 3 }).run(), ["heading", { level: 3 }]],
  ["Bold", (e) => e.chain().focus().toggleBold().run(), ["bold"]],
  ["Emphasis", (e) => e.chain().focus().toggleItalic().run(), ["italic"]],
  ["Link", link, ["link"]],
  ["List", (e) => e.chain().focus().toggleBulletList().run(), ["bulletList"]],
  ["Numbered list", (e) => e.chain().focus().toggleOrderedList().run(), ["orderedList"]],
  ["Quote", (e) => e.chain().focus().toggleBlockquote().run(), ["blockquote"]],
  ["Source", source],
  ["Picture", picture],
  ["Table", (e) => e.chain().focus().insertTable({ rows: 3, cols: 2, withHeaderRow: true }).run()],
  ["Add row", (e) => e.chain().focus().addRowAfter().run(), ["table"]],
  ["Add column", (e) => e.chain().focus().addColumnAfter().run(), ["table"]],
  ["Delete table", (e) => e.chain().focus().deleteTable().run(), ["table"]],
  ["Rule", (e) => e.chain().focus().setHorizontalRule().run()],
  ["Undo", (e) => e.chain().focus().undo().run()],
  ["Redo", (e) => e.chain().focus().redo().run()],
];
const ONLY_IN_TABLE = ["Add row", "Add column", "Delete table"];

function toolbar(editor, label) {
  const bar = document.createElement("div");
  bar.className = "markup-tools prose-tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", `Marks for ${label}`);
  for (const [name, act] of TOOLS) bar.append(button(name, () => act(editor)));
  for (const one of bar.children) one.tabIndex = one === bar.firstChild ? 0 : -1;
  bar.addEventListener("keydown", (event) => walk(event, bar, editor));
  const show = () => {
    TOOLS.forEach(([name, , state], place) => {
      const one = bar.children[place];
      if (ONLY_IN_TABLE.includes(name)) one.hidden = !editor.isActive("table");
      else if (state) one.setAttribute("aria-pressed", editor.isActive(...state));
    });
  };
  editor.on("transaction", show);
  show();
  return bar;
}

// One stop of the Tab key; the arrows go from button to button.
function walk(event, bar, editor) {
  const all = [...bar.children].filter((one) => !one.hidden);
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  if (event.key === "Escape") editor.commands.focus();
  if (!(event.key in steps)) return;
  event.preventDefault();
  const at = all.indexOf(document.activeElement);
  const next = all[Math.min(Math.max(at + steps[event.key], 0), all.length - 1)];
  for (const one of all) one.tabIndex = one === next ? 0 : -1;
  next.focus();
}

function start(lib, area) {
  const label = document.querySelector(`label[for=${area.id}]`)?.innerText.replace(/:$/, "") ?? "the text";
  const place = document.createElement("div");
  place.className = "prose desk-rich";
  const editor = new lib.Editor({
    element: place,
    injectCSS: false, // the rules stand in admin-desk.css: the page allows no inline style
    extensions: extensions(lib),
    content: area.value,
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label, "aria-description": HELP },
      transformPastedHTML: pasted,
      handleKeyDown: (_view, event) => {
        if (!event.altKey || event.key !== "F10") return false;
        place.previousElementSibling.querySelector("[tabindex='0']").focus();
        return true;
      },
    },
    onUpdate: () => {
      area.value = tidy(editor.getHTML());
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  if (inventory(area.value) === inventory(tidy(editor.getHTML()))) return { editor, place, label };
  editor.destroy();
  return null;
}

// Puts the editor in the place of the field, with a button that shows the field again.
function equip(lib, area) {
  const box = area.closest(".markup-box") ?? area.parentElement;
  const marks = [area, ...box.querySelectorAll(".markup-tools")];
  const said = document.createElement("p");
  said.className = "prose-said";
  said.setAttribute("role", "status");
  const swap = button("Edit as HTML", () => (running ? stop() : begin()));
  let running = null;
  const stop = () => {
    running.bar.remove();
    running.place.remove();
    running.editor.destroy();
    running = null;
    for (const part of marks) part.hidden = false;
    swap.textContent = "Edit as text";
    area.focus();
  };
  const begin = () => {
    const made = start(lib, area);
    said.textContent = made ? HELP : "This text has marks that the editor would lose. It stays as HTML.";
    if (!made) return;
    running = { ...made, bar: toolbar(made.editor, made.label) };
    area.before(running.bar, running.place);
    for (const part of marks) part.hidden = true;
    swap.textContent = "Edit as HTML";
  };
  area.after(swap, said);
  document.querySelector(`label[for=${area.id}]`)?.addEventListener("click", () => running?.editor.commands.focus());
  area.addEventListener("brought-back", () => {
    if (running) stop();
    begin();
  });
  begin();
}

if (address) {
  const lib = await import(address);
  document.querySelectorAll("textarea[data-markup]").forEach((area) => equip(lib, area));
}
