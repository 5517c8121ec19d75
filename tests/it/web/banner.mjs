// Runs banner.js as it is served, on a document of our own that knows text, attributes and nothing that reads markup.
// Usage: node banner.mjs SCRIPT; says `ok` at its end. The zone and the language are those of the environment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const SCRIPT = readFileSync(process.argv[2], "utf8");
const forbidden = (what) => () => assert.fail(`${what} is used`);

class Element {
  constructor(page, name) {
    Object.assign(this, { page, name, children: [], attributes: {}, own: "", style: {}, shadow: null });
  }
  set textContent(text) {
    this.own = String(text);
    this.children = [];
  }
  get textContent() {
    return this.own + this.children.map((child) => child.textContent).join("");
  }
  set innerHTML(_) {
    forbidden("innerHTML")();
  }
  set outerHTML(_) {
    forbidden("outerHTML")();
  }
  insertAdjacentHTML = forbidden("insertAdjacentHTML");
  append(child) {
    this.children.push(child);
  }
  prepend(child) {
    this.children.unshift(child);
  }
  setAttribute(name, value) {
    assert.notEqual(name, "style", "a Content-Security-Policy forbids the attribute");
    this.attributes[name] = value;
  }
  attachShadow() {
    this.shadow = new Element(this.page, "#shadow");
    return this.shadow;
  }
  focus() {
    this.page.focused = this;
  }
  all(name) {
    return [...(this.name === name ? [this] : []), ...this.children.flatMap((child) => child.all(name))];
  }
  querySelector(name) {
    return this.all(name)[0] ?? null;
  }
}

// A page of a product that holds the script's tag.
class Page {
  constructor({ data = {}, storage = {}, answers = [], now = "2026-12-06T10:00:00Z", sheets = true, into = null } = {}) {
    const page = this;
    this.now = Date.parse(now);
    Object.assign(this, { asked: [], timers: [], listeners: {}, answers, focused: null });
    this.body = new Element(this, "body");
    const document = {
      hidden: false,
      body: this.body,
      currentScript: { src: "https://maintenance.example.com/banner.js?v=1", dataset: data },
      createElement: (name) => {
        assert.notEqual(name, "style", "a Content-Security-Policy forbids it");
        return new Element(page, name);
      },
      querySelector: (selector) => ({ body: page.body, "#here": into })[selector] ?? null,
      addEventListener: (name, then) => (page.listeners[name] = then),
      write: forbidden("document.write"),
      get cookie() {
        return forbidden("a cookie")();
      },
    };
    class FakeDate extends Date {
      constructor(...from) {
        super(...(from.length ? from : [page.now]));
      }
      static now() {
        return page.now;
      }
    }
    const world = {
      document,
      Intl,
      URL,
      AbortSignal,
      Date: FakeDate,
      fetch: async (url, options) => {
        page.asked.push(String(url));
        assert.equal(options.credentials, "omit");
        const answer = page.answers.length > 1 ? page.answers.shift() : page.answers[0];
        if (answer instanceof Error) throw answer;
        return { json: async () => JSON.parse(typeof answer === "string" ? answer : JSON.stringify(answer)) };
      },
      setTimeout: (then, after) => page.timers.push({ then, after }),
      clearTimeout: () => {},
    };
    if (sheets) {
      world.CSSStyleSheet = class {
        replaceSync(text) {
          page.css = text;
        }
      };
    }
    Object.defineProperty(world, "localStorage", {
      get: () => (storage === null ? assert.fail("forbidden by the browser") : storage),
    });
    this.document = document;
    // Neither eval nor Function: a strict policy forbids both.
    const context = vm.createContext(world, { codeGeneration: { strings: false, wasm: false } });
    vm.runInContext(SCRIPT, context);
  }
  async settle() {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await new Promise((then) => setImmediate(then));
  }
  // Lets the next timer fire after its time.
  async later() {
    const { then, after } = this.timers.pop();
    this.now += after;
    then();
    await this.settle();
    return after / 60000;
  }
  get box() {
    const host = this.body.children[0];
    return host.shadow.children[0];
  }
  get lines() {
    return this.box.children.map((line) => line.children[0].textContent);
  }
  get buttons() {
    return this.box.all("button");
  }
}

const open = async (options) => {
  const page = new Page(options);
  await page.settle();
  return page;
};

const jira = {
  id: "MW-1", revision: 3, title: "Jira 10.3 upgrade", impact: "Jira is unavailable.", state: "scheduled",
  running_over: false, on_hold: false, starts_at: "2026-12-06T14:00:00Z", ends_at: "2026-12-06T18:00:00Z",
  time_zone: "Europe/Helsinki", expected_downtime: "up to 1h", url: "https://maintenance.example.com/windows/MW-1",
};
const crm = { ...jira, id: "MW-2", revision: 1, title: "CRM patch", impact: null, expected_downtime: null };
const says = (...items) => ({ items, more: 0 });

const stories = {
  async "it shows what is planned in the reader's own zone, in a polite region"() {
    const page = await open({ answers: [says(jira)], data: { service: "jira", region: "eu", within: "24h" } });
    assert.deepEqual(page.asked, ["https://maintenance.example.com/banner.json?service=jira&region=eu&within=24h"]);
    const [line] = page.lines;
    assert.match(line, /^Planned maintenance: Jira 10\.3 upgrade/);
    // New York is five hours behind: 14:00 to 18:00 UTC.
    assert.match(line, /09:00.{1,3}13:00 GMT-5/);
    assert.match(line, /Jira is unavailable\. Expected downtime: up to 1h\. /);
    assert.equal(page.box.attributes.role, "status");
    assert.equal(page.box.all("a")[0].href, jira.url);
    assert.match(page.css, /prefers-color-scheme:dark/);
  },

  async "it says what runs, what runs over and what is on hold"() {
    const running = { ...jira, state: "in_progress" };
    const over = { ...jira, id: "MW-3", state: "verifying", running_over: true };
    const held = { ...jira, id: "MW-4", on_hold: true };
    const page = await open({ answers: [says(running, over, held)] });
    assert.match(page.lines[0], /^Maintenance in progress: Jira.*until .*13:00 GMT-5/);
    assert.match(page.lines[1], /^Maintenance is taking longer than planned: Jira.*planned to end .*13:00/);
    assert.match(page.lines[2], /^On hold: Jira/);
  },

  async "text from people stands there as typed"() {
    const nasty = "<img src=x onerror=alert(1)>";
    const page = await open({ answers: [says({ ...jira, title: nasty, impact: nasty, url: "javascript:alert(1)" })] });
    assert.ok(page.lines[0].includes(`${nasty}`) && page.lines[0].split(nasty).length === 3, page.lines[0]);
    assert.deepEqual(page.box.all("img"), []);
    assert.deepEqual(page.box.all("a"), [], "only addresses of the web become links");
  },

  async "what is dismissed stays away until the window changes, also on the next page"() {
    const storage = {};
    const first = await open({ answers: [says(jira, crm)], storage });
    assert.equal(first.buttons[0].ariaLabel, "Dismiss: Jira 10.3 upgrade");
    assert.equal(first.buttons[0].type, "button");
    first.buttons[0].onclick();
    assert.equal(first.lines.length, 1);
    assert.equal(first.focused, first.buttons[0], "the keyboard goes on at the next");
    first.buttons[0].onclick();
    assert.deepEqual(first.lines, []);
    const second = await open({ answers: [says({ ...jira, revision: 4 }, crm)], storage });
    assert.equal(second.lines.length, 1);
    assert.match(second.lines[0], /Jira/);
  },

  async "it works where storage is forbidden or holds something else"() {
    for (const storage of [null, { "maintbot-dismissed": "{" }, { "maintbot-dismissed": "7" }]) {
      const page = await open({ answers: [says(jira)], storage });
      assert.equal(page.lines.length, 1);
      page.buttons[0].onclick();
      assert.deepEqual(page.lines, []);
      await page.later();
      assert.deepEqual(page.lines, [], "at least as long as the page is open");
    }
  },

  async "only fifty dismissed windows are remembered"() {
    const storage = { "maintbot-dismissed": JSON.stringify(Array.from({ length: 60 }, (_, n) => `MW-${n + 100}:1`)) };
    const page = await open({ answers: [says(jira)], storage });
    page.buttons[0].onclick();
    const kept = JSON.parse(storage["maintbot-dismissed"]);
    assert.equal(kept.length, 50);
    assert.equal(kept.at(-1), "MW-1:3");
  },

  async "while maintbot is away it asks less and less often, and drops what is over"() {
    const away = new TypeError("Failed to fetch");
    const page = await open({ answers: [says(jira), away], now: "2026-12-06T17:00:00Z" });
    const pauses = [];
    for (let n = 0; n < 8; n++) pauses.push(await page.later());
    const least = [3, 6, 12, 24, 48, 60, 60, 60];
    pauses.forEach((pause, n) => assert.ok(pause >= least[n] && pause <= least[n] * 1.2, `${n}: ${pause}`));
    assert.deepEqual(page.lines, [], "its time is over");
  },

  async "an answer that is none changes nothing and breaks nothing"() {
    for (const answer of ["", "<html>", "null", "[]", '{"items": 7}', '{"items": [null]}', '{"items": [{"starts_at": 1e99}]}']) {
      const page = await open({ answers: [answer, new TypeError("Failed to fetch")] });
      assert.deepEqual(page.lines.filter((line) => line.includes("maintenance:")), [], answer);
      await page.later();
      await page.later();
      assert.equal(page.asked.length, 3, `${answer}: it asks again`);
    }
  },

  async "what did not change is not drawn again"() {
    const page = await open({ answers: [says(jira)] });
    const before = page.box.children[0];
    await page.later();
    assert.equal(page.asked.length, 2);
    assert.equal(page.box.children[0], before, "a screen reader would read it again");
  },

  async "a hidden tab asks nothing until it is looked at"() {
    const page = await open({ answers: [says(), says(jira)] });
    page.document.hidden = true;
    await page.later();
    assert.equal(page.asked.length, 1);
    page.document.hidden = false;
    page.listeners.visibilitychange();
    await page.settle();
    assert.equal(page.asked.length, 2);
    assert.equal(page.lines.length, 1);
    page.listeners.visibilitychange();
    await page.settle();
    assert.equal(page.asked.length, 2, "not again within the minute");
  },

  async "without style sheets of its own it is readable all the same"() {
    const page = await open({ answers: [says(jira)], sheets: false });
    assert.match(page.box.style.cssText, /Canvas/);
    assert.equal(page.lines.length, 1);
  },

  async "it is put where the page wants it, and nowhere if there is no such place"() {
    const into = new Element(null, "main");
    await open({ answers: [says(jira)], data: { into: "#here" }, into });
    assert.equal(into.children.length, 1);
    const page = await open({ answers: [says(jira)], data: { into: "#nowhere" } });
    assert.deepEqual(page.body.children, []);
  },
};

process.on("unhandledRejection", (error) => {
  throw error;
});
for (const [name, tell] of Object.entries(stories)) {
  try {
    await tell();
  } catch (error) {
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}
console.log("ok", Object.keys(stories).length);
