"""Seven real photographs that scikit-image and scikit-learn carry in their packages, with boxes drawn by hand for this book.

They are in COCO's format, in package_photographs.json, with the licence and the author of each. They are for looking and for tests of the
way from a file to a box; seven pictures teach a detector nothing about others.
"""

import importlib.util
import json
from pathlib import Path

from book_lib.data.coco import read_coco

NAMES = {"skimage": "scikit-image", "sklearn": "scikit-learn"}
ANNOTATIONS = Path(__file__).with_suffix(".json")


def package_photographs():
    """The photographs with their boxes: what read_coco returns. Raises ValueError where one of the two packages is not installed."""
    content = json.loads(ANNOTATIONS.read_text(encoding="utf-8"))
    for image in content["images"]:
        package, _, place = image["file_name"].partition("/")
        found = importlib.util.find_spec(package)
        if found is None:
            raise ValueError(f"there is no package {package} here; requirements.txt names it as {NAMES[package]}")
        image["file_name"] = str(Path(found.origin).parent / place)
    return read_coco(content)


def credits_of_photographs():
    """(file, author, licence) of each photograph, in the order of package_photographs."""
    content = json.loads(ANNOTATIONS.read_text(encoding="utf-8"))
    licences = {one["id"]: one["name"] for one in content["licenses"]}
    return [(image["file_name"], image["credit"], licences[image["license"]]) for image in content["images"]]
