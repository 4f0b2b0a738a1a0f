// Draws the first state of figures without a browser: the picture that stands on the page until, or unless, a script runs.
// Standard input: {linkedom, figures: {name: {source, words, traits_declared}}, stills: {key: {name, state}}}, a path and JSON.
// Standard output: {key: {html} or {error}}.
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const { linkedom, figures, stills } = JSON.parse(readFileSync(0, "utf8"));
const { parseHTML } = await import(pathToFileURL(linkedom));
const { window, document } = parseHTML("<!doctype html><html><body></body></html>");
const WIDTH = 700; // px a figure has in the text column of a wide window

class ResizeObserver {
  observe() {}
  disconnect() {}
}
Object.assign(globalThis, { window, document, ResizeObserver, requestAnimationFrame() {}, cancelAnimationFrame() {} });
// what a browser keeps as a property and a page without script needs as an attribute
Object.defineProperty(window.HTMLSelectElement.prototype, "value", {
  get() {
    return [...this.options].find(option => option.hasAttribute("selected"))?.value;
  },
  set(value) {
    for (const option of this.options) option.toggleAttribute("selected", option.value === String(value));
  },
});

Object.defineProperties(window.HTMLInputElement.prototype, {
  checked: {
    get() {
      return this.hasAttribute("checked");
    },
    set(on) {
      this.toggleAttribute("checked", Boolean(on));
    },
  },
  max: {
    set(value) {
      this.setAttribute("max", value);
    },
  },
});

const modules = {};
const load = name => (modules[name] ??= import(`data:text/javascript,${encodeURIComponent(figures[name].source)}`));

async function draw(key, { name, state }) {
  const { words, traits_declared } = figures[name];
  const model = { get: trait => ({ ...state, words, traits_declared, page_width: WIDTH })[trait], set() {}, save_changes() {}, on() {}, off() {} };
  const figure = document.createElement("figure");
  globalThis.bookIds = 0;
  globalThis.bookIdPrefix = `${key.slice(0, 8)}-`;
  (await load(name)).default.render({ model, el: figure });
  return { labelled: figure.getAttribute("aria-labelledby"), html: figure.innerHTML.replace(/(="-?\d+\.\d\d)\d+"/g, '$1"') };
}

const drawn = {};
for (const [key, still] of Object.entries(stills)) {
  try {
    drawn[key] = await draw(key, still);
  } catch (error) {
    drawn[key] = { error: error.message };
  }
}
process.stdout.write(JSON.stringify(drawn));
