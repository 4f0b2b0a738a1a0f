"""The checks of the finished site, on pages written by hand; and that the reference pages are complete."""

import importlib.util
import pkgutil
import re
import sys

import pytest

import book_lib
from conftest import ROOT

sys.path.insert(0, str(ROOT / "site"))
from book_site import api  # noqa: E402
from book_site.checks import site_faults  # noqa: E402

PAGE = '<html><body><article><h1 id="top">Page</h1>{}</article></body></html>'


@pytest.mark.parametrize(("body", "fault"), [
    ('<a href="b.html#here">x</a>', None),
    ('<a href="b.html#there">x</a>', "link to b.html#there: no such anchor"),
    ('<a href="#top">x</a>', None),
    ('<a href="#bottom">x</a>', "link to #bottom: no such anchor"),
    ('<a href="c.html">x</a>', "link to c.html, which does not exist"),
    ('<a href="https://example.org/x#y">x</a>', None),
    ('<img src="p.png" alt="A dot">', None),
    ('<img src="p.png" alt="">', "picture p.png has no human alt text"),
    ('<img src="p.png">', "picture p.png has no human alt text"),
    ('<img src="p.png" alt="_images/0123456789abcdef0123456789.png">', "picture p.png has no human alt text"),
    ('<img src="q.png" alt="A dot">', "<img> loads q.png, which does not exist"),
    ('<img src="//example.org/p.png" alt="A dot">', "<img> loads //example.org/p.png from another host"),
    ('<script src="https://example.org/x.js"></script>', "<script> loads https://example.org/x.js from another host"),
    ('<link rel="stylesheet" href="https://example.org/x.css">', "<link> loads https://example.org/x.css from another host"),
    ('<link rel="canonical" href="https://example.org/">', None),
    ('<img src="data:image/png;base64,AA" alt="A dot">', None),
    ('<span class="katex-error">x</span>', "maths KaTeX does not know: x"),
    ('<span style="color:#cc0000">x</span>', "maths KaTeX does not know: x"),
    ("<p>See {ref}`there`.</p>", "markup left in the text: '{ref}`'"),
    ("<p>See <code>{ref}`there`</code>.</p>", None),
    ("<p>::: note</p>", "markup left in the text: ':::'"),
    ('<pre>x <b>y</b>\n::: z</pre><figure data-figure="x"><p>::: y<br></p></figure>', None),
    ('<span class="math"><i>x</i>::: y</span><hr><p>&#58;:: z', "markup left in the text: ':::'"),
    ('<a href="#top"><img src="p.png" alt=""></a><svg><path id="p"/><use href="#p"/></svg><a href="#p">y</a>', None),
    ('<a name="n"></a><a href="#n">x</a><p><span class="katex-error"><b>y</b>z</span></p>', "maths KaTeX does not know: yz"),
])
def test_faults_of_a_page(tmp_path, body, fault):
    (tmp_path / "a.html").write_text(PAGE.format(body), encoding="utf-8")
    (tmp_path / "b.html").write_text(PAGE.format('<p id="here">x</p>'), encoding="utf-8")
    (tmp_path / "p.png").write_bytes(b"")
    assert site_faults(tmp_path) == ([f"a.html: {fault}"] if fault else [])


def test_the_reference_names_every_public_module():
    listed = {name for names in api.modules(ROOT).values() for name in names}
    there = {module.name for module in pkgutil.walk_packages(book_lib.__path__, "book_lib.")}
    there = {name for name in there if "._" not in name and importlib.util.find_spec(name).origin}
    packages = {name for name in there if any(other.startswith(name + ".") for other in there)}
    assert there - packages <= listed and api.PLACE in (ROOT / f"{api.PAGE}.md").read_text(encoding="utf-8")


def test_the_glossary_gives_every_term_a_chinese_name_and_one_sentence():
    text = (ROOT / "appendix" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^(\S.*)\n  (.+)$", text.partition("```{glossary}\n")[2], re.MULTILINE)
    assert len(entries) >= 30
    names = [name.lower() for name, _ in entries]
    assert names == sorted(names)
    for name, sentence in entries:
        chinese = re.match(r'<span lang="zh">(.+?)</span> (.+)$', sentence)
        assert chinese and re.search(r"[\u4e00-\u9fff]", chinese[1]), name
        assert chinese[2].endswith(".") and ". " not in chinese[2], name
