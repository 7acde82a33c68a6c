// What an editor typed lies in this browser until the server says that it has it: a lost line, an ended session or a
// closed lid costs no text. A draft belongs to one editor, one text and one opening of its page, so that two tabs do not
// write over each other. Without this file the forms are what they were.
const DRAFT = "draft:";
const DRAFTS_KEPT_FOR = 30 * 24 * 3600 * 1000;
const MOST_DRAFTS = 5;
const NOT_TEXT = "button, select[multiple], [type=hidden], [type=submit], [type=file], [type=password], [name=looked], [name$='-DELETE']";

const drafts = {
  keys(start) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(DRAFT + start));
    } catch {
      return [];
    }
  },
  read(key) {
    try {
      const draft = JSON.parse(localStorage.getItem(key));
      return draft?.texts && draft.at ? draft : null;
    } catch {
      return null;
    }
  },
  write(key, draft) {
    try {
      localStorage.setItem(key, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {} // a browser that keeps nothing has nothing to remove
  },
};

// The page that says "saved" names the draft that was saved.
for (const said of document.querySelectorAll(".messagelist [class*='draft-saved-']")) {
  const token = /draft-saved-(\w+)/.exec(said.className)[1];
  for (const key of drafts.keys("")) if (key.endsWith(`:${token}`)) drafts.remove(key);
}

function textsOf(form) {
  const fields = [...form.elements].filter((field) => field.name && !field.matches(NOT_TEXT) && !/__prefix__/.test(field.name));
  return Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
}

function rowsOf(form) {
  const ids = [...form.querySelectorAll("input[type=hidden][name$='-id']")].filter((field) => field.value);
  return Object.fromEntries(ids.map((field) => [field.name.slice(0, -3), field.value]));
}

const sameTexts = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

// Lists below a text: a kept row goes to the row that it came from, or to a new one where that is gone.
function rowFor(form, row, draft, found) {
  if (found.has(row)) return found.get(row);
  const [, list, number] = /^(.+)-(\d+)$/.exec(row);
  const now = rowsOf(form);
  const id = draft.rows[row];
  const total = form.elements[`${list}-TOTAL_FORMS`];
  let place = id ? Object.keys(now).find((name) => name.startsWith(`${list}-`) && now[name] === id) : null;
  if (!place && !id && Number(number) < Number(total?.value) && !now[row]) place = row;
  if (!place && total) {
    place = `${list}-${total.value}`;
    document.querySelector(`#${list}-group .add-row a`)?.click();
  }
  found.set(row, place);
  return place;
}

function bringBack(form, draft) {
  const found = new Map();
  for (const [name, value] of Object.entries(draft.texts)) {
    const part = /^(.+-\d+)-(.+)$/.exec(name);
    const field = form.elements[part ? `${rowFor(form, part[1], draft, found)}-${part[2]}` : name];
    if (!field || field.readOnly) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    field.dispatchEvent(new Event("brought-back")); // for the rich editor over it
  }
}

function clock(at) {
  const then = new Date(at);
  const time = then.toLocaleTimeString("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (then.toDateString() === new Date().toDateString()) return `at ${time}`;
  return `on ${then.toLocaleDateString("en-US", { month: "short", day: "numeric" })} at ${time}`;
}

function draftButton(name, act) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: name });
  button.addEventListener("click", act);
  return button;
}

class FormDraft {
  constructor(place) {
    this.place = place;
    this.form = document.getElementById(place.dataset.form);
    this.mine = `${place.dataset.key}:`;
    this.told = document.getElementById("draft-said");
    this.first = textsOf(this.form);
    this.cameBack = "unsaved" in place.dataset; // with what was typed and was not saved, and a reason
    this.isUnsaved = this.cameBack;
    this.isElsewhere = false; // the server has it, or is being asked to take it
    this.isLeaving = false;
    const token = [...crypto.getRandomValues(new Uint32Array(3))].map((n) => n.toString(36)).join("");
    this.key = DRAFT + this.mine + token;
    this.form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "draft", value: token }));
  }

  get revision() {
    return this.form.elements[this.place.dataset.revision] ?? { value: "" };
  }

  keep() {
    clearTimeout(this.soon);
    const draft = { at: Date.now(), base: this.revision.value, texts: textsOf(this.form), rows: rowsOf(this.form) };
    if (!this.cameBack && sameTexts(draft.texts, this.first)) return drafts.remove(this.key);
    const done = drafts.write(this.key, draft);
    const words = done ? `Kept in this browser ${clock(draft.at)}` : "This browser does not let us keep a draft.";
    if (this.told) this.told.textContent = words;
  }

  offerEach() {
    const kept = drafts.keys(this.mine).map((key) => ({ key, draft: drafts.read(key) }));
    kept.sort((one, other) => (other.draft?.at ?? 0) - (one.draft?.at ?? 0));
    kept.forEach(({ key, draft }, index) => {
      const isPast = !draft || Date.now() - draft.at > DRAFTS_KEPT_FOR || index >= MOST_DRAFTS;
      if (isPast || sameTexts(draft.texts, this.first)) drafts.remove(key);
      else this.offer(key, draft);
    });
  }

  offer(key, draft) {
    const note = Object.assign(document.createElement("p"), { className: "desk-note" });
    const isOlder = draft.base !== this.revision.value;
    const since = isOlder ? " The text was saved again since then: when you save yours, you see both." : "";
    const end = () => {
      drafts.remove(key);
      note.remove();
    };
    const back = () => {
      bringBack(this.form, draft);
      this.revision.value = draft.base; // what was saved since is then met as a conflict, and both texts are shown
      this.isUnsaved = true;
      this.keep();
      this.form.dispatchEvent(new Event("input", { bubbles: true }));
      end();
    };
    note.append(`We kept what you typed ${clock(draft.at)}.${since} `);
    note.append(draftButton("Bring it back", back), " ", draftButton("Throw it away", end));
    this.place.append(note);
  }

  typed() {
    this.isUnsaved = true;
    this.isElsewhere = false;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.keep(), 400);
  }

  watch() {
    this.form.addEventListener("input", () => this.typed());
    this.form.addEventListener("change", () => this.typed());
    this.form.addEventListener("kept-by-server", () => {
      clearTimeout(this.soon);
      this.isElsewhere = true;
      drafts.remove(this.key);
    });
    this.form.addEventListener("submit", () => {
      if (this.isUnsaved) this.keep();
      this.isLeaving = true;
    });
    addEventListener("pageshow", () => (this.isLeaving = false));
    addEventListener("pagehide", () => this.isUnsaved && !this.isElsewhere && !this.isLeaving && this.keep());
    addEventListener("beforeunload", (event) => this.isUnsaved && !this.isLeaving && event.preventDefault());
  }
}

const draftPlace = document.getElementById("draft");
if (draftPlace) {
  const draft = new FormDraft(draftPlace);
  draft.offerEach();
  if (draft.isUnsaved) draft.keep();
  draft.watch();
}
