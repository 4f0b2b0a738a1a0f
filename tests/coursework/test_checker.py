"""What crosses the line between the student's process and the checking process, and how Otter's test cases see it."""

import numpy as np
import pytest
import torch
from classroom import replace_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from coursework import checker, wire
from coursework.assignments import ROOT
from coursework.report import commonest, summarise

FACT = """
from otter.test_files import test_case

OK_FORMAT = False

name = "q"
points = {points}

{cases}
"""


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and wire.tensor_bytes(a) == wire.tensor_bytes(b)
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.tobytes() == b.tobytes() and a.shape == b.shape
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and (a == b or a != a)


def through_the_wire(value):
    encoder = wire.Encoder(lambda value: {"kind": "handle", "id": 0})
    form = encoder.encode(value)
    return wire.Decoder(b"".join(encoder.blobs), lambda form: "a handle").decode(form)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
nested = st.recursive(plain, lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(nested)
@settings(max_examples=200, deadline=None)
def test_plain_data_arrives_as_it_left(value):
    assert same(value, through_the_wire(value))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.bool, torch.int64, torch.complex64])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_tensors_arrive_as_they_left(dtype, shape):
    tensor = (torch.arange(torch.Size(shape).numel()).reshape(shape) % 3).to(dtype)
    assert same(tensor, through_the_wire(tensor))
    assert same(tensor.T if tensor.ndim == 2 else tensor, through_the_wire(tensor.T if tensor.ndim == 2 else tensor))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(1, 1).diagonal(),
        torch.ones(1, 1).expand(1, 1)[0],
        torch.tensor(2.0).expand(1),
        torch.rand(1, 4)[:, 0],
        torch.rand(4, 4)[1:2, 3],
        torch.rand(3, 4)[:, 1],
        torch.rand(4, 3).T[1:2],
        torch.rand(2, 3, 4)[:, 1:2, 2],
    ],
)
def test_a_view_with_any_stride_arrives_as_it_left(tensor):
    assert same(tensor, through_the_wire(tensor))


def test_whether_a_gradient_is_wanted_arrives_too():
    assert through_the_wire(torch.ones(2, requires_grad=True) * 2).requires_grad
    assert not through_the_wire(torch.ones(2)).requires_grad


@pytest.mark.parametrize("value", [np.arange(6.0).reshape(2, 3).T, np.float32(0.5), np.array(True), np.zeros((0, 2), dtype=np.int8)])
def test_arrays_arrive_as_they_left(value):
    assert same(value, through_the_wire(value))


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "tensor"},
        {"kind": "tensor", "dtype": "float32", "shape": [10**9], "start": 0, "size": 4},
        {"kind": "tensor", "dtype": "float32", "shape": [400_000_000], "start": 0, "size": 0},
        {"kind": "tensor", "dtype": "float32", "shape": [0, 2**62, 8], "start": 0, "size": 0},
        {"kind": "tensor", "dtype": "float32", "shape": [2], "start": 4, "size": 8},
        {"kind": "tensor", "dtype": "float32", "shape": [1], "start": -4, "size": 4},
        {"kind": "tensor", "dtype": "float32", "shape": ["1"], "start": 0, "size": 4},
        {"kind": "tensor", "dtype": "float32", "shape": [True], "start": 0, "size": 4},
        {"kind": "tensor", "dtype": "qint8", "shape": [1], "start": 0, "size": 1},
        {"kind": "scalar", "dtype": "float64", "shape": [1], "start": 0, "size": 8},
        {"kind": "list", "items": [{"kind": "list", "items": []}] * 20_000},
        {"kind": "tensor", "dtype": "no such", "shape": [], "start": 0, "size": 4},
        {"kind": "array", "dtype": "O", "shape": [1], "start": 0, "size": 8},
        {"kind": "array", "dtype": "float64", "shape": [-5], "start": 0, "size": 4},
        {"kind": "dict", "items": [[{"kind": "list", "items": []}, 1]]},
        {"kind": "list", "items": 5},
        {"items": []},
    ],
)
def test_a_forged_form_is_refused(form):
    with pytest.raises(wire.WireError):
        wire.Decoder(b"\0" * 8, lambda form: form["id"]).decode(form)


def test_a_truth_value_that_is_neither_is_refused():
    with pytest.raises(wire.WireError):
        wire.Decoder(b"\2", None).decode({"kind": "tensor", "dtype": "bool", "shape": [1], "start": 0, "size": 1})


@pytest.fixture(scope="module")
def examine(missing):
    nursery = checker.Nursery(["torch"], walls=[wall for wall in checker.WALLS if wall not in missing])

    def run(cells, *cases, points=1, source=FACT):
        text = "\n\n".join(f"@test_case(points=None, hidden=False)\n{case}" for case in cases)
        source = source.replace("{points}", str(points)).replace("{cases}", text)
        outcome = checker.examine(nursery, cells, {"q": source}, checker.Limits(submission_seconds=30, cell_seconds=1.5, patience=3))
        return outcome.tests["q"]

    yield run
    nursery.close()


def test_a_test_case_sees_functions_values_and_missing_names(examine):
    cells = ["import torch", "def double(x):\n    return 2 * x", "table = {'a': (1, torch.ones(2))}"]
    case = """
def test_all(double, table, nowhere, env):
    import torch
    assert torch.equal(double(torch.arange(3)), torch.tensor([0, 2, 4]))
    assert table["a"][0] == 1 and table["a"][1].shape == (2,)
    assert nowhere is None and "nowhere" not in env and env["table"]["a"][0] == 1
    assert double("ab") == "abab"
"""
    assert examine(cells, case).passed_all


def test_objects_of_the_notebook_can_be_used(examine):
    cells = [
        "import torch",
        "class Layer(torch.nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.line = torch.nn.Linear(n, 1)\n"
        "    def forward(self, x):\n        return self.line(x)",
    ]
    case = """
def test_layer(Layer):
    import torch
    layer = Layer(2)
    layer.load_state_dict({"line.weight": torch.tensor([[1.0, 2.0]]), "line.bias": torch.tensor([3.0])})
    assert layer(torch.ones(1, 2)).tolist() == [[6.0]]
    assert layer.line.weight.tolist() == [[1.0, 2.0]]
"""
    assert [result.message for result in examine(cells, case).test_case_results] == [""]


def test_what_a_function_does_to_its_arguments_is_seen(examine):
    cells = ["def spoil(x, rows):\n    x += 1\n    return x"]
    case = """
def test_spoilt(spoil):
    import torch
    x = torch.zeros(2)
    spoil(x, [torch.ones(1)])
    assert x.tolist() == [0, 0], f"x is {x.tolist()}"
"""
    assert examine(cells, case).test_case_results[0].message == "x is [1.0, 1.0]"


def test_errors_of_the_student_keep_their_type(examine):
    cells = ["def picky(x):\n    raise ValueError(f'x is {x}')", "class Own(Exception):\n    pass\ndef own():\n    raise Own('mine')"]
    catches = "def test_catches(picky):\n    try:\n        picky(3)\n    except ValueError as error:\n        assert str(error) == 'x is 3'"
    messages = [
        result.message
        for result in examine(cells, catches, "def test_raises(picky):\n    picky(4)", "def test_own(own):\n    own()").test_case_results
    ]
    assert messages == ["", "ValueError: x is 4", "RuntimeError: Own: mine"]


def test_a_question_is_checked_where_the_notebook_checks_it(examine):
    grader = "import otter\ngrader = otter.Notebook('x.ipynb')"
    case = "def test_x(x):\n    assert x == 1, f'x is {x}'"
    assert examine([grader, "x = 1", "grader.check('q')", "x = 2"], case).passed_all
    assert examine([grader, "x = 1", "grader.check('q')", "x = 2", "grader.check('q')"], case).test_case_results[0].message == "x is 2"
    assert examine([grader, "x = 1", "x = 3"], case).test_case_results[0].message == "x is 3"


def test_notebook_magic_and_plots_do_no_harm(examine):
    cells = ["%matplotlib inline", "%%time\nx = 1", "!echo hello", "x", "import torch; x += 1"]
    assert examine(cells, "def test_x(x):\n    assert x == 2, x").passed_all


def test_operations_are_listed_under_their_own_names(examine):
    cells = ["import torch\nsoft = torch.nn.functional.softmax\ndef mine(x):\n    return soft(x, -1).exp()"]
    case = """
def test_operations(mine):
    import torch
    assert operations(mine, torch.ones(2)) == mine.operations_of_call(torch.ones(2))
    assert calls_any(mine, [torch.ones(2)], "softmax") == "softmax"
"""
    with_tools = FACT.replace("{cases}", (ROOT / "coursework" / "in_tests.py").read_text() + "\n\n{cases}")
    assert examine(cells, case, source=with_tools).passed_all


def test_limits_count_processor_time_and_a_sleeper_is_ended_too(examine):
    messages = [
        [result.message for result in examine([cell, "x = 1"], "def test_x(x, y):\n    assert x == 1 and y is None, y").test_case_results]
        for cell in ("y = 2\nwhile True:\n    pass", "import time\ntime.sleep(1000)")
    ]
    assert messages == [["2"], [""]]


def test_points_are_resolved_as_otter_does(examine):
    outcome = examine(["x = 1"], "def test_a(x):\n    assert x == 1", "def test_b(x):\n    assert x == 2", points=3)
    assert (outcome.score, outcome.possible) == (1.5, 3)


def test_the_summary_names_the_hardest_question_and_why(pupils):
    pupils.hand_in("fine.ipynb")
    for number in range(2):
        pupils.hand_in(f"columns_{number}.ipynb", replace_cell("q3-answer", f"def attention(*a):  # {number}\n    return None"))
    pupils.hand_in("other.ipynb", replace_cell("q3-answer", "attention = 3"))
    (pupils.folder / "late.txt").write_text("sorry")
    records = list(pupils.grade().values())
    text = summarise(records, pupils.edition, pupils.facts)
    assert "4 submissions" in text and "highest 27" in text and "lowest 19" in text
    assert "most often not full: q3 (3 of 4), 2 times because:\n  attention returned nothing: is `return` missing?" in text
    assert "late.txt: not graded, not a notebook" in text
    assert "the same code: columns_0.ipynb, columns_1.ipynb" in text
    assert "for you to read: q6" in text


def test_answers_to_read_are_in_the_csv(pupils):
    def explain(notebook):
        place = [cell.get("id") for cell in notebook.cells].index("q6-answer")
        notebook.cells[place].source = "Spread grows with $\\sqrt{d_k}$. 注意力."
        notebook.cells.insert(place + 1, {"id": "mine", "cell_type": "markdown", "metadata": {}, "source": "And more."})

    pupils.hand_in("a.ipynb", explain, edition="student")
    records = pupils.grade()
    assert records["a.ipynb"]["answers"] == {"q6": "Spread grows with $\\sqrt{d_k}$. 注意力.\n\nAnd more."}
    assert "注意力.\n\nAnd more." in pupils.out.read_text(encoding="utf-8-sig")


def test_the_commonest_message_is_the_first_of_equals():
    assert commonest(["b", "a", "a", "b", "c"]) == ("b", 2)
