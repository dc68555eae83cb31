"""Every kind of process killed once at a random moment; `make soak` kills a hundred."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pgcache.embedded import EmbeddedServer
from tests.concurrency.crash import DECLARATION, NOWAIT, VICTIMS, Crashes


@contextmanager
def mortal(declaration: str) -> Iterator[Crashes]:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    place = memory if roomy else None
    with TemporaryDirectory(prefix="pgcache-test-", dir=place, ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        # What the kernel was given outlives the death of a process: fsync is for that of the machine.
        with EmbeddedServer(home / "data", settings={"fsync": "off"}) as server:
            crashes = Crashes(server, 1, home, declaration)
            crashes.set_up()
            yield crashes


@pytest.fixture(scope="module")
def crashes() -> Iterator[Crashes]:
    with mortal(DECLARATION) as crashes:
        yield crashes


@pytest.fixture(scope="module")
def nowait_crashes() -> Iterator[Crashes]:
    with mortal(NOWAIT) as crashes:
        yield crashes


@pytest.mark.parametrize("victim", [victim for victim in VICTIMS if victim != "fold"])
def test_killed(crashes: Crashes, victim: str) -> None:
    crashes.crash(victim)
    assert crashes.checks


@pytest.mark.parametrize("victim", ["server", "writer", "fold"])
def test_killed_in_mode_nowait(nowait_crashes: Crashes, victim: str) -> None:
    """What was pending is pending again, or folded: nothing is lost, nothing counts twice."""
    nowait_crashes.crash(victim)
    assert nowait_crashes.checks
