"""Kinds of work that several cases do."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.database import Database, sql
from benchmarks.model import Effort, Sample

Work = Callable[[Database, Effort], Sample]

_TURNS = 2_000


def under_load(
    script: str, clients: int, *, connect: bool = False, at_least_seconds: int = 1, **variables: int
) -> Work:
    """Transactions per second of a script of benchmarks/pgbench; `connect`: each in a session of its own."""

    def work(database: Database, effort: Effort) -> Sample:
        seconds = max(effort.seconds, at_least_seconds)
        return database.pgbench(script, seconds=seconds, clients=clients, connect=connect, **variables)

    return work


def in_loop(statements: str, *, turns: int = _TURNS, **placeholders: int) -> Work:
    """Processor time for each turn of a loop in one transaction, in the server: no network, no commit.

    The loop is a file of benchmarks/sql, which takes the number of its turns, and what else is given, as `__name__`.
    """
    text = filled(statements, turns=turns, **placeholders).encode()

    def work(database: Database, effort: Effort) -> Sample:
        return Sample(database.cpu_microseconds(lambda: database.conn.execute(text)).value / turns)

    return work


def in_commits(statements: str, **placeholders: int) -> Work:
    """The same where each turn is a transaction of its own, which does not wait for the disk."""
    loop = in_loop(statements, **placeholders)

    def work(database: Database, effort: Effort) -> Sample:
        database.conn.execute("SET synchronous_commit = off")
        return loop(database, effort)

    return work


def logged(statements: str, **placeholders: int) -> Work:
    """The bytes of write-ahead log for each turn of such a loop."""
    text = filled(statements, turns=_TURNS, **placeholders).encode()
    return lambda database, effort: Sample(database.wal_bytes(lambda: database.conn.execute(text)) / _TURNS)


def timed(statements: str, **placeholders: int) -> Work:
    """How long a file of benchmarks/sql takes."""
    text = filled(statements, **placeholders).encode()
    return lambda database, effort: database.milliseconds(lambda: database.conn.execute(text))


def filled(statements: str, **placeholders: int) -> str:
    """Give a file of benchmarks/sql with its placeholders replaced."""
    text = sql(statements)
    for name, value in placeholders.items():
        text = text.replace(f"__{name}__", str(value))
    return text
