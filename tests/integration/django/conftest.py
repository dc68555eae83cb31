"""A Django project on a database that holds the parties preset and the bakery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.integration.django.project import Project, database, start_project
from tests.integration.parties.bakery import Bakery, migrate_parties


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_parties(conn)


@pytest.fixture(scope="session")
def project_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project is; it reads the databases from the environment."""
    directory = tmp_path_factory.mktemp("accounting")
    start_project(directory)
    return directory


@pytest.fixture
def parties_dsn(clone: Callable[[str, Callable[[str], None]], str]) -> str:
    """The connection string of a database that holds the parties preset."""
    return clone("parties", _install)


@pytest.fixture
def bakery(parties_dsn: str) -> Iterator[Bakery]:
    """The bakery, exact at the start."""
    with psycopg.connect(parties_dsn, autocommit=True) as conn:
        bakery = Bakery(conn)
        bakery.expect()
        yield bakery


@pytest.fixture
def project(project_directory: Path, parties_dsn: str) -> Project:
    """manage.py, on the database of the bakery."""
    return Project(project_directory, {"default": database(parties_dsn)})
