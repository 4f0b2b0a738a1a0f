"""Every figure, in the states its controls lead to: Chinese is never shown without pinyin and gloss, letters never too small."""

from types import SimpleNamespace

import pytest
from figure_page import overflow, site_figures, write_page
from figure_walk import figures_of_the_book, unread, unread_option, walk

FIGURES = figures_of_the_book()
TYPED = ("龙读我。", "器像能", "这只大象不会写很长的信。")
PHONE = 360                                                # px


def test_what_counts_as_read():
    assert unread(["动", "0.49", "物", "dòngwù", "animal"]) == []
    assert unread(["动物 (dòngwù, animal)", "动 (49 %)"]) == [] and unread(["它 (tā, it)", "马"]) == ["马"]
    assert unread(["动物 (dòngwù)"]) == ["动", "物"] and unread(["动物 animal"]) == ["动", "物"]
    assert unread(["龙", "unknown", "读", "dú", "read"]) == [] and unread(["龙", "读 dú read", "unknown"]) == ["龙"]
    assert unread(["的", "described"]) == ["的"] and unread(["的 (de, ’s)"]) == []
    assert unread_option("书读我。 (shū dú wǒ: book read I)") == [] and unread_option("书读我。 (shū dú wǒ)") == ["书", "读", "我"]
    assert unread_option("no Chinese") == []


def test_all_figures_of_the_book_are_found():
    places = set(FIGURES)
    assert len(places) > 30
    for wanted in ("one_idea", "your_sentence", "transformer_walk", "head_explorer", "break_it"):
        assert any(wanted in place for place in places), wanted


@pytest.mark.browser
@pytest.mark.parametrize("place", FIGURES)
def test_chinese_is_read_and_letters_are_large_on_a_phone(place, window, tmp_path):
    text = FIGURES[place]
    shown = SimpleNamespace(figure_name=site_figures.FIGURE.fullmatch(text)[1], static_html=lambda: text)
    page = window(write_page(tmp_path, [shown]).as_uri(), PHONE)
    states = walk(page, TYPED)
    assert page.faults == [] and overflow(page) <= 0
    assert len(states) > 1, "the walk has changed nothing"
    for state in states:
        assert state["small"] == [], state["what"]
        assert unread(state["texts"]) == [], state["what"]
        for texts in [*state["svgs"], *([label] for label in state["labels"])]:
            assert unread(texts) == [], (state["what"], texts)
        for text in state["options"]:
            assert unread_option(text) == [], (state["what"], text)
