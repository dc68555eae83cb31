"""The server of a run: durable, on a real disk, with a database for each variant."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.database import Database
from benchmarks.model import Base
from pgcache.embedded import EmbeddedServer
from pgcache.errors import PgcacheError

# Commits wait for the disk, as by default. Checkpoints and autovacuum come when a case asks for them rather than in the
# middle of whichever measurement is under way.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1d",
    "autovacuum": "off",
    "max_connections": "100",
    "jit": "off",
}
_IN_MEMORY = ("tmpfs", "ramfs")


class BenchmarkServer:
    """An embedded server on a disk, as a context manager.

    Parameters
    ----------
    directory:
        Where the data goes; it is removed afterwards.

    Raises
    ------
    PgcacheError
        The directory is in memory, where no commit waits for a disk.
    """

    def __init__(self, directory: Path) -> None:
        kind = file_system(directory)
        if kind in _IN_MEMORY:
            raise PgcacheError(f"{directory} is in memory ({kind}); name one on a disk with --directory")
        self._server = EmbeddedServer(settings=SETTINGS, temporary_in=directory)
        self._bases: set[str] = set()

    def __enter__(self) -> BenchmarkServer:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def version(self) -> str:
        with psycopg.connect(self._server.dsn()) as conn:
            return conn.info.parameter_status("server_version") or ""

    @contextlib.contextmanager
    def copies(self, bases: Sequence[Base]) -> Iterator[list[Database]]:
        """Give a fresh copy of each base, and drop them afterwards."""
        for base in bases:
            self._build(base)
        names = [f"{base.name}_{number}" for number, base in enumerate(bases)]
        databases: list[Database] = []
        try:
            for name, base in zip(names, bases, strict=True):
                self._create(name, base.name)
                databases.append(Database(self._server.dsn(name), self._server.bindir))
            yield databases
        finally:
            for database in databases:
                database.close()
            with psycopg.connect(self._server.dsn(), autocommit=True) as conn:
                for name in names:
                    conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _build(self, base: Base) -> None:
        if base.name in self._bases:
            return
        self._create(base.name, "template1")
        with psycopg.connect(self._server.dsn(base.name), autocommit=True) as conn:
            conn.execute("SET client_min_messages = warning")
            base.build(conn)
            conn.execute("VACUUM (ANALYZE, FREEZE)")
        self._bases.add(base.name)

    def checkpoint(self) -> None:
        """Write out what the set-up has left, so that no measurement pays for it."""
        with psycopg.connect(self._server.dsn(), autocommit=True) as conn:
            conn.execute("CHECKPOINT")

    def _create(self, name: str, template: str) -> None:
        with psycopg.connect(self._server.dsn(), autocommit=True) as conn:
            # Before PostgreSQL 15, there was no other way.
            strategy = sql.SQL("STRATEGY file_copy" if conn.info.server_version >= 150000 else "")
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
            conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template), strategy))


def file_system(directory: Path) -> str:
    """Give the kind of the file system that a directory lies on; empty where the system does not tell."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    path = directory.resolve()
    kinds = {Path(point): kind for _, point, kind, *_ in (line.split(" ") for line in mounts)}
    inside = [point for point in kinds if path.is_relative_to(point)]
    return kinds[max(inside, key=lambda point: len(point.parts))] if inside else ""
