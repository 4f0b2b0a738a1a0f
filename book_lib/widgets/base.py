"""What every interactive figure of the book has on the Python side: checked traits, a live widget, and a static form without a kernel."""

import html
import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent
STYLE = HERE / "chrome.css"


def module_source(name: str) -> str:
    """The complete ES module of one figure: _chrome.js, other shared files that its first lines name, its own code.

    Raises ValueError for an unknown name.
    """
    path = HERE / f"{name}.js"
    if name.startswith("_") or not path.is_file():
        known = ", ".join(sorted(p.stem for p in HERE.glob("[!_]*.js")))
        raise ValueError(f"there is no interactive figure {name!r}; the figures are: {known}")
    code = path.read_text("utf-8")
    shared = ["_chrome.js", *re.findall(r"^// with (_\w+\.js)$", code, re.MULTILINE)]
    return "".join((HERE / file).read_text("utf-8") for file in shared) + code


def labels(name: str) -> dict:
    """The words of a figure, read from the one object at the top of its module, so that picture and figure cannot disagree."""
    constant = "CHROME" if name == "_chrome" else "LABELS"
    found = re.search(rf"^const {constant} = (\{{.*?^\}});$", (HERE / f"{name}.js").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return json.loads(found.group(1))


def fill(template: str, **values) -> str:
    """Put values into a sentence with {names}, as `fill` in _chrome.js does."""
    return re.sub(r"\{(\w+)\}", lambda m: str(values.get(m.group(1), m.group(0))), template)


def number(x: float, digits: int = 2, loose: bool = False) -> str:
    """A number as the figures print it: fixed decimals, half away from zero as in JavaScript, a real minus sign, never "−0.00"."""
    if loose and float(x).is_integer():
        return str(int(x)).replace("-", "−")
    text = str(Decimal(float(x)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def vector(values, digits: int = 2, loose: bool = False) -> str:
    """A vector as the figures print it."""
    return f"({', '.join(number(x, digits, loose) for x in values)})"


class Checked(traitlets.Any):
    """A synchronised trait whose value must satisfy `fits`; otherwise a ValueError says which trait, what it got and what it wants."""

    def __init__(self, default, fits: Callable[[object], bool], wanted: str):
        super().__init__(default)
        self.fits, self.wanted = fits, wanted
        self.tag(sync=True)

    def validate(self, figure, value):
        try:
            fits = self.fits(value)
        except (TypeError, ValueError, AttributeError, KeyError):
            fits = False
        if not fits:
            raise wrong_trait(figure, self.name, value, self.wanted)
        return plain(value)


def wrong_trait(figure, name: str, got, wanted: str) -> ValueError:
    """The one sentence for a wrong trait."""
    shown = repr(got)
    return ValueError(f"{type(figure).__name__}: {name} is {shown if len(shown) <= 80 else shown[:77] + '…'}, but it must be {wanted}")


def plain(value):
    """JSON's own types: tuples become lists, so that Python and the browser hold the same state."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def is_whole(value, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_number(value, low: float = float("-inf"), high: float = float("inf")) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high and abs(value) != float("inf")


def is_matrix(value, columns: int | None = None, low: float = float("-inf"), high: float = float("inf")) -> bool:
    return all(len(row) == (columns or len(row)) and all(is_number(x, low, high) for x in row) for row in value)


def is_words(value, low: int, high: int) -> bool:
    return not isinstance(value, str) and low <= len(value) <= high and all(isinstance(word, str) and word for word in value)


def text_trait() -> Checked:
    """A trait for a piece of text, empty by default."""
    return Checked("", lambda value: isinstance(value, str), "text")


class InteractiveFigure(anywidget.AnyWidget):
    """Base of the book's figures. A subclass sets `name` (its ES module) and `_esm`, declares traits, draws `picture()`, says `sentence()`.

    Live (JupyterLab, Colab) it is an anywidget; in a built page its text/html form is mounted by site/mount.js. Raises ValueError for a
    trait it does not have or a value it cannot show.
    """

    name = ""
    height = (600, 900)     # px kept free on the page before the figure is mounted: (wide, narrow)
    _css = STYLE.read_text("utf-8")

    number = text_trait()
    title = text_trait()
    caption = text_trait()

    def __init__(self, **traits):
        unknown = sorted(set(traits) - set(self.state_names()))
        if unknown:
            raise ValueError(f"{type(self).__name__} has no setting {unknown[0]!r}; it has: {', '.join(self.state_names())}")
        super().__init__(**traits)
        self.require_agreement()
        self._agreed = self.state
        self.observe(self._keep_agreement, self.state_names())

    @classmethod
    def state_names(cls) -> list[str]:
        """The names of the traits that make up the figure's state, sorted."""
        return sorted(name for name, trait in cls.class_traits().items() if isinstance(trait, Checked))

    def _keep_agreement(self, change) -> None:
        """After a change that does not fit the other traits, return to the last state in which all fitted, and say what was wrong."""
        try:
            self.require_agreement()
            self._agreed = self.state
        except ValueError:
            self.unobserve(self._keep_agreement, self.state_names())
            for name, value in self._agreed.items():
                setattr(self, name, value)
            self.observe(self._keep_agreement, self.state_names())
            raise

    @property
    def state(self) -> dict:
        """The figure's whole state as plain JSON values."""
        return {name: getattr(self, name) for name in self.state_names()}

    def require_agreement(self) -> None:
        """Raise ValueError where two traits do not fit each other. The base has nothing to compare."""

    def picture(self) -> str:
        """HTML or SVG of the present state, for places without JavaScript."""
        raise NotImplementedError

    def sentence(self) -> str:
        """The readout of the present state, word for word as the browser prints it."""
        raise NotImplementedError

    def static_html(self) -> str:
        """The text/html form: the state for the mount script around a picture that stands alone. The same state gives the same bytes."""
        state = html.escape(json.dumps(self.state, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        anchor = f' id="interactive-{html.escape(self.number.replace(".", "-"))}"' if self.number else ""
        return (
            f'<div class="bk-widget"{anchor} data-esm="{self.name}" data-height="{self.height[0]} {self.height[1]}" data-model="{state}">'
            f"{self._fallback()}</div>"
        )

    def _fallback(self) -> str:
        words, chrome = labels(self.name), labels("_chrome")
        line = html.escape
        numbered = f'<p class="bk-number">{line(fill(chrome["number"], number=self.number))}</p>' if self.number else ""
        readout = f'<p class="bk-readout">{line(self.sentence())}</p>' if self.sentence() else ""
        return (
            f'<figure class="bk-fig bk-fallback">{numbered}<p class="bk-title">{line(self.title or words["title"])}</p>'
            f'<div class="bk-stage">{self.picture()}</div>{readout}'
            f'<figcaption class="bk-caption">{line(self.caption or words["caption"])} '
            f'<span class="bk-offline">{line(chrome["offline"])}</span></figcaption></figure>'
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{' ' + self.number if self.number else ''}>"

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": self.static_html()}, metadata
