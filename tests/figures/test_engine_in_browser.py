"""The engine in a real browser: PyTorch's answers, in a worker, without SIMD, without workers; one sentence where it cannot."""

import json
import re
from base64 import b64encode

import pytest
import torch
from chromium import new_page
from figure_page import MOUNTED, says, write_page

from book_lib.book.figure import figure
from book_lib.book.figure import words as words_of
from book_lib.data.scenes import make_scene, scene_batch
from book_lib.data.translation import encode_source, encode_target, make_pairs
from book_lib.experiments.small_detectors import load_detr
from export_page_model import page_model
from measure_page_models import TRANSLATORS
from page_engine import engine_source, kernel

pytestmark = pytest.mark.browser
ASK = """([source, kernel, file, name, input, watch, bug]) => {
  const { makeEngine, BUGS, ...models } = new Function(`${source}; return { makeEngine, BUGS, detr, translator };`)();
  const run = name === "detr" ? models.detr : models.translator;
  const bytes = list => list && Uint8Array.from(list);
  const flat = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
  return JSON.stringify([bytes(kernel), null].map(wasm => {
    const engine = makeEngine(Uint8Array.fromBase64?.(file) ?? Uint8Array.from(atob(file), c => c.charCodeAt(0)), name, wasm);
    return input.map(one => engine.answer(() => run(engine, one), watch, BUGS[bug]));
  }), flat);
}"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("live"), [figure("your_scene")])


def open_with(browser, path, script):
    """Open a page of figures from its folder, after a script has changed what the browser has; `page.faults` collects its errors."""
    page = new_page(browser, viewport={"width": 1280, "height": 900})
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.faults.append(request.url) if request.url.startswith("http") else None)
    page.add_init_script(script)
    page.goto(path.as_uri())
    page.wait_for_function(MOUNTED)
    return page


def in_browser(browser, name, inputs, watch, bug=""):
    """Answers of the float form in Chromium, the same with the kernel and without."""
    page = new_page(browser)
    file = b64encode(page_model(name, "float32")).decode()
    fast, plain = json.loads(page.evaluate(ASK, [engine_source(), list(kernel()), file, name, inputs, watch, bug]))
    page.close()
    assert fast == plain
    return fast


def near(numbers, tensor):
    return torch.tensor(numbers) == pytest.approx(tensor.detach().flatten().numpy(), abs=1e-4)


@torch.no_grad()
def test_five_scenes_have_pytorchs_logits_boxes_and_attention(browser):
    scenes = [(make_scene(1_000_000 + i, size=size), pad_to) for i, (size, pad_to) in enumerate(
        [((96, 96), (96, 96)), ((64, 88), (64, 88)), ((80, 72), (96, 96)), ((72, 96), (80, 96)), ((64, 64), (96, 72))])]
    inputs = [{"pixels": scene.image.flatten().tolist(), "height": scene.size[0], "width": scene.size[1], "padTo": list(pad_to)}
              for scene, pad_to in scenes]
    names = [f"{stack}_layers.{i}.{part}_attention.weights" for stack, part, n in
             (("encoder", "self", 2), ("decoder", "self", 3), ("decoder", "cross", 3)) for i in range(n)]
    model = load_detr()
    for (scene, pad_to), (result, seen) in zip(scenes, in_browser(browser, "detr", inputs, names), strict=True):
        output, maps = model.attention(*scene_batch([scene], pad_to=pad_to)[:2])
        for layer, answer in enumerate(result["answers"]):
            assert near(answer["logits"], output.logits[layer, 0]) and near(answer["boxes"], output.boxes[layer, 0])
        for name, expected in zip(names, [*maps.encoder, *maps.between_queries, *maps.on_memory], strict=True):
            assert near(seen[name][0]["data"], expected[0])


@torch.no_grad()
@pytest.mark.parametrize("name", TRANSLATORS)
def test_five_sentences_have_pytorchs_logits_and_attention(browser, name):
    load, bug = TRANSLATORS[name]
    pairs = make_pairs(5, seed=7, split="test")
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    inputs = [{"source": source[i, : len(pair.source)].tolist() if i % 2 else source[i].tolist(),
               "target": target[i, : len(pair.target.split()) + 2].tolist()} for i, pair in enumerate(pairs)]
    names = [f"{stack}.layers.{i}.{part}_attention.weights" for stack, part in
             (("encoder", "self"), ("decoder", "self"), ("decoder", "cross")) for i in range(2)]
    model = load()[0]
    for one, (result, seen) in zip(inputs, in_browser(browser, name, inputs, names, bug), strict=True):
        memory, is_word, encoder = model.encode(torch.tensor([one["source"]]))
        logits, own, cross = model.decode(torch.tensor([one["target"]]), memory, is_word)
        assert near(result["logits"], logits)
        for part, expected in zip(names, [*encoder, *own, *cross], strict=True):
            assert near(seen[part][0]["data"], expected)


LOADING = {"your_scene": ("detr", "loading"), "your_sentence": ("translator", "loading"), "break_it": ("translator", "loading.translator"),
           "finish_my_drawing": ("igpt", "loading"), "name_my_drawing": ("vit_digits", "loading")}


@pytest.mark.parametrize("name", LOADING)
def test_while_the_file_is_on_its_way_one_line_says_so_and_how_large_it_is(browser, tmp_path, name):
    model, key = LOADING[name]
    path, line, held = write_page(tmp_path, [figure(name)]), words_of(name), []
    for part in key.split("."):
        line = line[part]
    page = new_page(browser, viewport={"width": 1280, "height": 900})
    page.route("**/*.model.js", lambda route: held.append(route))
    page.goto(path.as_uri())
    page.wait_for_function(MOUNTED)
    size = (tmp_path / "_figures" / f"{model}.model.js").stat().st_size / 1e6
    assert f"({size:.1f} MB)" in line
    first = page.locator(".bk-readout").inner_text()
    page.get_by_label(re.compile("Begin with|Sentence")).select_option(index=2)
    says(page, line)
    for route in held:
        route.continue_()
    page.wait_for_function("was => ![was[0], was[1]].includes(document.querySelector('.bk-readout').textContent)", arg=[first, line])
    page.close()


FILE = 'Object.assign((window.bookModels ||= {}), {"detr_file": "%s"});'
NO_SIMD = "WebAssembly.validate = () => false;"
NO_WORKER = "window.Worker = function () { throw new Error('no workers here'); };"


@pytest.mark.parametrize("script", ["", NO_SIMD, NO_WORKER, NO_SIMD + NO_WORKER], ids=["worker", "no SIMD", "no worker", "neither"])
def test_the_figure_answers_whatever_the_browser_has(browser, path, script):
    page = open_with(browser, path, script)
    page.get_by_label("Begin with").select_option(label="two discs, nearly on top of each other")
    assert "You placed 2 objects; the detector reports 1 object." in says(page, "You placed 2")
    assert page.faults == []
    page.close()


@pytest.mark.parametrize("name, model, stays", [("your_sentence", "translator", "The recorded sentence stays."),
                                                ("break_it", "translator", "The recorded answers stay.")])
def test_the_translators_figures_say_so_too_and_keep_what_was_recorded(window, tmp_path, name, model, stays):
    path = write_page(tmp_path, [figure(name)])
    (tmp_path / "_figures" / f"{model}.model.js").unlink()
    page = window(path.as_uri())
    signs = ".bk-speak-word, .bk-break-words"
    before = page.locator(signs).all_inner_texts()
    page.get_by_label(re.compile("Begin with|Sentence")).select_option(index=3)
    said = says(page, stays)
    assert said == f"The file of the model could not be loaded. {stays}" and page.locator(signs).all_inner_texts() == before != []


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda file: file.unlink(), "The file of the model could not be loaded."),
        (lambda file: file.write_text("Object.assign((window.bookModels ||= {}), {});"), "The file of the model could not be loaded."),
        (lambda file: file.write_text(FILE % "PGh0bWw+PC9odG1sPjxodG1sPjwvaHRtbD4="), "is not one of this book’s model files"),
        (lambda file: file.write_text(FILE % "no base64!"), "is damaged; load the page again"),
        (lambda file: file.write_text(file.read_text()[:-400] + file.read_text()[-300:]), "is damaged; load the page again"),
    ],
    ids=["missing", "empty", "foreign", "not base64", "damaged"],
)
def test_a_model_that_cannot_be_opened_is_one_sentence_and_the_recorded_scene_stays(window, tmp_path, spoil, sentence):
    path = write_page(tmp_path, [figure("your_scene")])
    spoil(tmp_path / "_figures" / "detr.model.js")
    page = window(path.as_uri())
    page.get_by_label("Begin with").select_option(label="an empty scene")
    said = says(page, "The recorded scene stays.")
    assert sentence in said and said.count(".") <= 3
    assert page.locator(".bk-yours-table tbody tr").count() == 4 and page.locator(".bk-yours-reports rect").count() == 4
