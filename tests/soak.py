"""The long forms: random histories, storms and crashes for as long as one says, and a line of figures: `make soak`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from hypothesis import strategies as st

from pgcache import config, migrate, resources
from pgcache.embedded import EmbeddedServer
from tests.concurrency.crash import DECLARATION, NOWAIT, VICTIMS, Crashes
from tests.concurrency.operations import CASCADES, MAINTENANCE, WRITES
from tests.concurrency.presets import STORMS, storm_on
from tests.concurrency.storm import Storm
from tests.concurrency.world import populate
from tests.conftest import Build, Databases
from tests.histories.databases import Worlds
from tests.histories.declarations import random_worlds
from tests.histories.machine import go_through
from tests.histories.presets import PRESETS
from tests.histories.session import Figures

CRASHES = 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=900, help="how long, about; by default 900")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what the clients of storms and crashes do")
    options = parser.parse_args()
    figures = Figures()
    try:
        soak(options.seconds, options.seed, figures)
    except AssertionError as failure:
        figures.drift = figures.drift or 1
        sys.stdout.write("\n".join([f"seed {options.seed}: {failure}", *getattr(failure, "__notes__", [])]) + "\n")
    sys.stdout.write(f"seed {options.seed}: {figures}\n")
    return 1 if figures.drift else 0


def soak(seconds: float, seed: int, figures: Figures) -> None:
    """Crash for up to a third of the time, then go through storms and histories by turns.

    Parameters
    ----------
    seconds:
        How long; what has begun is brought to its end.
    seed:
        Decides what the clients of storms and crashes do.
    figures:
        Counts what was done.

    Raises
    ------
    AssertionError
        A cache was wrong, or something failed that must not.
    """
    end = time.monotonic() + seconds
    _crash(time.monotonic() + seconds / 3, seed, figures)
    presets = cycle(STORMS.values())
    worlds = cycle([*map(st.just, PRESETS.values()), random_worlds()])
    with (
        EmbeddedServer(settings={"fsync": "off"}) as server,
        psycopg.connect(server.dsn(), autocommit=True) as admin,
    ):
        databases = Databases(server, admin)
        prepared = Worlds(databases)
        for number in count(seed):
            if time.monotonic() > end:
                return
            go_through(prepared, next(worlds), figures, histories=20, steps=40, fixed=False)
            for operations, together in (((*WRITES, *MAINTENANCE), False), ((*WRITES, *MAINTENANCE, *CASCADES), True)):
                with _fresh(databases, "storm", _install) as dsn:
                    storm = Storm(dsn, number, operations, together=together)
                    try:
                        storm.rage(rounds=12)
                    finally:
                        _add(figures, storm)
            preset = next(presets)
            for together in (False, True):
                with _fresh(databases, f"storm {preset.world.name}", preset.install) as dsn:
                    storm = storm_on(dsn, number, preset, together=together)
                    try:
                        storm.rage(rounds=12)
                    finally:
                        _add(figures, storm)


def _crash(end: float, seed: int, figures: Figures) -> None:
    with TemporaryDirectory(prefix="pgcache-soak-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        with EmbeddedServer(home / "data", settings={"fsync": "off"}) as server:
            crashes = Crashes(server, seed, home, NOWAIT if seed % 2 else DECLARATION)
            crashes.set_up()
            for victim in cycle(VICTIMS):
                if crashes.count == CRASHES or time.monotonic() > end:
                    break
                try:
                    crashes.crash(victim)
                finally:
                    _add(figures, crashes.storm)
    figures.crashes += crashes.count
    figures.checks += crashes.checks


def _add(figures: Figures, storm: Storm) -> None:
    figures.operations += storm.done.total()
    figures.transactions += storm.transactions
    figures.checks += storm.checks
    figures.errors.update(storm.errors)


@contextmanager
def _fresh(databases: Databases, key: str, build: Build) -> Iterator[str]:
    name = databases.create(databases.template(key, build))
    try:
        yield databases.server.dsn(name)
    finally:
        databases.drop(name)


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        declaration = config.loads(resources.sql("presets", "finance", "pgcache.toml"), "pgcache.toml")
        migrate.migrate(conn, declaration, with_tables=True)
        populate(conn)


if __name__ == "__main__":
    sys.exit(main())
