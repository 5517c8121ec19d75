// What scripts add. Every page works without: here times are said in the reader's zone as well, and the console sends
// its forms in the background, follows what others do, completes what is typed and remembers it.
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  // Times in the reader's own zone, beside those of the window.
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isKnown = (zone) => zone === ownZone || ["UTC", "Etc/UTC"].includes(ownZone);
  const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
  const day = { format: (at) => dayFormat.format(at).replace(",", "") };
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const now = () => (document.body.dataset.now ? Date.parse(document.body.dataset.now) : Date.now());

  function away(at) {
    const minutes = Math.round((at - now()) / 60000);
    if (minutes === 0) return "now";
    if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
    if (Math.abs(minutes) < 48 * 60) return relative.format(Math.round(minutes / 60), "hour");
    return relative.format(Math.round(minutes / 1440), "day");
  }

  function localise(root) {
    for (const time of $$("time[datetime]", root)) {
      const from = new Date(time.getAttribute("datetime"));
      if (Number.isNaN(from.getTime()) || time.nextElementSibling?.className === "local") continue;
      const to = time.dataset.to ? new Date(time.dataset.to) : null;
      const running = to && from <= now() && now() < to;
      const words = [running ? `ends ${away(to)}` : away(from)];
      if (!isKnown(time.dataset.zone)) {
        let own = `${day.format(from)} ${clock.format(from)}`;
        if (to) own += day.format(from) === day.format(to) ? `–${clock.format(to)}` : ` – ${day.format(to)} ${clock.format(to)}`;
        words.push(`your time: ${own}`);
      }
      const local = document.createElement("span");
      local.className = "local";
      local.textContent = words.join(" · ");
      time.after(local);
    }
  }
  localise(document);

  const command = $("#command");
  if (!command) return;
  const text = $("#text");

  // Lines to copy.
  function addCopyButtons(root) {
    for (const line of $$(".copy", root)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "tiny";
      button.textContent = "Use it";
      button.addEventListener("click", () => fill($("code", line).textContent));
      const copy = document.createElement("button");
      copy.type = "button";
      copy.className = "tiny";
      copy.textContent = "Copy";
      copy.addEventListener("click", async () => {
        await navigator.clipboard?.writeText($("code", line).textContent);
        copy.textContent = "Copied";
      });
      line.append(button, copy);
    }
  }
  addCopyButtons(document);

  function fill(line) {
    text.value = line;
    grow();
    text.focus();
    text.setSelectionRange(line.length, line.length);
  }

  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, 384)}px`;
  }

  document.addEventListener("click", (event) => {
    if (event.target.id !== "example") return;
    event.preventDefault();
    fill(event.target.textContent);
  });

  // New content in place of the old, without losing the reader's place: focus, open lists, how far one has scrolled.
  function swap(selector, page) {
    const old = $(selector);
    const fresh = $(selector, page);
    if (!old || !fresh) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const open = $$("details[open]", old).map((details) => details.id);
    const scrolled = $$(".posts", old).map((box) => [box.id, box.scrollTop]);
    // The reply stays in its place: readers are told of what changes inside it.
    if (selector === "#reply") old.replaceChildren(...document.adoptNode(fresh).childNodes);
    else old.replaceWith(document.adoptNode(fresh));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, top] of scrolled) {
      const box = document.getElementById(id);
      if (box && top !== 0) box.scrollTop = top;
    }
    localise($(selector));
    addCopyButtons($(selector));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  function show(html, whole) {
    const page = new DOMParser().parseFromString(html, "text/html");
    if (!$("#command", page)) {
      location.reload();
      return;
    }
    if (page.body.dataset.now) document.body.dataset.now = page.body.dataset.now;
    for (const selector of ["#board", "#hint", "#clock-now", "#clock-next"]) swap(selector, page);
    $("#key").value = $("#key", page).value;
    const local = $("#local");
    if (local && local !== document.activeElement) local.value = $("#local", page).value;
    if (whole) swap("#reply", page);
  }

  let sending = 0;
  let stale = false;

  async function send(form, clears) {
    const body = new URLSearchParams(new FormData(form));
    if ($("#name") && !body.has("name")) body.set("name", $("#name").value);
    const buttons = $$("button", form);
    sending += 1;
    for (const button of buttons) button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
      const moved = form.action.endsWith("/clock") && answer.ok;
      show(await answer.text(), !moved);
      if (clears && $("#reply .reply[data-done=yes]")) text.value = "";
    } catch {
      say("The console does not answer. Is maintbot running? Nothing was lost: send it again.");
    } finally {
      sending -= 1;
      for (const button of buttons) button.disabled = false;
      grow();
      if (stale) refresh();
    }
  }

  function say(words) {
    const line = document.createElement("p");
    line.className = "reply refused";
    line.textContent = words;
    $("#reply").replaceChildren(line);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-send]")) return;
    event.preventDefault();
    closeChoices();
    if (form === command) remember(text.value);
    send(form, form === command);
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.(".tick-form");
    if (form && event.target.type === "checkbox") form.requestSubmit();
  });

  // What others do.
  async function refresh() {
    if (sending) {
      stale = true;
      return;
    }
    stale = false;
    try {
      const answer = await fetch("/console", { headers: { Accept: "text/html" } });
      if (answer.ok) show(await answer.text(), false);
    } catch {
      // The stream reconnects by itself and then asks again.
    }
  }

  let lost = false;
  const events = new EventSource("/console/events");
  events.addEventListener("changed", refresh);
  events.addEventListener("error", () => { lost = true; });
  events.addEventListener("open", () => {
    if (lost) refresh();
    lost = false;
  });

  // What was typed before.
  const typed = JSON.parse(sessionStorage.getItem("typed") || "[]");
  let at = typed.length;

  function remember(line) {
    if (line.trim() && typed.at(-1) !== line) typed.push(line);
    typed.splice(0, typed.length - 100);
    at = typed.length;
    sessionStorage.setItem("typed", JSON.stringify(typed));
  }

  function recall(step) {
    const to = at + step;
    if (to < 0 || to > typed.length) return false;
    at = to;
    fill(typed[at] ?? "");
    return true;
  }

  // Completing what is typed, from what can be typed.
  const choices = document.createElement("ul");
  choices.id = "choices";
  choices.className = "choices";
  choices.hidden = true;
  choices.setAttribute("role", "listbox");
  choices.setAttribute("aria-label", "What could come next");
  text.parentElement.append(choices);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "choices"], ["aria-expanded", "false"]]) text.setAttribute(name, value);
  let catalogue = null;
  let offered = [];
  let chosen = -1;
  fetch("/console/catalogue").then((answer) => answer.json()).then((json) => { catalogue = json; }).catch(() => {});

  const offers = (source) => ($("#board").dataset[source] || "").split("\n").filter(Boolean).map((line) => line.split("\t"));

  function offer() {
    if (!catalogue) return [];
    const before = text.value.slice(0, text.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1).replace(/^\s*\/?(maintenance\s+)?/, "");
    const part = line.match(/[^\s"]*$/)[0];
    if ((line.match(/"/g) || []).length % 2) return [];
    const words = line.slice(0, line.length - part.length).trim().split(/\s+/).filter(Boolean);
    const starts = (word) => word.toLowerCase().startsWith(part.toLowerCase());
    const verbs = catalogue.verbs.filter((verb) => verb.name.split(" ").every((word, n) => words[n] === word));
    const verb = verbs.sort((a, b) => b.name.length - a.name.length)[0];
    if (!verb) {
      const group = words.length === 1 ? `${words[0]} ` : "";
      if (words.length > (group ? 1 : 0)) return [];
      const found = catalogue.verbs.filter((v) => v.name.startsWith(group) && starts(v.name.slice(group.length)));
      return found.map((v) => ({ put: `${v.name.slice(group.length)} `, part, label: v.name, help: v.summary }));
    }
    const option = part.match(/^(?:--)?([a-z_]+)[:=](.*)$/);
    if (option) {
      const known = verb.options.find((o) => o.name === option[1]);
      const list = known?.choices?.length ? known.choices.map((choice) => [choice]) : offers(known?.complete);
      const fits = list.filter(([value]) => value.toLowerCase().startsWith(option[2].toLowerCase()));
      return fits.map(([value, help]) => ({ put: `${value} `, part: option[2], label: value, help: help || "" }));
    }
    const place = verb.options.find((o) => o.place === words.length - verb.name.split(" ").length + 1);
    const values = place ? (place.choices?.length ? place.choices.map((choice) => [choice]) : offers(place.complete)) : [];
    const fitting = values.filter(([value]) => starts(value)).map(([value, help]) => ({ put: `${value} `, part, label: value, help: help || "" }));
    const used = (o) => !o.repeat && (line.includes(`${o.name}:`) || line.includes(`--${o.name} `));
    const options = verb.options.filter((o) => !o.place && !used(o)).map((o) => {
      const label = o.type === "flag" ? `--${o.name}` : `${o.name}:`;
      return { put: o.type === "flag" ? `${label} ` : label, part, label, help: `${o.required ? "needed · " : ""}${o.help}` };
    });
    return [...fitting, ...options.filter((o) => starts(o.label) || o.label.startsWith(`--${part}`) && part)];
  }

  function openChoices() {
    offered = offer().slice(0, 40);
    if (offered.length === 1 && offered[0].put.trim() === offered[0].part) offered = [];
    chosen = -1;
    choices.replaceChildren(...offered.map((one, n) => {
      const item = document.createElement("li");
      item.id = `choice-${n}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const word = document.createElement("code");
      word.textContent = one.label;
      const help = document.createElement("span");
      help.textContent = one.help;
      item.append(word, help);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); accept(n); });
      return item;
    }));
    choices.hidden = offered.length === 0;
    text.setAttribute("aria-expanded", String(!choices.hidden));
    text.removeAttribute("aria-activedescendant");
  }

  function closeChoices() {
    choices.hidden = true;
    chosen = -1;
    text.setAttribute("aria-expanded", "false");
    text.removeAttribute("aria-activedescendant");
  }

  function choose(step) {
    chosen = (chosen + step + offered.length + (chosen < 0 && step < 0 ? 1 : 0)) % offered.length;
    $$("li", choices).forEach((item, n) => item.setAttribute("aria-selected", String(n === chosen)));
    text.setAttribute("aria-activedescendant", `choice-${chosen}`);
    $(`#choice-${chosen}`).scrollIntoView({ block: "nearest" });
  }

  function accept(n) {
    const { put, part } = offered[n];
    const end = text.selectionStart;
    text.setRangeText(put, end - part.length, end, "end");
    grow();
    openChoices();
  }

  text.addEventListener("input", () => { grow(); openChoices(); });
  text.addEventListener("blur", closeChoices);
  text.addEventListener("keydown", (event) => {
    const open = !choices.hidden;
    const plain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing;
    const take = () => event.preventDefault();
    if (!plain) return;
    if (event.key === "Escape" && open) { take(); closeChoices(); }
    else if (event.key === "ArrowDown" && open) { take(); choose(1); }
    else if (event.key === "ArrowUp" && open && chosen >= 0) { take(); choose(-1); }
    else if (event.key === "ArrowUp" && !text.value.slice(0, text.selectionStart).includes("\n")) { if (recall(-1)) { take(); closeChoices(); } }
    else if (event.key === "ArrowDown" && !text.value.slice(text.selectionEnd).includes("\n")) { if (recall(1)) { take(); closeChoices(); } }
    else if (event.key === "Tab" && open && (chosen >= 0 || offered[0].part)) { take(); accept(Math.max(chosen, 0)); }
    else if (event.key === "Enter" && open && chosen >= 0) { take(); accept(chosen); }
    else if (event.key === "Enter") { take(); command.requestSubmit(); }
  });
  grow();
})();
