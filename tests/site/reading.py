"""A page of the site that is read in a browser: opened once for all that tests ask of it, with what it asked for and what went wrong."""

import contextlib
from pathlib import Path

import yaml
from chromium import new_context
from everyone import at_rest

from build_book import pages_of

ROOT = Path(__file__).resolve().parents[2]
SCROLL_THROUGH = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 1400) { scrollTo(0, y); await new Promise(requestAnimationFrame); }
  scrollTo(0, 0);
}"""


def names():
    files = pages_of(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    return [f"{name}.html" for name in files] + ["search.html", "genindex.html"]


class Visit:
    """A page being read: its faults, the addresses it asked for, and what came back."""

    def __init__(self, context, width=1280):
        self.page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.faults, self.addresses, self.responses, self.asked = [], [], [], set()
        self.page.on("request", self._asks)
        for answered in ("requestfinished", "requestfailed"):
            self.page.on(answered, lambda request: self.asked.discard(request))
        self.page.on("response", lambda response: self.responses.append(response))
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))
        self.page.on("console", lambda message: self.faults.append(f"console: {message.text}") if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

    def read(self, address):
        self.page.goto(address, wait_until="load")
        self.page.evaluate(SCROLL_THROUGH)
        for figure in self.page.query_selector_all("figure[data-figure]"):               # on a busy machine a quick scroll may pass one by
            figure.scroll_into_view_if_needed()
            self.page.wait_for_function("figure => figure.dataset.mounted === '1'", arg=figure)
        while self.asked:
            self.page.evaluate("new Promise(requestAnimationFrame)")            # answers come in meanwhile
        at_rest(self.page)
        return self

    def at(self, width, is_drawn=False):
        """The page in a window of this width, at rest, from its top on.

        is_drawn: all of it is drawn for this width. Code far from the window is not, and has the height that it had when it last was
        (content-visibility): where its lines are broken now, it looks as if it scrolled, until a reader comes there.
        """
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate(SCROLL_THROUGH if is_drawn else "scrollTo(0, 0)")
        at_rest(self.page)
        return self.page

    def _asks(self, request):
        self.addresses.append(request.url)
        self.asked.add(request)


@contextlib.contextmanager
def one_reader(browser, site_url):
    """A function that gives the page of a name as it stands, wide, for tests which leave it as they found it; it keeps the last one open.

    One reader reads them all, with one cache: what pages share is fetched once.
    """
    context, opened = new_context(browser, color_scheme="light", reduced_motion="reduce"), {}

    def read(name):
        if name not in opened:
            for visited in opened.values():
                visited.page.evaluate("localStorage.clear()")
                visited.page.close()
            opened.clear()
            opened[name] = Visit(context).read(site_url + name)
        opened[name].at(1280)
        return opened[name]

    yield read
    context.close()
