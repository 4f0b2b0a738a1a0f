"""What must be true of the finished site: every link and anchor resolves, nothing comes from elsewhere, pictures speak, no markup leaks."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.errors import SphinxError

RESOURCES = dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src") | {"object": "data", "link": "href"}
LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "search"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CODE = {"pre", "code", "script", "style"}
MACHINE_ALT = re.compile(r"[0-9a-f]{20}|_images/|\.(png|svg|jpe?g|gif)$")
ROLES = "doc|ref|numref|term|cite(?::\\w+)?|interactive|note|exercise|eq|func|class|py:\\w+"
LEFTOVER = re.compile(rf"\{{(?:{ROLES})\}}[`\w]|^\s*:::|\(\S+\)=$", re.MULTILINE)


class BrokenSite(SphinxError):
    category = "The site is broken"


def setup(app):
    app.connect("build-finished", check_site, priority=900)


def check_site(app, error):
    if error or app.builder.name != "html":
        return
    faults = site_faults(Path(app.outdir))
    if faults:
        raise BrokenSite(f"{len(faults)} faults\n" + "\n".join(faults))


class Page(HTMLParser):
    """What of a page is checked, read in one pass: a tree of its thousands of elements would take most of the time of a build.

    anchors: a set of names; links: the href of every <a>; resources: (tag, attributes); pictures: (attributes, inside a link?); maths: the
    texts that KaTeX does not know; text: that of the article without code, formulas and figures, None where there is no article.
    """

    def __init__(self, source):
        super().__init__()
        self.anchors, self.links, self.resources, self.pictures, self.unknown = set(), [], [], [], []
        self.open, self.said = [], None                      # of open elements: (tag, without text?, inside a link?, of unknown maths)
        self.feed(source)
        self.close()
        self.maths = ["".join(parts) for parts in self.unknown]
        self.text = None if self.said is None else "\n".join(self.said)

    def handle_starttag(self, tag, attributes):
        about = {name: value or "" for name, value in attributes}
        _, is_silent, is_link, unknown = self.open[-1] if self.open else ("", True, False, ())
        if "id" in about:
            self.anchors.add(about["id"])
        if tag == "a":
            self.anchors.update([about["name"]] if "name" in about else [])
            self.links += [about["href"]] if "href" in about else []
        if tag in RESOURCES:
            self.resources.append((tag, about))
        if tag == "img":
            self.pictures.append((about, is_link))
        classes = about.get("class", "").split()
        if "katex-error" in classes or "#cc0000" in about.get("style", ""):
            self.unknown.append([])
            unknown = (*unknown, self.unknown[-1])
        if tag in VOID:
            return
        if tag == "article" and self.said is None:
            self.said, is_silent = [], False
        is_silent = is_silent or tag in CODE or "math" in classes or "data-figure" in about
        self.open.append((tag, is_silent, is_link or tag == "a", unknown))

    def handle_endtag(self, tag):
        place = next((i for i in reversed(range(len(self.open))) if self.open[i][0] == tag), None)
        if place is not None:
            del self.open[place:]

    def handle_data(self, data):
        if self.open:
            _, is_silent, _, unknown = self.open[-1]
            if not is_silent:
                self.said.append(data)
            for parts in unknown:
                parts.append(data)


def site_faults(root):
    """The faults of every page under root, one line each, beginning with the page's path."""
    paths = [path for path in sorted(root.rglob("*.html")) if not path.relative_to(root).parts[0].startswith("_")]
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in paths}

    def link_fault(path, href):
        parts = urlsplit(href)
        if parts.scheme or parts.netloc:
            return None
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            return f"link to {href}, which does not exist"
        if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            return f"link to {href}: no such anchor"
        return None

    faults = []
    for path, page in pages.items():
        found = [link_fault(path, href) for href in page.links]
        found += [resource_fault(path, tag, about) for tag, about in page.resources]
        mute = [about for about, is_link in page.pictures if not speaks(about, is_link)]
        found += [f"picture {about.get('src', '')[:60]} has no human alt text" for about in mute]
        found += [f"maths KaTeX does not know: {text[:60]}" for text in page.maths]
        found += [f"markup left in the text: {match.group().strip()!r}" for match in LEFTOVER.finditer(page.text or "")]
        faults += [f"{path.relative_to(root)}: {fault}" for fault in dict.fromkeys(found) if fault]
    return faults


def resource_fault(path, tag, about):
    address = about.get(RESOURCES[tag])
    if not address or tag == "link" and not LINKS_THAT_LOAD & set(about.get("rel", "").split()):
        return None
    parts = urlsplit(address)
    if parts.scheme == "data":
        return None
    if parts.scheme or parts.netloc:
        return f"<{tag}> loads {address} from another host"
    if not (path.parent / unquote(parts.path)).resolve().exists():
        return f"<{tag}> loads {address}, which does not exist"
    return None


def speaks(picture, is_link):
    alt = picture.get("alt")
    decorative = alt == "" and (is_link or picture.get("role") == "presentation")
    return decorative or bool(alt and alt.strip() and not MACHINE_ALT.search(alt))
