"""How long the page is busy while a reader drags an object: tasks of the main thread, in processor time, as Chromium traces them.

`python tools/drag_in_page.py your_scene` prints it; tools/measure_page_models.py --drag stores it.
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site"), str(ROOT / "tests")]

MOVES = 120
READY = "document.querySelector('figure[data-figure]').dataset.mounted === '1'"


def busy_while_dragging(name, handle, moves=MOVES, **settings):
    """Drag the first `handle` of a figure with these settings back and forth over the scene: {"moves", "tasks", "longest_ms", "late_ms"}.

    tasks: those of the main thread that took a millisecond of processor time or more; late_ms: what 95 of 100 of them stay below. Raises
    OSError where there is no Chromium.
    """
    from chromium import FLAGS, chromium_path
    from figure_page import TWO_FRAMES, write_page
    from playwright.sync_api import sync_playwright

    from book_lib.book.figure import figure

    program = chromium_path()
    if not program:
        raise OSError("there is no Chromium to drag in")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        path = write_page(Path(scratch), [figure(name, **settings)])
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(path.as_uri())
        page.wait_for_function(READY)
        box = page.locator(handle).first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 5, y + 5, steps=2)
        page.wait_for_function("window.bookModels && !document.querySelector('.bk-fig').textContent.includes('Loading')", timeout=120_000)
        page.mouse.move(x + 40, y + 40, steps=20)                            # so that what runs often is compiled
        page.evaluate(TWO_FRAMES)
        browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
        for i in range(moves):
            page.mouse.move(x + 5 + abs(moves - 2 * i), y + 5 + (i % 40))
        events = json.loads(browser.stop_tracing())["traceEvents"]
        browser.close()
    return {"moves": moves} | longest(events)


def longest(events):
    """The main thread's tasks in a trace, from the first move of the mouse to the last, so that those of the tracing itself are left out.

    How many took a millisecond of processor time, the longest, and what 95 of 100 stay below.
    """
    named = [event for event in events if event["name"] == "thread_name"]
    main = {(event["pid"], event["tid"]) for event in named if event["args"]["name"] == "CrRendererMain"}
    own = [event for event in events if (event["pid"], event["tid"]) in main]
    moved = [event["ts"] for event in own if event["name"] == "EventDispatch" and event["args"]["data"]["type"] == "pointermove"]
    tasks = [event for event in own if event["name"].endswith("RunTask") and event["ts"] + event.get("dur", 0) > moved[0]]
    times = sorted(event["tdur"] / 1000 for event in tasks if event["ts"] < moved[-1] and event.get("tdur", 0) >= 1000)
    return {"tasks": len(times), "longest_ms": round(times[-1], 1), "late_ms": round(times[int(0.95 * (len(times) - 1))], 1)}


if __name__ == "__main__":
    for shown in sys.argv[1:]:
        print(shown, busy_while_dragging(shown, ".bk-placed-object"))
