"""The wheel holds what pgcache needs, and finds it there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pgcache import resources

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", directory, CHECKOUT],
        check=True,
    )
    (found,) = directory.glob("pgcache-*.whl")
    return found


def _files(directory: Path) -> set[str]:
    """Paths of files below a directory, from its parent on."""
    return {
        str(path.relative_to(directory.parent))
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_holds_the_sql_and_the_migrations(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.endswith("/")}
    data = {name.removeprefix("pgcache/_data/") for name in held if name.startswith("pgcache/_data/")}
    assert data == _files(CHECKOUT / "sql") | _files(CHECKOUT / "alembic")
    code = {name for name in held if name.startswith("pgcache/") and not name.startswith("pgcache/_data/")}
    assert code == _files(CHECKOUT / "pgcache")


def test_installed_from_it_the_files_are_found(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    program = """
from pgcache import resources
print(resources.path())
print(resources.sql("schema", "0001_state.sql"), end="")
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(installed)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    root, _, text = outcome.stdout.partition("\n")
    assert root == str(installed / "pgcache" / "_data")
    assert text == resources.sql("schema", "0001_state.sql")


def test_in_a_checkout_they_are_those_of_the_checkout() -> None:
    assert resources.path("alembic") == CHECKOUT / "alembic"
