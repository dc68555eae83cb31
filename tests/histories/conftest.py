"""What the tests of histories share: the databases of their worlds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Databases
from tests.histories.databases import Worlds


@pytest.fixture(scope="session")
def worlds(databases: Databases) -> Iterator[Worlds]:
    worlds = Worlds(databases)
    yield worlds
    worlds.close()
