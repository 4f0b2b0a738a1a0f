"""A walk through the states of interactive figures: what every figure of the book shows after each thing that a reader can do to it.

`walk(page)` uses all controls of the figure on a page, one after the other, and gives what was shown: texts, options of lists, labels for
screen readers, and letters that are too small. `figures_of_the_book()` gives every figure as lessons, labs and pages show it.
"""

import html
import json
import re
from pathlib import Path

import nbformat

from book_lib.book.figure import figure
from book_lib.data.translation_glosses import GLOSSES, reading
from book_site import figures as site_figures

ROOT = Path(__file__).resolve().parents[1]
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LEAST = 9                                                  # px of a letter on a phone
DIRECTIVE = re.compile(r"^```\{interactive\} (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

LOOK = r"""() => {
  const figure = document.querySelector("figure.bk-fig");
  const texts = [], options = [], labels = [], small = [];
  const scale = (e, svg) => {
    const m = svg && e.getScreenCTM ? e.getScreenCTM() : null;
    return m ? Math.min(Math.hypot(m.a, m.b), Math.hypot(m.c, m.d)) : 1;
  };
  const walker = document.createTreeWalker(figure, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), e = walker.currentNode.parentElement;
    if (!text) continue;
    if (e.localName === "option") { if (e.closest("select").checkVisibility()) options.push(text); continue; }
    if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    texts.push(text);
    const size = parseFloat(getComputedStyle(e).fontSize) * scale(e, e.closest("svg"));
    if (size < LEAST) small.push(`${size.toFixed(2)} px: ${text.slice(0, 40)}`);
    let up = e;
    while (up !== figure && /^(text|tspan|g|svg)$/.test(up.localName)) {
      const m = up.localName === "text" && up.getScreenCTM();
      if (m && /[\u4e00-\u9fff]/.test(text) && Math.abs(m.b) > 1e-3) small.push(`turned: ${text}`);
      up = up.parentElement;
    }
  }
  for (const input of figure.querySelectorAll("input:not([type]), input[type=text]")) if (input.value) texts.push(input.value);
  for (const e of figure.querySelectorAll("[aria-label], [title], [aria-valuetext]"))
    if (e.checkVisibility({ visibilityProperty: true }))
      for (const name of ["aria-label", "title", "aria-valuetext"]) if (e.getAttribute(name)) labels.push(e.getAttribute(name));
  for (const e of figure.querySelectorAll("svg title, svg desc")) labels.push(e.textContent);
  const svgs = [...figure.querySelectorAll("svg")]
    .map(svg => [...svg.querySelectorAll("text")].map(text => text.textContent))
    .filter(list => /[\u4e00-\u9fff]/.test(list.join("")));
  return { texts, svgs, options, labels, small };
}""".replace("LEAST", str(LEAST))

WALK = r"""async typed => {
  const look = LOOK;
  const figure = document.querySelector("figure.bk-fig");
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const seen = new Map();
  const note = async what => {
    for (let tries = 0; ; tries++) {
      await frame();
      if (asked === answered && !figure.querySelector(".bk-readout").textContent.includes("Loading")) {
        await frame();
        if (asked === answered) break;
      }
      if (tries > 20000) throw new Error(`no answer after: ${what}`);
    }
    const found = look();
    const key = JSON.stringify(found);
    if (!seen.has(key)) seen.set(key, { what, ...found });
  };
  const few = (list, most) => list.filter((_, i) => list.length <= most || Math.round((i * (most - 1)) / (list.length - 1)) !==
    Math.round(((i - 1) * (most - 1)) / (list.length - 1)) || i === 0);
  const alike = list => {
    const groups = new Map();
    for (const e of list) {
      const kind = [e.localName, e.getAttribute("class"), e.parentElement.getAttribute("class")].join();
      groups.set(kind, [...(groups.get(kind) ?? []), e]);
    }
    return [...groups.values()];
  };
  const isShown = e => e.checkVisibility({ visibilityProperty: true }) && getComputedStyle(e).display !== "none";
  const shown = selector => [...figure.querySelectorAll(selector)].filter(isShown);
  const press = async (most, isWanted = () => true) => {
    for (const group of alike(shown("button:not(.bk-reset), svg [role=button], input[type=radio]")).filter(isWanted))
      for (const e of few(group, most))
        if (e.isConnected && isShown(e)) {
          e.dispatchEvent(new MouseEvent("click", { bubbles: true }));
          await note(`${e.getAttribute("class")} ${e.textContent.slice(0, 30)}`);
        }
    for (const group of alike(shown("svg [tabindex='0']")).filter(isWanted))
      for (const e of few(group, 2))
        if (e.isConnected && isShown(e)) {
          e.focus();
          e.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
          await note(`arrow at ${e.getAttribute("aria-label")}`);
        }
  };
  const reset = async () => {
    figure.querySelector(".bk-reset").click();
    await note("reset");
  };
  const isChinese = /[\u4e00-\u9fff]/.test(figure.textContent);
  figure.querySelectorAll("details").forEach(each => { each.open = true; });
  await note("first");
  await press(6);
  await reset();
  for (const box of shown("input[type=checkbox]")) {
    box.click();
    await note(`box ${box.labels[0]?.textContent ?? box.getAttribute("aria-label")}`);
  }
  await reset();
  for (const range of shown("input[type=range]"))
    for (const value of [range.min, range.max]) {
      range.value = value;
      range.dispatchEvent(new Event("input", { bubbles: true }));
      await note(`range ${range.labels[0]?.textContent} ${value}`);
    }
  await reset();
  for (const select of shown("select"))
    for (let i = 0; i < select.options.length; i++) {
      select.value = select.options[i].value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
      await note(`option ${select.options[i].textContent.slice(0, 40)}`);
      const isPressedAll = isChinese || select.options.length <= 6 || i === 0 || i === select.options.length - 1;
      await press(2, (_, kind) => isPressedAll || kind % (select.options.length - 2) === i - 1);
    }
  await reset();
  for (const input of shown("input[lang=zh]"))
    for (const text of typed) {
      input.focus();
      input.value = text;
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await note(`typed ${text}`);
    }
  return [...seen.values()];
}""".replace("LOOK", LOOK)


def figures_of_the_book():
    """{name of its place: the text/html of a figure}, for every figure of the chapters and of the pages in Markdown.

    Of figures that differ in nothing but their number the first one.
    """
    found = {}
    for path in sorted(ROOT.glob("chapters/*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            for output in cell.get("outputs", ()):
                for shown in site_figures.FIGURE.finditer(output.get("data", {}).get("text/html", "")):
                    found.setdefault(without_number(shown[0]), (f"{path.stem} {shown[1]}", shown[0]))
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("appendix/*.md")]):
        for name, body in DIRECTIVE.findall(path.read_text("utf-8")):
            text = figure(name, **(json.loads(body) if body.strip() else {})).static_html()
            found.setdefault(without_number(text), (f"{path.stem} {name}", text))
    return {f"{place} {i}": text for i, (place, text) in enumerate(found.values())}


def without_number(text):
    """The name of a figure and its state, without its number."""
    name, state = site_figures.FIGURE.fullmatch(text).groups()
    return name, json.dumps({key: value for key, value in json.loads(html.unescape(state)).items() if key != "number"}, sort_keys=True)


def walk(page, typed=()):
    """Use every control of the one figure on a page, and type these texts where it takes Chinese.

    After each option of a list, all buttons are pressed where the figure writes Chinese or the list has at most six options; in a longer
    list after its first and its last option, and after those in between each kind of button once.

    Returns what was shown, each state once: {"what": what led to it, "texts", "svgs": the texts of each picture with Chinese, "options",
    "labels": for screen readers and tooltips, "small": letters below LEAST, and Chinese that is turned}.
    """
    return page.evaluate(WALK, list(typed))


def tokens(text):
    """Its words in letters that are not Chinese, in small letters, with a space around each."""
    words = re.findall(r"[^\W\d_]+", HAN.sub(" ", text).lower())
    return f" {' '.join(words)} "


def unread(texts):
    """The Chinese characters among texts shown together that have no reading there, in order, each once.

    A character has one where a word that it belongs to is shown and somewhere its pinyin with its gloss after it; or where the word
    "unknown" stands after the character.
    """
    text = "\n".join(texts)
    shown, said = "".join(HAN.findall(text)), tokens(text)
    read = {character for word, (pinyin, gloss) in GLOSSES.items() if word in shown and tokens(f"{pinyin} {gloss}") in said
            for character in word}
    read |= set(re.findall(rf"({HAN.pattern})[^{HAN.pattern[1:-1]}]*?\bunknown\b", text))
    return [character for character in dict.fromkeys(shown) if character not in read]


def unread_option(text):
    """The Chinese words of a list's option that it does not read itself: pinyin and gloss of each have to be in it."""
    said = tokens(text)
    runs = re.findall(rf"{HAN.pattern}+", text)
    return [word for run in runs for word, pinyin, gloss in reading(run) if tokens(pinyin) not in said or tokens(gloss) not in said]
