// What a visitor ticks beside the rules of a trial. It lies in this browser's storage and is never sent: the rules
// stand in no form. Without this script the list can be ticked and printed, and forgets.
const WORDS = { yes: "True for me", no: "Not true", unsure: "Not sure" };

const answers = {
  key: (trial) => `fit-${trial}`,
  read(trial) {
    for (const store of ["sessionStorage", "localStorage"]) {
      try {
        const found = JSON.parse(window[store].getItem(this.key(trial)));
        const isOurs = (each) => Array.isArray(each) && each.length === 3 && each.every((part) => typeof part === "string");
        if (Array.isArray(found)) return { said: found.filter(isOurs), stays: store === "localStorage" };
      } catch {
        // storage is closed, or holds something else
      }
    }
    return { said: [], stays: false };
  },
  write(trial, said, stays) {
    this.clear(trial);
    if (!said.length) return;
    try {
      window[stays ? "localStorage" : "sessionStorage"].setItem(this.key(trial), JSON.stringify(said));
    } catch {
      // the ticks stay on the page, and on paper
    }
  },
  clear(trial) {
    for (const store of ["sessionStorage", "localStorage"]) {
      try {
        window[store].removeItem(this.key(trial));
      } catch {
        // nothing was kept
      }
    }
  },
};

function fill(section) {
  const trial = section.dataset.fit;
  const rules = [...section.querySelectorAll("[data-rule]")];
  const tools = section.querySelector("[data-fit-tools]");
  const stay = section.querySelector("[data-fit-stay]");
  const status = section.querySelector("[data-fit-status]");
  const ticked = (rule) => rule.querySelector("input:checked")?.value;
  const text = (rule) => rule.querySelector("legend").textContent.trim().slice(0, 160);

  const save = () => {
    const said = rules.filter(ticked).map((rule) => [rule.dataset.rule, ticked(rule), text(rule)]);
    answers.write(trial, said, stay.checked);
    status.textContent = said.length ? `You have gone through ${said.length} of ${rules.length} rules.` : "";
  };
  const restore = () => {
    const { said, stays } = answers.read(trial);
    const known = new Map(rules.map((rule) => [rule.dataset.rule, rule]));
    const gone = said.filter(([rule]) => !known.has(rule)).length;
    // a browser may have brought back the ticks of somebody who used it before
    section.querySelectorAll("input").forEach((input) => (input.checked = false));
    said.forEach(([rule, value]) => {
      const input = known.get(rule)?.querySelector(`input[value="${CSS.escape(value)}"]`);
      if (input) input.checked = true;
    });
    stay.checked = stays;
    if (!said.length) return;
    save();
    if (gone) {
      const lines = gone === 1 ? "1 rule that you ticked reads" : `${gone} rules that you ticked read`;
      status.append(` ${lines} differently now, so please look again.`);
    }
  };

  tools.classList.add("is-ready");
  section.addEventListener("change", save);
  section.querySelector("[data-fit-print]").addEventListener("click", () => printAlone(section));
  section.querySelector("[data-fit-clear]").addEventListener("click", () => {
    section.querySelectorAll("input").forEach((input) => (input.checked = false));
    answers.clear(trial);
    status.textContent = "Your answers are cleared.";
  });
  restore();
}

function printAlone(section) {
  section.classList.add("print-alone");
  document.documentElement.classList.add("printing-part");
  window.print();
  section.classList.remove("print-alone");
  document.documentElement.classList.remove("printing-part");
}

// On the trial's page: the same list, fetched from its own page and put in place.
async function open(link) {
  try {
    const reply = await fetch(link.href);
    if (!reply.ok) throw new Error(reply.status);
    const found = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("fit");
    const section = document.importNode(found, true);
    link.closest(".fit-link").replaceWith(section);
    fill(section);
    section.focus();
  } catch {
    location.href = link.href;
  }
}

// On the sheet: what was ticked, the doubts first, as far as a page has room.
function tell(place) {
  const said = answers.read(place.dataset.fitAnswers).said.filter(([, value]) => WORDS[value]);
  if (!said.length) return;
  const most = Number(place.dataset.most) || 6;
  const order = ["unsure", "no", "yes"];
  const sorted = [...said].sort((a, b) => order.indexOf(a[1]) - order.indexOf(b[1]));
  const list = place.querySelector("ul");
  sorted.slice(0, most).forEach(([, value, rule]) => {
    const item = document.createElement("li");
    const short = rule.length > 92 ? `${rule.slice(0, 90).replace(/\s+\S*$/, "")} …` : rule;
    item.append(Object.assign(document.createElement("b"), { textContent: `${WORDS[value]}: ` }), short);
    list.append(item);
  });
  const rest = sorted.length - most;
  if (rest > 0) place.querySelector("[data-fit-more]").textContent = `And ${rest} more on the list of rules.`;
  place.hidden = false;
}

document.querySelectorAll("[data-fit]").forEach(fill);
document.querySelectorAll("[data-fit-answers]").forEach(tell);
document.querySelectorAll("[data-fit-open]").forEach((link) => {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
});
