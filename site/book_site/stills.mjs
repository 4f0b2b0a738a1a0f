// Draws the first state of figures without a browser: the picture that stands on the page until, or unless, a script runs.
// Standard input: {linkedom, figures: {name: {source, words, traits_declared}}, stills: {key: {name, state}}}, a path and JSON.
// Standard output: {key: {labelled, html} or {error}}; labelled is the id of the title.
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const { linkedom, figures, stills } = JSON.parse(readFileSync(0, "utf8"));
const { parseHTML } = await import(pathToFileURL(linkedom));
const { window, document } = parseHTML("<!doctype html><html><body></body></html>");
const WIDTHS = { wide: 696, narrow: 358 }; // px of the text column in a wide window and on a phone

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

// a tag as XHTML wants it, so that the picture can stand in an EPUB; two decimals of a number are enough
const TAG = /<([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/gi;
function tidy(tag, name, attributes, end) {
  const written = [...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, attribute, value = ""]) => {
    const short = value
      .replace(/^(-?\d+\.\d\d)\d+$/, "$1")
      .replace(/&(?!\w+;|#)/g, "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;");
    return ` ${attribute}="${short}"`;
  });
  return `<${name}${written.join("")}${end || ["input", "br", "img"].includes(name) ? " /" : ""}>`;
}

function draw(module, { words, traits_declared }, state, page_width, prefix) {
  const model = { get: trait => ({ ...state, words, traits_declared, page_width })[trait], set() {}, save_changes() {}, on() {}, off() {} };
  const figure = document.createElement("figure");
  globalThis.bookIds = 0;
  globalThis.bookIdPrefix = prefix;
  module.default.render({ model, el: figure });
  const html = figure.innerHTML.replace(TAG, tidy);
  return { labelled: figure.getAttribute("aria-labelledby"), html };
}

/* One picture, or where a figure lays itself out by its width two, of which the style sheet shows the one that fits. */
async function still(key, { name, state }) {
  const module = await load(name);
  const at = width => draw(module, figures[name], state, width, `${key.slice(0, 8)}-`);
  const wide = at(WIDTHS.wide);
  if (wide.html === at(WIDTHS.narrow).html) return wide;
  const narrow = draw(module, figures[name], state, WIDTHS.narrow, `${key.slice(0, 8)}-narrow-`);
  return {
    labelled: wide.labelled,
    html: `<div class="bk-still-wide">${wide.html}</div><div class="bk-still-narrow">${narrow.html}</div>`,
  };
}

const drawn = {};
for (const [key, wanted] of Object.entries(stills)) {
  try {
    drawn[key] = await still(key, wanted);
  } catch (error) {
    drawn[key] = { error: error.message };
  }
}
process.stdout.write(JSON.stringify(drawn));
