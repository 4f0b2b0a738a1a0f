"""The book's own files (claims.yml, history.yml, …): where they are, and YAML read and held to a JSON schema with errors of one line."""

import json
import re
import reprlib
from pathlib import Path

import fastjsonschema
import yaml

# What the schemas of several files share. An error quotes a description where there is one: "zh must be a text, got True".
TEXT = {"type": "string", "pattern": r"\S", "description": "a text; put in quotes what YAML takes for something else"}
POSITIVE = {"type": "number", "exclusiveMinimum": 0, "description": "a number above 0"}


def own(name: str) -> Path:
    """A file of the repository's root; in an installed book_lib it is packed beside the modules."""
    packed, in_repository = Path(__file__).with_name(name), Path(__file__).parents[2] / name
    return packed if packed.exists() else in_repository


def read_yaml(path: Path):
    """What a YAML file holds. Raises ValueError, in one line, for a file that does not exist or is not YAML, and for numbers like .nan."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        json.dumps(data, allow_nan=False, default=str, skipkeys=True)
        return data
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"{path.name}: line {mark.line + 1 if mark else '?'} is not YAML: {getattr(error, 'problem', error)}") from None
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def record(properties: dict, optional: tuple[str, ...] = ()) -> dict:
    """The JSON schema of a mapping with these fields, all but the optional ones required, and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def checked(where: str, value, fits):
    """The value, if it fits a JSON schema (draft 7), given as fastjsonschema.compile returns it.

    Raises ValueError, in one line, for the first thing that does not: "{where}: kind must be one of ['F', 'E', 'X'], got 'Y'".
    """
    try:
        return fits(value)
    except fastjsonschema.JsonSchemaValueException as error:
        field = re.sub(r"\[(\d+)\]", lambda found: f" {int(found[1]) + 1}", error.name.removeprefix("data")).replace(".", ", ").strip(", ")
        wanted = error.definition.get("description")
        told = f"must be {wanted}" if wanted else error.message.removeprefix(error.name).strip()
        raise ValueError(f"{where}: {field}{' ' if field else ''}{told}, got {reprlib.repr(error.value)}") from None


def entries(file: str, rows, schema: dict, *, noun: str = "entry", title: str = "id") -> list[tuple[str, dict]]:
    """The entries of a list in a file, checked against the schema, each with its place for errors: ("claims.yml: entry 3 (C03)", {…}).

    title: the field an entry is known by. Raises ValueError for anything but a list, an empty one, and the first entry that does not fit.
    """
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{file}: expected a list with at least one {noun}, got {reprlib.repr(rows)}")
    fits, found = fastjsonschema.compile(schema), []
    for place, row in enumerate(rows, start=1):
        where = f"{file}: {noun} {place}" + (f" ({row.get(title, f'no {title}')})" if isinstance(row, dict) else "")
        found.append((where, checked(where, row, fits)))
    return found
