"""Clients and maintenance on the presets finance and receivables, and kill -9 of one of them, or of the server.

What was committed must be exact, or marked, as soon as the server is back, without any repair, and each command can
simply be run again. A migration that was killed may leave a cache that is still to be filled: the next one does that.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from pgcache import config, migrate, reconcile, resources
from pgcache.embedded import EmbeddedServer
from pgcache.errors import PgcacheError
from pgcache.fold import fold
from tests.concurrency.operations import MAINTENANCE, WRITES
from tests.concurrency.presets import STORMS
from tests.concurrency.storm import Lost, Storm
from tests.concurrency.world import CACHES, Place, populate, wrong
from tests.oracle.compare import assert_exact
from tests.support import wait_until

DATABASE = "mortal"
DECLARATION = resources.sql("presets", "finance", "pgcache.toml")

NOWAIT = DECLARATION.replace('mode = "immediate"\n', "").replace("[[cache]]\n", '[[cache]]\nmode = "nowait"\n')

_RECEIVABLES = STORMS["receivables"]
_AGING = "[[cache]]" + _RECEIVABLES.declared[0].toml.partition("[[cache]]")[2]
"""The cache of the preset receivables, in mode deferred, beside those of finance."""

_UNDAMAGED = (
    *(operation for operation in (*WRITES, *MAINTENANCE) if operation.name != "damage"),
    *_RECEIVABLES.writes(),
)
_PLACE = Place((*CACHES, *_RECEIVABLES.place.caches), (), _RECEIVABLES.place.deferred)

Connection = psycopg.Connection[Any]


class Survivors(Storm):
    """Clients that connect again when the server is back."""

    mortal = True

    def _client(self, number: int, rounds: int | None = None) -> None:
        while not self._over.is_set():
            try:
                super()._client(number, rounds)
            except (Lost, psycopg.OperationalError):
                number += 100
                time.sleep(0.02)


class Crashes:
    """A server of one's own that is killed again and again.

    Parameters
    ----------
    server:
        It must keep its data when it is started again.
    seed:
        Decides who is killed, and what the clients do.
    scratch:
        Where the declaration may be written to.
    declaration:
        What is declared: the preset finance, in whichever mode.
    """

    def __init__(self, server: EmbeddedServer, seed: int, scratch: Path, declaration: str = DECLARATION) -> None:
        self.server = server
        self.declaration = declaration
        self.random = Random(seed)
        self.count = 0
        self.checks = 0
        self.storm = Survivors("", seed, _UNDAMAGED)
        self._config = scratch / "pgcache.toml"
        self._config.write_text(declaration + _AGING, encoding="utf-8")

    def set_up(self) -> None:
        with psycopg.connect(self.server.dsn(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {DATABASE}".encode())
            for name, value in _RECEIVABLES.place.settings.items():
                conn.execute(f"ALTER DATABASE {DATABASE} SET {name} = '{value}'".encode())
        with self._connected() as conn:
            for preset in ("finance", "receivables"):
                conn.execute(resources.sql("presets", preset, "tables.sql").encode())
            populate(conn)
            _RECEIVABLES.fill(conn)
            _migrate(conn, self.declaration + _AGING)

    def crash(self, victim: str) -> None:
        """Kill somebody in the middle of the work, and look at what is left.

        Parameters
        ----------
        victim:
            One of `VICTIMS`.

        Raises
        ------
        AssertionError
            A value is wrong, or a command could not be run again.
        """
        self.storm = Survivors(self.server.dsn(DATABASE), self.random.randrange(1 << 30), _UNDAMAGED)
        with self.storm.blowing():
            VICTIMS[victim](self)
            self.count += 1
            # A server that was killed is started again; otherwise there is nothing to start.
            with self._connected():
                self.storm.dsn = self.server.dsn(DATABASE)
        with self._connected() as conn:
            if victim not in ("migrate", "server", "pgcache migrate"):
                self._check(conn)
            _migrate(conn, self.declaration + _AGING)
            self._check(conn)
            _refresh(conn)
            reports = reconcile.reconcile(conn, _PLACE.caches).caches
            assert [report.drifted for report in reports] == [0, 0, 0], victim
            assert [folded.left for folded in fold(conn)] == [0 for _ in CACHES if self.declaration == NOWAIT]
            assert_exact(conn, *_PLACE.caches, plain=True)

    def _migrations(self, conn: Connection) -> None:
        """Another kind of triggers, another mode, without the budgets, without the deferred cache, and back."""
        whole = self.declaration + _AGING
        row_triggers = whole.replace("[[cache]]\n", '[[cache]]\ntriggers = "row"\n')
        other_mode = (DECLARATION if self.declaration == NOWAIT else NOWAIT) + _AGING
        without_budgets = self.declaration.rpartition("[[cache]]")[0] + _AGING
        for toml in (row_triggers, other_mode, without_budgets, self.declaration, whole):
            _migrate(conn, toml)

    def _check(self, conn: Connection) -> None:
        self.checks += 1
        assert wrong(conn, place=_PLACE) == []

    def _pause(self) -> None:
        """Let the work go on to a random moment."""
        time.sleep(self.random.uniform(0.02, 0.3))

    def _kill_server(self) -> None:
        with self._working(self._migrations):
            self._pause()
            self._kill(self.server.pid)

    def _kill_writer(self) -> None:
        self._pause()
        with self._connected() as conn:
            clients = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            pids = [pid for (pid,) in conn.execute(clients)]
        self._kill(self.random.choice(pids))

    def _kill_working(self, work: Callable[[Connection], None]) -> None:
        with self._working(work) as pid:
            self._pause()
            self._kill(pid)

    def _kill_command(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pgcache", *arguments, "--dsn", self.server.dsn(DATABASE)]
        with subprocess.Popen(
            [*command, "--config", self._config], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            time.sleep(self.random.uniform(0.3, 1.2))
            run.kill()

    @contextmanager
    def _working(self, work: Callable[[Connection], None]) -> Iterator[int]:
        """Have something done again and again until the connection is lost; gives the process id of its backend."""

        def loop() -> None:
            with suppress(psycopg.OperationalError, PgcacheError):
                while True:
                    work(conn)

        conn = self._connect()
        with ThreadPoolExecutor(1) as thread:
            working = thread.submit(loop)
            yield conn.info.backend_pid
            working.result()
        conn.close()

    def _kill(self, pid: int) -> None:
        """Kill a process of the server, and wait until it has ended all sessions for it."""
        with self._connect() as witness:

            def gone() -> bool:
                try:
                    witness.execute("SELECT")
                except psycopg.OperationalError:
                    return True
                return False

            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                wait_until(gone, "the server to end its sessions")

    def _connected(self) -> Connection:
        found: list[Connection] = []

        def connects() -> bool:
            with suppress(psycopg.OperationalError):
                self.server.start()
                found.append(self._connect())
            return bool(found)

        wait_until(connects, "the server to recover")
        return found[0]

    def _connect(self) -> Connection:
        return psycopg.connect(self.server.dsn(DATABASE), autocommit=True)


def _migrate(conn: Connection, toml: str) -> None:
    migrate.migrate(conn, config.loads(toml, "pgcache.toml"), prune=True)


def _reconcile(conn: Connection) -> None:
    reconcile.reconcile(conn, _PLACE.caches)


def _refresh(conn: Connection) -> None:
    conn.execute("SELECT pgcache.refresh(name) FROM pgcache.cache")


def _fold(conn: Connection) -> None:
    """A key at a time, so that there is always more."""
    conn.execute("SELECT pgcache.fold(name, 1) FROM pgcache.cache")


VICTIMS: dict[str, Callable[[Crashes], None]] = {
    "server": Crashes._kill_server,
    "writer": Crashes._kill_writer,
    "reconcile": lambda crashes: crashes._kill_working(_reconcile),
    "refresh": lambda crashes: crashes._kill_working(_refresh),
    "migrate": lambda crashes: crashes._kill_working(crashes._migrations),
    "fold": lambda crashes: crashes._kill_working(_fold),
    "pgcache reconcile": lambda crashes: crashes._kill_command("reconcile", "--all"),
    "pgcache migrate": lambda crashes: crashes._kill_command("migrate"),
    "pgcache refresh": lambda crashes: crashes._kill_command("refresh"),
}
"""Who is killed, and how."""
