"""Architecture drawings: shapes as the library computes them, words from the words file, colours that follow the page."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from book_lib.attention import MultiHeadAttention, scaled_dot_product_attention
from book_lib.pictures import drawing, words
from book_lib.pictures.drawing import DRAWINGS, SHAPES, STYLE, Drawing, arrow, text
from book_site.drawings import drawing_in_page

ALL = [
    (Drawing(name, lit=lit, size=size), layout)
    for name, about in DRAWINGS.items() for lit in ("all", *about["parts"]) for size, layouts in about["layouts"].items()
    for layout in layouts
]
SVG = "{http://www.w3.org/2000/svg}"
FORMULA = re.compile(r"W(_[QKVO])?|[QKV]|Q Kᵀ|÷ √d_k|C5|1 × 1|")


def tree(drawn, layout=None, **options):
    return ElementTree.fromstring(drawn.svg(layout, **options))


def written(root):
    """Every text of a drawing, with its subscripts as they were written."""
    lines = []
    for element in root.iter(f"{SVG}text"):
        pieces = [element.text or ""]
        for span in element:
            pieces.append(f"_{span.text}" if span.get("class") == "bk-d-sub" else span.text)
        lines.append("".join(pieces))
    return lines


def every_string(value):
    if isinstance(value, str):
        return [value]
    return [string for inner in (value.values() if isinstance(value, dict) else value) for string in every_string(inner)]


@pytest.mark.parametrize(("drawn", "layout"), ALL, ids=str)
def test_a_drawing_is_one_well_formed_file_and_the_same_each_time(drawn, layout):
    root = tree(drawn, layout)
    assert root.tag == f"{SVG}svg" and drawn.svg(layout) == Drawing(drawn.name, lit=drawn.lit, size=drawn.size).svg(layout)
    assert root.get("role") == "img" and len(root.get("aria-label")) > 60
    assert len(list(root.iter())) < 300 and len(drawn.svg(layout, style=False)) < 16_000


@pytest.mark.parametrize(("drawn", "layout"), ALL, ids=str)
def test_every_text_comes_from_the_words_file_or_is_a_formula(drawn, layout):
    section = words.words_of(f"drawing.{drawn.name}", "en")
    known = {*every_string(section), ", ".join(section.get("residual", ())), *DRAWINGS[drawn.name].get("shapes", {}).values()}
    assert [line for line in written(tree(drawn, layout)) if line not in known and not FORMULA.fullmatch(line)] == []


def test_another_language_is_another_words_file(tmp_path, monkeypatch):
    sections = json.loads((words.FOLDER / "words.en.json").read_text(encoding="utf-8"))
    sections["drawing.attention_layer"]["softmax"] = "<softmax & Gewichte>"
    (tmp_path / "words.xx.json").write_text(json.dumps(sections), encoding="utf-8")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    assert "<softmax & Gewichte>" in written(tree(Drawing("attention_layer"), language="xx"))
    with pytest.raises(ValueError, match="no words for the language 'yy'; there are \\['xx'\\]"):
        words.words_of("drawing.attention_layer", "yy")
    with pytest.raises(ValueError, match="words.xx.json has no section 'nothing'"):
        words.words_of("nothing", "xx")
    words._file.cache_clear()


def test_no_colour_is_fixed_and_no_font_but_the_pages():
    drawn = Drawing("attention_layer").html()
    assert re.sub(r"var\(--[\w-]+, #[0-9a-f]{6}\)", "", drawn).count("#") == 0
    assert not re.search(r"(?:fill|stroke|font\S*|style)=|rgb\(", drawn)
    assert re.findall(r"font(?:-family)?:\s*([^;]*)", STYLE) == ["14px var(--bk-sans, system-ui, sans-serif)"]


def test_the_colours_are_those_of_the_book_by_default():
    sheet = (words.FOLDER.parents[1] / "figures" / "_lib" / "colours.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", sheet[: sheet.index('data-theme="dark"')]))
    used = re.findall(r"var\((--[\w-]+), (#[0-9a-f]{6})\)", STYLE)
    assert len(set(used)) >= 10 and [(name, colour) for name, colour in used if light[name] != colour] == []


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_the_shapes_are_those_of_the_library(layout):
    n, d_model, d_k, d_v = 5, 12, 3, 4
    names = {n: "n", d_model: "d_model", d_k: "d_k", d_v: "d_v"}

    def shape(tensor):
        return "[" + ", ".join(names[size] for size in tensor.shape) + "]"

    x = torch.randn(n, d_model)
    w_q, w_k, w_v = torch.randn(d_model, d_k), torch.randn(d_model, d_k), torch.randn(d_model, d_v)
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    output, weights = scaled_dot_product_attention(query, key, value)
    run = {"X": x, "W_Q": w_q, "W_K": w_k, "W_V": w_v, "Q": query, "K": key, "V": value, "scores": query @ key.T, "weights": weights,
           "output": output, "W_O": torch.randn(d_v, d_model)}
    assert {name: shape(tensor) for name, tensor in run.items()} == SHAPES
    lines = written(tree(Drawing("attention_layer"), layout))
    for name in run.keys() - {"W_O"}:
        assert lines.count(SHAPES[name]) == [SHAPES[other] for other in run.keys() - {"W_O"}].count(SHAPES[name])


def test_the_matrices_are_those_of_the_librarys_layer():
    layer = MultiHeadAttention(12, 1, d_head=3, bias=False)
    names = {12: "d_model", 3: "d_k"}
    for letter, linear in zip("QKVO", (layer.q_proj, layer.k_proj, layer.v_proj, layer.o_proj), strict=True):
        applied = linear.weight.T                                            # x @ W: a linear map stores its transpose
        drawn = SHAPES[f"W_{letter}"].replace("d_v", "d_k")                  # one head has d_v = d_k
        assert "[" + ", ".join(names[size] for size in applied.shape) + "]" == drawn
    output, weights = layer(torch.randn(1, 5, 12))
    assert output.shape == (1, 5, 12) and weights.shape == (1, 1, 5, 5)       # so that the residual can be added


@pytest.mark.parametrize(("lit", "names", "others"), [
    ("project", {"tokens X", "W_Q", "W_K", "W_V", "queries Q", "keys K", "values V"}, {"scores", "softmax", "weights × V"}),
    ("scores", {"queries Q", "keys K", "Q Kᵀ", "scores", "÷ √d_k"}, {"values V", "softmax", "W_Q", "weights"}),
    ("softmax", {"mask", "softmax", "weights"}, {"scores", "values V", "output"}),
    ("mix", {"weights", "values V", "weights × V", "output"}, {"scores", "softmax", "keys K"}),
])
def test_the_part_is_lit_and_the_rest_is_grey(lit, names, others):
    root = tree(Drawing("attention_layer", lit=lit))
    bright = {line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)}
    grey = {line for part in root.iter(f"{SVG}g") if "bk-d-off" in part.get("class", "") for line in written(part)}
    assert names <= bright and others <= grey and "W_O" in grey
    everything = tree(Drawing("attention_layer"))
    assert {line for part in everything.iter(f"{SVG}g") if "bk-d-off" in part.get("class", "") for line in written(part)} == {
        "W_O", ", ".join(words.words_of("drawing.attention_layer")["residual"])}


def test_roles_keep_their_colours_in_every_layout():
    for drawn, layout in ALL:
        for part in tree(drawn, layout).iter(f"{SVG}g"):
            role = {"q": "Q", "k": "K", "v": "V"}.get(part.get("class", "").removeprefix("bk-d-").split(" ")[0])
            assert role is None or all(role in line.replace("d_k", "").replace("d_v", "") for line in written(part) if line[:1] != "[")


def test_the_page_gets_every_layout_and_jupyter_the_first():
    large = Drawing("attention_layer", lit="mix").html()
    assert large.count("<svg") == 2 and large.count("<style>") == 1 and "bk-d-wide" in large and "bk-d-narrow" in large
    assert Drawing("attention_layer", size="small").html(style=False).count("<style>") == 0
    shown = Drawing("attention_layer", lit="mix")._repr_mimebundle_()
    assert shown == {"image/svg+xml": Drawing("attention_layer", lit="mix").svg("wide"),
                     "text/plain": "Drawing('attention_layer', lit='mix', size='large')"}


@pytest.mark.parametrize(("wrong", "said"), [
    (lambda: Drawing("attention"), r"drawing is 'attention', expected one of \['attention_layer', "),
    (lambda: Drawing("attention_layer", lit="values"), "lit is 'values', expected one of .*'mix'"),
    (lambda: Drawing("attention_layer", size="tiny"), "size is 'tiny', expected one of .*'small'"),
    (lambda: Drawing("attention_layer").svg("strip"), "layout is 'strip', expected one of .*'wide', 'narrow'"),
])
def test_what_there_is_not_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()


def test_parts_are_drawn_where_they_are_asked_for():
    assert arrow((0, 0), (20, 0)) == '<path class="bk-d-line" d="M0 0L15 0"/><path class="bk-d-tip" d="M20 0L12 -4L12 4Z"/>'
    alone = f'<svg xmlns="http://www.w3.org/2000/svg">{text(0, 0, "a < [n, d_model]")}</svg>'
    assert written(ElementTree.fromstring(alone)) == ["a < [n, d_model]"]
    assert drawing.tokens(10, 10, width=4, height=4, rows=1) == '<rect x="8" y="8" width="4" height="4"/>'


def test_the_transformers_shapes_are_those_of_the_library():
    from book_lib.pictures.drawings.transformer import SHAPES as drawn
    from book_lib.transformer import Transformer

    b, m, n, d_model, n_target = 2, 7, 5, 12, 11
    names = {b: "b", m: "m", n: "n", d_model: "d_model", n_target: "n_target"}
    model = Transformer(9, n_target, d_model=d_model, n_heads=2, d_ff=16, n_layers=1)
    caught, hooks = {}, []
    for name, part in (("encoder", model.encoder), ("decoder", model.decoder)):
        hooks.append(part.register_forward_hook(lambda _, given, made, name=name: caught.update({name: (given[0], made[0])})))
    source, target = torch.randint(1, 9, (b, m)), torch.randint(1, n_target, (b, n))
    logits = model(source, target)
    run = {"source": source, "target": target, "embedded source": caught["encoder"][0], "memory": caught["encoder"][1],
           "embedded target": caught["decoder"][0], "states": caught["decoder"][1], "logits": logits}
    assert {name: "[" + ", ".join(names[size] for size in tensor.shape) + "]" for name, tensor in run.items()} == drawn
    assert set(drawn.values()) <= set(written(tree(Drawing("transformer"), "wide")))


@pytest.mark.parametrize(("lit", "bright", "grey"), [
    ("encoder", {"self-attention", "feed-forward", "memory"}, {"masked self-att.", "cross-attention", "softmax", "K"}),
    ("add_norm", {"add & norm"}, {"self-attention", "feed-forward", "cross-attention"}),
    ("feed_forward", {"feed-forward"}, {"add & norm", "cross-attention"}),
    ("masked", {"masked self-att."}, {"self-attention", "cross-attention", "add & norm"}),
    ("cross", {"cross-attention", "memory", "Q", "K", "V"}, {"self-attention", "masked self-att.", "feed-forward"}),
    ("output", {"linear", "softmax", "next word"}, {"cross-attention", "embedding"}),
    ("embed", {"embedding", "position code", "source tokens"}, {"softmax", "self-attention"}),
])
@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_a_part_of_the_transformer_is_lit(lit, bright, grey, layout):
    groups = [(part.get("class") or "", set(written(part))) for part in tree(Drawing("transformer", lit=lit), layout).iter(f"{SVG}g")]
    assert bright <= {line for name, lines in groups if "bk-d-off" not in name for line in lines}
    assert grey <= {line for name, lines in groups if "bk-d-off" in name for line in lines}
    assert not grey & {line for name, lines in groups if "bk-d-off" not in name for line in lines}


def test_names_and_parts_are_such_as_a_stored_drawing_is_found_by():
    for drawn, _ in ALL:
        assert drawing_in_page(drawn.svg(), None) == drawn.html(), drawn


def test_only_the_first_two_translators_have_chains():
    """Black arrows are steps that wait for each other; the Transformer's links are all attention, which is drawn in blue."""
    for layout in ("wide", "narrow"):
        root = tree(Drawing("translators"), layout)
        groups = [group for group in root.iter(f"{SVG}g") if "bk-d-q" not in (group.get("class") or "")]
        black = [sum(path.get("class") == "bk-d-tip" for path in group.iter(f"{SVG}path")) for group in groups]
        assert sorted(count for count in black if count) == [6, 6]            # reading, to the writer, writing: 3 + 1 + 2
        blue = [group for group in root.iter(f"{SVG}g") if group.get("class") == "bk-d-q"]
        assert [sum(path.get("class") == "bk-d-tip" for path in group.iter(f"{SVG}path")) for group in blue] == [3, 3, 0]
        assert written(root).count("looks back") == 2 and written(root).count("self-attention") == 1
        arcs = [path.get("d") for path in blue[2].iter(f"{SVG}path")]
        assert len(arcs) == len(set(arcs)) == 6 + 3 and all("Q" in arc for arc in arcs)      # all pairs of four words, and of three


@pytest.mark.parametrize(("lit", "names", "others"), [
    ("add", {"codes E"}, {"turn by position", "bias"}), ("turn", {"turn by position"}, {"codes E", "bias"}),
    ("bias", {"bias"}, {"codes E", "turn by position"}), ("all", {"codes E", "turn by position", "bias"}, set())])
def test_a_place_for_positions_is_lit_and_the_layer_is_grey(lit, names, others):
    drawn = tree(Drawing("positions_added", lit=lit))
    grey = {line for group in drawn.iter(f"{SVG}g") if "bk-d-off" in group.get("class", "") for line in written(group)}
    bright = set(written(drawn)) - grey
    assert names <= bright and others <= grey and {"tokens X", "Q Kᵀ", "softmax", "weights × V"} <= grey
