"""source.py: the code read is the code run."""

import inspect
import re
from html import unescape

import pytest

from book_lib.attention import MultiHeadAttention, scaled_dot_product_attention
from book_lib.book.source import show_source


@pytest.mark.parametrize("obj", [scaled_dot_product_attention, MultiHeadAttention, inspect.getmodule(MultiHeadAttention)])
def test_plain_and_highlighted_source_are_the_file_s_own_text(obj):
    source = show_source(obj)
    assert repr(source) == inspect.getsource(obj).rstrip()
    page = source._repr_html_()
    code = unescape(re.sub(r"<[^>]+>", "", re.search(r"<pre>(.*)</pre>", page, re.DOTALL).group(1)))
    assert code.strip() == repr(source).strip()


def test_docstring_is_shown_and_no_machine_path():
    page = show_source(scaled_dot_product_attention)._repr_html_()
    assert "Vaswani et al. 2017" in page and ">book_lib/attention.py<" in page
    assert 'class="highlight"' in page and "style=" not in page and "/work" not in page


def test_a_method_is_shown_without_its_indentation():
    assert repr(show_source(MultiHeadAttention.forward)).startswith("def forward(")


@pytest.mark.parametrize("obj", [len, 3, "text", int])
def test_what_has_no_source_is_refused_in_one_line(obj):
    with pytest.raises(ValueError, match="no Python source") as error:
        show_source(obj)
    assert "\n" not in str(error.value)


def test_code_alone_leaves_out_docstrings_and_methods_and_changes_no_line():
    plain, bare = repr(show_source(MultiHeadAttention)), repr(show_source(MultiHeadAttention, code_only=True, leave_out=["attend"]))
    assert '"""' in plain and '"""' not in bare and "def attend(" in plain and "def attend(" not in bare
    kept = [line for line in plain.splitlines() if line in bare.splitlines()]
    assert all(line in kept for line in bare.splitlines())
    compile(bare, "bare", "exec")
    assert "bk-source-whole" in show_source(MultiHeadAttention, code_only=True)._repr_html_()
    assert "bk-source-whole" not in show_source(MultiHeadAttention)._repr_html_()


def test_several_objects_of_one_file_come_in_one_box():
    text = repr(show_source(scaled_dot_product_attention, MultiHeadAttention))
    assert text == "\n\n\n".join(repr(show_source(obj)) for obj in (scaled_dot_product_attention, MultiHeadAttention))
    with pytest.raises(ValueError, match="expected one file"):
        show_source(scaled_dot_product_attention, show_source)
    with pytest.raises(ValueError, match=r"leave_out names \['detour'\]"):
        show_source(MultiHeadAttention, code_only=True, leave_out=["detour"])
