"""What the coursework tests share: the editions, built once, and an empty class."""

import pytest
from classroom import Class

from coursework import checker, walls
from coursework.assignments import find_assignments
from coursework.build import build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder with the editions of every assignment."""
    out = tmp_path_factory.mktemp("built")
    for folder in find_assignments().values():
        build(folder, out)
    return out


@pytest.fixture(scope="session")
def walled():
    """Whether this machine lets the grader build its walls."""
    nursery = checker.Nursery([], walled=True, hidden=[])
    try:
        checker.examine(nursery, [], {}, checker.Limits())
    except walls.WallsError:
        return False
    finally:
        nursery.close()
    return True


@pytest.fixture
def needs_walls(walled):
    if not walled:
        pytest.skip("this machine allows no namespaces, so submissions cannot be walled off")


@pytest.fixture
def pupils(tmp_path, built, walled):
    folder = tmp_path / "submissions"
    folder.mkdir()
    return Class(folder, built, walled)
