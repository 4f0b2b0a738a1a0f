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
