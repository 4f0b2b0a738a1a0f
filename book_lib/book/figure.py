"""The book's interactive figures: one call for all of them, `figure("why_sqrt_d", d_k=1024)`. What a figure is lies in figures/NAME/.

    figure.js        its ES module; what figures share lies in figures/_lib/
    words.en.json    every word it shows; words.zh.json would be its Chinese
    traits.json      what a reader can change, as JSON Schema, each with the value shown first
    figure.css       its own styles, where it has some
    data.json        what it shows, recorded by record.py; or data.py, whose `data(state)` takes it from the book's files

Live (JupyterLab, Colab) a figure is an anywidget. Its text/html holds name and state alone; site/book_site/figures.py makes a page of it.
"""

import functools
import html
import importlib.util
import json
import os
import re
from pathlib import Path

import anywidget
import traitlets

_packed = Path(__file__).parents[1] / "shipped_figures"
FIGURES = _packed if _packed.exists() else Path(__file__).parents[2] / "figures"
FALLBACK = "An interactive figure: run this cell, or read the page in the built book."     # what Jupyter shows before the first run
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.\.?/[\w./-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|class|const|let)", re.MULTILINE)


def figure(name, *, number="", wording="", data=None, **traits):
    """An interactive figure of the book, to be the last expression of a cell.

    name: its folder in figures/; number: "2.3" for Interactive 2.3; wording: another set of title, prompts and explanation of its words;
    data: what it shows, where that is not its own data; traits: what figures/NAME/traits.json declares. Raises ValueError for a name or
    setting that does not exist and for a value that does not fit.
    """
    kind = figure_class(name)
    declared = declared_traits(name)
    if unknown := sorted(set(traits) - set(declared)):
        raise ValueError(f"{name} has no setting {unknown[0]!r}; it has: {', '.join(declared)}")
    if missing := [trait for trait in declared if "default" not in declared[trait] and trait not in traits]:
        raise ValueError(f"{name} needs the setting {missing[0]!r}")
    if wording and wording not in words(name).get("wordings", {}):
        raise ValueError(f"{name} has no wording {wording!r}; it has: {', '.join(words(name).get('wordings', {})) or 'none'}")
    try:
        return kind(number=number, wording=wording, data=data, **traits)
    except traitlets.TraitError as error:
        raise ValueError(f"{name}: {' '.join(str(error).split())}") from None


class InteractiveFigure(anywidget.AnyWidget):
    """The base of all figures; `figure_class` adds the traits of one."""

    figure_name = ""
    number = traitlets.Unicode().tag(sync=True)
    wording = traitlets.Unicode().tag(sync=True)
    data = traitlets.Any(None, allow_none=True).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    traits_declared = traitlets.Dict().tag(sync=True)

    def __init__(self, *, data=None, **traits):
        own = declared_traits(self.figure_name)
        super().__init__(words=words(self.figure_name), traits_declared=own, **traits)
        self.given_data = data
        self.data = data if data is not None else data_of(self.figure_name, {trait: getattr(self, trait) for trait in own})

    @property
    def state(self):
        """What differs from the figure as figures/NAME/ describes it, as JSON's own types."""
        own = {trait: about.get("default") for trait, about in declared_traits(self.figure_name).items()} | {"number": "", "wording": ""}
        given = {"data": self.given_data} if self.given_data is not None else {}
        return {trait: getattr(self, trait) for trait, default in own.items() if getattr(self, trait) != default} | given

    def static_html(self):
        """The text/html form: name and state. The same state gives the same bytes."""
        state = json.dumps(self.state, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f'<figure class="bk-fig" data-figure="{self.figure_name}" data-state="{html.escape(state)}">{FALLBACK}</figure>'

    def __repr__(self):
        return f"<interactive figure {self.number + ': ' if self.number else ''}{self.figure_name}>"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": self.static_html(), "text/plain": repr(self)}, metadata


@functools.cache
def figure_class(name):
    """The widget class of one figure. Raises ValueError for a name that is none."""
    own = {trait: _trait(about).tag(sync=True) for trait, about in declared_traits(name).items()}
    return type(name, (InteractiveFigure,), {"figure_name": name, "_esm": module(name), "_css": style(name), **own})


def _trait(about):
    """The traitlet that takes what one declaration of a traits.json allows."""
    default = {"default_value": about["default"]} if "default" in about else {}
    if "enum" in about:
        return traitlets.Enum(about["enum"], **default)
    low, high, allowed = about.get("minimum"), about.get("maximum"), {"allow_none": about.get("nullable", False)}
    match about.get("type"):
        case "integer":
            return traitlets.Int(min=low, max=high, **default, **allowed)
        case "number":
            return traitlets.Float(min=low, max=high, **default, **allowed)
        case "boolean":
            return traitlets.Bool(**default, **allowed)
        case "string":
            return traitlets.Unicode(**default, **allowed)
        case "array":
            return traitlets.List(_trait(about["items"]), minlen=about["minItems"], maxlen=about["maxItems"], **default, **allowed)
        case "object":
            return traitlets.Dict(**default, **allowed)
        case None:
            return traitlets.Any(**default, allow_none=True)
        case other:
            raise ValueError(f"a traits.json says type {other!r}, which figures do not know")


def names():
    """All figures, sorted."""
    return sorted(path.parent.name for path in FIGURES.glob("[!_]*/figure.js"))


def folder_of(name):
    """figures/NAME. Raises ValueError for a name that is no figure."""
    if name not in names():
        raise ValueError(f"there is no interactive figure {name!r}; the figures are: {', '.join(names())}")
    return FIGURES / name


def declared_traits(name):
    """{trait: its JSON Schema}, as figures/NAME/traits.json has it."""
    return json.loads((folder_of(name) / "traits.json").read_text("utf-8"))


def words(name, language=""):
    """The words of a figure in a language, by default the one that the environment names in BOOK_LANGUAGE, else English.

    Where a figure is not translated, its English; {"chrome": what every figure says} | its own.
    """
    language = language or os.environ.get("BOOK_LANGUAGE", "en")

    def read(folder):
        translated = folder / f"words.{language}.json"
        return json.loads((translated if translated.exists() else folder / "words.en.json").read_text("utf-8"))

    return {"chrome": read(FIGURES / "_lib")} | read(folder_of(name))


def data_of(name, state):
    """What a figure shows: its data.json; or what `data(state)` of its data.py takes from the book's files; None where it has neither."""
    recorded = folder_of(name) / "data.json"
    if recorded.exists():
        return json.loads(recorded.read_text("utf-8"))
    return _python(name, "data").data(state) if taken_from_files(name) else None


def taken_from_files(name):
    """Whether a figure's data come from the book's own files, and so may differ from state to state."""
    return (folder_of(name) / "data.py").exists()


def recorder(name):
    """The module figures/NAME/record.py: how the figure's data.json was made, and how such data are made of another model."""
    return _python(name, "record")


@functools.cache
def _python(name, file):
    path = folder_of(name) / f"{file}.py"
    if not path.exists():
        raise ValueError(f"the figure {name!r} has no {file}.py")
    spec = importlib.util.spec_from_file_location(f"figures.{name}.{file}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sources(name):
    """The JavaScript files a figure is made of: those it imports, in the order in which they are needed, and figure.js."""
    found = []

    def add(path):
        if path in found:
            return
        for other in _IMPORT.findall(path.read_text("utf-8")):
            add(Path(os.path.normpath(path.parent / other)))
        found.append(path)

    add(folder_of(name) / "figure.js")
    return found


def module(name):
    """A figure's sources as one ES module that imports nothing, for anywidget, for a page and for Node."""
    *shared, own = (_IMPORT.sub("", path.read_text("utf-8")) for path in sources(name))
    return "".join(_EXPORT.sub("", text) for text in shared) + own


def style_files(name):
    """The style sheets of a figure: beside each of its sources the .css of the same name, where there is one."""
    return [sheet for path in sources(name) if (sheet := path.with_suffix(".css")).exists()]


def style(name):
    """The colours of the book and all styles of a figure, for Jupyter."""
    return "".join(path.read_text("utf-8") for path in (FIGURES / "_lib" / "colours.css", *style_files(name)))
