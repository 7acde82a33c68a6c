// A list of trials that lies in this browser and nowhere else, and links to copy. Without this script "Keep" opens a
// page whose address holds the trial, which can be bookmarked.
const keptTrials = {
  key: "kept-trials",
  most: 30,
  read() {
    try {
      const list = JSON.parse(localStorage.getItem(this.key) || "[]");
      return Array.isArray(list) ? list.filter((each) => /^NCT\d{8}$/.test(each?.id)) : [];
    } catch {
      return [];
    }
  },
  write(list) {
    try {
      if (list.length) localStorage.setItem(this.key, JSON.stringify(list.slice(0, this.most)));
      else localStorage.removeItem(this.key);
      return true;
    } catch {
      return false;
    }
  },
  has(id) {
    return this.read().some((each) => each.id === id);
  },
  add(id, title) {
    const list = this.read();
    if (list.length >= this.most) return false;
    const on = new Date().toISOString().slice(0, 10);
    return this.write([...list.filter((each) => each.id !== id), { id, title: title.slice(0, 200), on }]);
  },
  take(id) {
    return this.write(this.read().filter((each) => each.id !== id));
  },
};

document.querySelectorAll("a[data-keep]").forEach((link) => {
  const id = link.dataset.keep;
  const place = link.closest("li") || document;
  const title = place.querySelector("h1, h2 a, h3 a, h4 a")?.textContent.trim() || id;
  const quietly = link.querySelector(".hidden-words")?.textContent || "";
  const wordKeep = link.firstChild.textContent.trim();
  const button = document.createElement("button");
  button.type = "button";
  button.className = link.className;
  button.dataset.keep = id;
  const said = Object.assign(document.createElement("span"), { className: "kept-said" });
  said.setAttribute("role", "status");
  const show = () => {
    const isKept = keptTrials.has(id);
    button.classList.toggle("is-kept", isKept);
    const words = isKept ? "Take off my list" : wordKeep;
    const rest = Object.assign(document.createElement("span"), { className: "hidden-words", textContent: quietly });
    button.replaceChildren(words, ...(quietly ? [rest] : []));
  };
  button.addEventListener("click", () => {
    const wasKept = keptTrials.has(id);
    const done = wasKept ? keptTrials.take(id) : keptTrials.add(id, title);
    show();
    const count = keptTrials.read().length;
    if (!done) {
      const full = count >= keptTrials.most;
      said.textContent = full ? `Your list is full: it holds ${keptTrials.most} trials. ` : "This browser does not let us keep a list. ";
    } else said.textContent = wasKept ? "Taken off your list. " : "Kept in this browser. ";
    const list = Object.assign(document.createElement("a"), { href: "/kept/", textContent: `See your list (${count})` });
    said.append(list);
    document.dispatchEvent(new CustomEvent("kept-trials"));
  });
  show();
  link.replaceWith(button);
  (button.closest(".tools, .actions") || button).after(said);
});

document.querySelectorAll("button[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  const words = button.textContent;
  button.classList.add("is-ready");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Link copied";
    } catch {
      button.textContent = "Not copied";
    }
    setTimeout(() => (button.textContent = words), 4000);
  });
});

document.querySelectorAll("button[data-print]").forEach((button) => {
  button.classList.add("is-ready");
  button.addEventListener("click", () => window.print());
});
