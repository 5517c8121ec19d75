// Shows current and coming maintenance at the top of a page of a product:
//
//   <script src="https://maintenance.example.com/banner.js" data-service="crm" async></script>
//
// data-service, data-region, data-environment: ids, with commas between them; data-within: how long before its start a
// window is shown, such as 24h; data-into: a selector of the element that the banner is put into, else the body.
//
// It depends on nothing, keeps no cookie, and needs no more of a Content-Security-Policy than its own origin in
// script-src and connect-src. Text from people is only ever set as text. Whatever goes wrong, the page stays as it is.
//
// What is served is smaller (`served` in src/web/banner.rs): each comment has lines of its own, strings are joined with
// `+` at the end of a line, and no string holds ` = `, ` => `, `, `, `{ ` or ` }`.
(() => {
  "use strict";
  const doc = document, tag = doc.currentScript || doc.querySelector('script[src*="/banner.js"]');
  const KEY = "maintbot-dismissed", MINUTE = 6e4;
  let items = [], gone = [], fails = 0, last = 0, box, drawn, timer;

  // The newest fifty are remembered. Storage may be forbidden, full, or hold something else.
  const remember = (...mark) => {
    try {
      gone = [...new Set([...gone, ...JSON.parse(localStorage[KEY] || "[]"), ...mark])].slice(-50);
    } catch {
      gone.push(...mark);
    }
    try {
      if (mark[0]) localStorage[KEY] = JSON.stringify(gone);
    } catch {}
  };

  const make = (name, into, more) => {
    const made = Object.assign(doc.createElement(name), more);
    into.append(made);
    return made;
  };

  const mark = (w) => w.id + ":" + w.revision;

  // Times are in the zone and the manner of the reader.
  const show = (w) => {
    const planned = w.state == "scheduled", from = new Date(w.starts_at), to = new Date(w.ends_at);
    const format = new Intl.DateTimeFormat([], {
      weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short"
    });
    const heading = w.on_hold ? "On hold" : planned ? "Planned maintenance" :
      w.running_over ? "Maintenance is taking longer than planned" : "Maintenance in progress";
    const when = planned ? format.formatRange(from, to) :
      (w.running_over ? "planned to end " : "until ") + format.format(to);
    const said = [when, w.impact, w.expected_downtime && "Expected downtime: " + w.expected_downtime];
    const line = make("div", box, { className: planned ? "w" : "w now" }), text = make("div", line);
    make("strong", text, { textContent: heading + ": " + w.title });
    make("p", text, { textContent: said.filter(Boolean).map((part) => part.replace(/[.\s]*$/, ". ")).join("") });
    if (/^https?:/.test(w.url)) {
      make("a", text, { textContent: "Details", href: w.url, target: "_blank", rel: "noopener" });
    }
    make("button", line, { textContent: "\u00d7", type: "button", ariaLabel: "Dismiss: " + w.title }).onclick = () => {
      remember(mark(w));
      draw();
      box.querySelector("button")?.focus();
    };
  };

  // Nothing is drawn anew that did not change: it would be read aloud again.
  const draw = () => {
    remember();
    const list = items.filter((w) => !gone.includes(mark(w))), now = JSON.stringify(list);
    if (now == drawn) return;
    drawn = now;
    box.textContent = "";
    list.forEach(show);
  };

  // While nothing is heard, what was heard last is shown as long as its time lasts.
  const look = async () => {
    clearTimeout(timer);
    last = Date.now();
    try {
      const url = new URL("banner.json", tag.src);
      for (const name of ["service", "region", "environment", "within"]) {
        if (tag.dataset[name]) url.searchParams.set(name, tag.dataset[name]);
      }
      const answer = await fetch(url, { credentials: "omit", signal: AbortSignal.timeout?.(1e4) });
      items = (await answer.json()).items.slice(0, 5);
      fails = 0;
    } catch {
      fails++;
      items = items.filter((w) => new Date(w?.ends_at) > last);
    }
    try {
      draw();
    } catch {}
    const pause = Math.min(3 * 2 ** fails, 60) * MINUTE * (1 + Math.random() / 5);
    timer = setTimeout(() => doc.hidden || look(), pause);
  };

  // The box is there before what is said in it, so that it is read aloud. A style sheet made here needs no permission
  // of a Content-Security-Policy; nor do single properties, where there are no such style sheets.
  const begin = () => {
    try {
      const host = doc.createElement("div"), root = host.attachShadow({ mode: "open" });
      host.lang = "en";
      box = make("div", root, { className: "b" });
      box.setAttribute("role", "status");
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(
          ":host{all:initial!important;display:block!important}.b{color-scheme:light dark;max-height:50vh;overflow:auto;overflow-wrap:anywhere;font:medium/1.4 system-ui,sans-serif}" +
          ".w{display:flex;align-items:center;gap:1em;padding:.6em 1em;background:#e6f0fa;color:#0e2f4d;border-bottom:1px solid #9dbfe0}" +
          ".now{background:#fff1d6;color:#432f00;border-color:#d8ae57}.w>div{flex:1;min-width:0}" +
          "p{display:inline;margin:0 .4em;white-space:pre-line}a{color:inherit}" +
          "button{all:unset;width:2.6em;height:2.6em;text-align:center;cursor:pointer}:focus-visible{outline:3px solid}" +
          "@media(prefers-color-scheme:dark){.w{background:#10283f;color:#d6e8fa;border-color:#2f567c}" +
          ".now{background:#3a2a05;color:#ffe8b5;border-color:#7d6016}}" +
          "@media(max-width:30em){p{display:block;margin:.2em 0}}@media print{.b{display:none}}"
        );
        root.adoptedStyleSheets = [sheet];
      } catch {
        box.style.cssText = "font:medium system-ui;background:Canvas;color:CanvasText";
      }
      doc.querySelector(tag.dataset.into || "body").prepend(host);
      doc.addEventListener("visibilitychange", () => doc.hidden || Date.now() - last < MINUTE || look());
      look();
    } catch {}
  };
  if (doc.body) begin();
  else doc.addEventListener("DOMContentLoaded", begin);
})();
