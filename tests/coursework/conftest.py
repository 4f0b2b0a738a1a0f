"""What the coursework tests share: the editions, built once, and an empty class."""

import os

import pytest
from classroom import Class
from filelock import FileLock

from coursework import checker, walls
from coursework.assignments import find_assignments
from coursework.build import build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder with the editions of every assignment; test processes that run at the same time share them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with FileLock(shared / "built.lock"):
        for folder in find_assignments().values():
            if not (shared / "built" / folder.name).exists():
                build(folder, shared / "built")
    return shared / "built"


@pytest.fixture(scope="session")
def missing():
    """The walls that this machine does not let the grader build, {name: why}."""
    try:
        nursery, missing, _ = checker.find_walls([], checker.Limits())
    except walls.WallsError as error:
        return dict.fromkeys(checker.WALLS, str(error))
    nursery.close()
    return missing


@pytest.fixture
def needs_walls(missing):
    if missing:
        pytest.skip(f"this machine does not allow all walls: {', '.join(missing)}")


@pytest.fixture
def pupils(tmp_path, built, missing):
    folder = tmp_path / "submissions"
    folder.mkdir()
    return Class(folder, built, bool(missing))
