"""The book's own files (claims.yml, history.yml, …): where they are, and YAML read with errors of one line."""

from pathlib import Path

import yaml


def own(name: str) -> Path:
    """A file of the repository's root; in an installed book_lib it is packed beside the modules."""
    packed, in_repository = Path(__file__).with_name(name), Path(__file__).parents[2] / name
    return packed if packed.exists() else in_repository


def read_yaml(path: Path):
    """What a YAML file holds. Raises ValueError, in one line, for a file that does not exist or is not YAML."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"{path.name}: line {mark.line + 1 if mark else '?'} is not YAML: {getattr(error, 'problem', error)}") from None
