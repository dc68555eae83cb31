"""Every kind of process killed once at a random moment; `make soak` kills a hundred."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pgcache.embedded import EmbeddedServer
from tests.concurrency.crash import VICTIMS, Crashes


@pytest.fixture(scope="module")
def crashes() -> Iterator[Crashes]:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    place = memory if roomy else None
    with TemporaryDirectory(prefix="pgcache-test-", dir=place, ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        # What the kernel was given outlives the death of a process: fsync is for that of the machine.
        with EmbeddedServer(home / "data", settings={"fsync": "off"}) as server:
            crashes = Crashes(server, 1, home)
            crashes.set_up()
            yield crashes


@pytest.mark.parametrize("victim", VICTIMS)
def test_killed(crashes: Crashes, victim: str) -> None:
    crashes.crash(victim)
    assert crashes.checks
