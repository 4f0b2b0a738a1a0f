"""What axe finds on a page; its slowest rule, contrast, is asked once for each kind of text, not for each of thousands of words.

`at_rest(page)` is what a test waits for before it looks: no fixed time, but the state in which fonts are there, nothing moves any more and
what scrolls can be reached with the keyboard, as the theme sees to a moment after each change of width or content.
"""

from figure_page import TWO_FRAMES, axe, bring_axe

MARK = "data-text-kind"
MARK_KINDS = """mark => {
  document.querySelectorAll(`[${mark}]`).forEach(e => e.removeAttribute(mark));
  const grounds = new Map([[null, ""]]), seen = new Set();
  const ground = e => {                               // all that is drawn behind or over the text of e by e and what it stands in
    if (!grounds.has(e)) {
      const s = getComputedStyle(e), own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode, s.clipPath].join();
      const nothing = "rgba(0, 0, 0, 0),none,1,none,normal,none";
      const apart = ["absolute", "fixed", "sticky"].includes(s.position);        // may lie on anything: a kind of its own
      const before = ground(e.parentElement);
      grounds.set(e, apart ? `${before}|${own}|${grounds.size}` : own === nothing ? before : `${before}|${own}`);
    }
    return grounds.get(e);
  };
  const note = e => {
    if (e.closest(".katex, script, style, noscript, template") || !e.checkVisibility({ visibilityProperty: true })) return;
    const s = getComputedStyle(e);
    const kind = [s.color, s.webkitTextFillColor, s.fontSize, s.fontWeight, s.textShadow, ground(e)].join("|");
    if (!seen.has(kind)) { seen.add(kind); e.setAttribute(mark, ""); }
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) if (texts.currentNode.data.trim()) note(texts.currentNode.parentElement);
  document.querySelectorAll("input, select, textarea").forEach(note);
  return seen.size;
}"""


AT_REST = """() => document.fonts.status === "loaded" && document.getAnimations().every(each => each.playState !== "running")
  && [...document.querySelectorAll(
      "pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon, .pst-scrollable-table-container")]
    .every(e => (e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight) || e.tabIndex >= 0 || !e.checkVisibility())"""


def at_rest(page):
    """Wait until the page is as it will stay: drawn for its window, fonts loaded, no animation running, what scrolls focusable."""
    page.wait_for_function("size => innerWidth === size.width", arg=page.viewport_size)
    page.evaluate(TWO_FRAMES)                                # figures are drawn anew for another width in the first of them
    page.wait_for_function(AT_REST)


WRITTEN = r"""() => {
  const faces = new Map(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (e.closest(".katex, script, style, noscript, template, [lang^=zh]") || !e.checkVisibility({ visibilityProperty: true })) continue;
    const s = getComputedStyle(e), face = JSON.stringify([s.fontFamily, s.fontWeight, s.fontStyle]);
    faces.set(face, new Set([...faces.get(face) ?? [], ...texts.currentNode.data]));
  }
  const chinese = /[\u2e80-\u9fff\uf900-\ufaff\ufe30-\uffef\p{Emoji_Presentation}]/u;
  const ours = signs => [...signs].filter(sign => sign > " " && !chinese.test(sign)).join("");
  return [...faces].map(([face, signs]) => [...JSON.parse(face), ours(signs)]).filter(each => each[3]);
}"""
PROBE = """([family, weight, style, letters]) => {
  const probe = Object.assign(document.createElement("p"), { id: "font-probe", textContent: letters });
  Object.assign(probe.style, { fontFamily: family, fontWeight: weight, fontStyle: style });
  document.querySelector("#font-probe")?.remove();
  document.body.append(probe);
  return document.fonts.ready.then(() => true);
}"""


def fonts_of_the_machine(page):
    """What of the page's writing, Chinese apart, is drawn with a font that the machine has by chance: one line a font and face."""
    devtools, strange = page.context.new_cdp_session(page), []
    for command in ("DOM.enable", "CSS.enable"):
        devtools.send(command)
    for face in page.evaluate(WRITTEN):
        page.evaluate(PROBE, face)
        at_rest(page)
        root = devtools.send("DOM.getDocument")["root"]["nodeId"]
        node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": "#font-probe"})["nodeId"]
        for font in devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]:
            if not font["isCustomFont"]:
                strange.append(f"{font['familyName']}, {face[0].split(',')[0]} {face[1]}: {font['glyphCount']} of {face[3]}")
    page.evaluate("document.querySelector('#font-probe')?.remove()")
    devtools.detach()
    return strange


def findings(page, context=None, **options):
    """Everything axe objects to on the page, or in this part of it: one line each, the gravest word first."""
    found = axe(page, context, **options)
    return [f"{item['impact']} {item['id']}: {item['nodes'][0]['html'][:150]} ({_why(item['nodes'][0])})" for item in found]


def _why(node):
    """What axe says of the first fault of a node, with its colours where it speaks of contrast."""
    return " ".join((node["any"] + node["all"] + node["none"])[0]["message"].split())


def faults(page, contrast=True):
    """What axe objects to on the page, of every rule; contrast, if at all, is asked of one text of each kind, as pale_text says."""
    mark_kinds(page)
    rules = {"label-content-name-mismatch": True, "empty-table-header": False, "color-contrast": contrast}     # it takes MathML for nothing
    return findings(page, rules={rule: {"enabled": wanted} for rule, wanted in rules.items()})


def pale_text(page):
    """The kinds of text that axe finds too pale; two texts are of one kind if colour, size, weight and all grounds behind them agree."""
    mark_kinds(page)
    return findings(page, {"include": [[f"[{MARK}]"]]}, runOnly=["color-contrast"])


def mark_kinds(page):
    """Mark one text of each kind on the page at rest, and have axe ask for contrast there alone."""
    at_rest(page)
    assert page.evaluate(MARK_KINDS, MARK) > 0
    bring_axe(page)
    page.evaluate("mark => axe.configure({ rules: [{ id: 'color-contrast', selector: `[${mark}]` }] })", MARK)
