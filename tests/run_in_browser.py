"""JavaScript that uses the page's engine, run in a browser: what run_in_node of tools/page_engine.py is for Node."""

import functools
import json
from base64 import b64encode

from chromium import new_page
from playwright.sync_api import Error

from page_engine import engine_source, kernel

IN_BROWSER = """([source, code, kernel, files, data]) => {
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const models = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, bytes(file)]));
  const flat = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
  return JSON.stringify(new Function("models", "kernel", "data", "flat", source + code)(models, bytes(kernel), data, flat), flat);
}"""


@functools.cache
def empty_page(browser):
    """One page for all that is run, which leaves nothing in it."""
    return new_page(browser)


def run_in_browser(browser, code, data=None, models=None):
    """What run_in_node does, in a page of a browser."""
    files = {name: b64encode(content).decode() for name, content in (models or {}).items()}
    try:
        return json.loads(empty_page(browser).evaluate(IN_BROWSER, [engine_source(), code, b64encode(kernel()).decode(), files, data]))
    except Error as error:
        raise ValueError(error.message) from None
