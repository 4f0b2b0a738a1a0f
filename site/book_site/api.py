"""The page of the library's reference, made from the modules that book_lib has: {api-modules} stands for one section a package."""

import ast
from pathlib import Path

PAGE, PLACE = "appendix/api", "```{api-modules}\n```"
TITLES = {
    "book_lib": "Attention, layers, training", "book_lib.detection": "Detection",
    "book_lib.detection.assigners": "Label assignment", "book_lib.vision": "Vision", "book_lib.data": "Data",
    "book_lib.experiments": "Experiments of the labs", "book_lib.book": "What a notebook needs", "book_lib.pictures": "Pictures",
}
MODULE = "```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```\n"


def setup(app):
    app.connect("source-read", list_modules)
    app.connect("env-before-read-docs", read_again)


def modules(root):
    """The dotted names of the library's documented modules, by package, taught code first: {package: [names]}."""
    found = {}
    for path in sorted((Path(root) / "book_lib").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        if parts[-1] == "__init__" and "__all__" in text:
            found.setdefault(".".join(parts[:-1]), []).append(".".join(parts[:-1]))
        elif not parts[-1].startswith("_") and ast.get_docstring(ast.parse(text)):
            found.setdefault(".".join(parts[:-1]), []).append(".".join(parts))
    order = [*TITLES, *sorted(set(found) - set(TITLES))]
    return {package: found[package] for package in order if package in found}


def list_modules(app, docname, source):
    if docname == PAGE:
        sections = [
            f"## {TITLES.get(package, package.removeprefix('book_lib.').replace('_', ' ').capitalize())}\n\n"
            + "\n".join(MODULE.format(name=name) for name in names)
            for package, names in modules(app.srcdir).items()
        ]
        source[0] = source[0].replace(PLACE, "\n".join(sections))


def read_again(app, env, pages):
    """Read the page anew where a module has come or gone."""
    named = modules(app.srcdir)
    if PAGE in env.found_docs and named != getattr(env, "book_modules", named) and PAGE not in pages:
        pages.append(PAGE)
    env.book_modules = named
