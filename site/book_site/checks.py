"""What must be true of the finished site: every link and anchor resolves, nothing comes from elsewhere, pictures speak, no markup leaks."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from sphinx.errors import SphinxError

RESOURCES = dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src") | {"object": "data", "link": "href"}
LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "search"}
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


def site_faults(root):
    """The faults of every page under root, one line each, beginning with the page's path."""
    pages = [page for page in sorted(root.rglob("*.html")) if not page.relative_to(root).parts[0].startswith("_")]
    soups = {page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser") for page in pages}

    @cache
    def anchors(page):
        named = soups[page].find_all("a", attrs={"name": True})
        return {tag["id"] for tag in soups[page].find_all(id=True)} | {tag["name"] for tag in named}

    def link_fault(page, href):
        parts = urlsplit(href)
        if parts.scheme or parts.netloc:
            return None
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.exists():
            return f"link to {href}, which does not exist"
        if parts.fragment and target in soups and unquote(parts.fragment) not in anchors(target):
            return f"link to {href}: no such anchor"
        return None

    faults = []
    for page, soup in soups.items():
        found = [link_fault(page, tag["href"]) for tag in soup.find_all("a", href=True)]
        found += [resource_fault(page, tag) for tag in soup.find_all(list(RESOURCES))]
        found += [f"picture {tag.get('src', '')[:60]} has no human alt text" for tag in soup.find_all("img") if not speaks(tag)]
        found += [f"maths KaTeX does not know: {tag.get_text()[:60]}" for tag in soup.select(".katex-error, [style*='#cc0000']")]
        found += text_faults(soup)
        faults += [f"{page.relative_to(root)}: {fault}" for fault in dict.fromkeys(found) if fault]
    return faults


def resource_fault(page, tag):
    address = tag.get(RESOURCES[tag.name])
    if not address or tag.name == "link" and not LINKS_THAT_LOAD & set(tag.get("rel", [])):
        return None
    parts = urlsplit(address)
    if parts.scheme == "data":
        return None
    if parts.scheme or parts.netloc:
        return f"<{tag.name}> loads {address} from another host"
    if not (page.parent / unquote(parts.path)).resolve().exists():
        return f"<{tag.name}> loads {address}, which does not exist"
    return None


def speaks(picture):
    alt = picture.get("alt")
    decorative = alt == "" and (picture.find_parent("a") is not None or picture.get("role") == "presentation")
    return decorative or bool(alt and alt.strip() and not MACHINE_ALT.search(alt))


def text_faults(soup):
    article = soup.find("article")
    if article is None:
        return []
    for code in article.select("pre, code, script, style, .math, [data-figure]"):
        code.extract()
    return [f"markup left in the text: {match.group().strip()!r}" for match in LEFTOVER.finditer(article.get_text("\n"))]
