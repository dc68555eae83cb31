"""One client that goes through a history, and writes it down as a script that psql can run."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from pgcache import config, migrate
from tests.histories.events import Statement, Transaction
from tests.histories.world import Declared, Partition, World

ALLOWED = ("21000", "22003", "PC003", "PC004", "PC005")
"""Two rows for one in an upsert or a MERGE; a sum that does not fit; a key without a row; a guard; an old snapshot."""

BESIDE = (*ALLOWED, "40001", "55P03")
"""What may also happen beside another session: a conflict above READ COMMITTED, and a lock that is held."""

_CONSTRAINTS = "23"

_HEAD = """-- Run it in an empty database, with pgcache on the PATH: psql -X -f history.sql DATABASE
-- Errors are a part of it.
\\set ON_ERROR_STOP off
\\setenv PGHOST :HOST
\\setenv PGPORT :PORT
\\setenv PGUSER :USER
\\setenv PGDATABASE :DBNAME
"""


class Wrong(AssertionError):  # noqa: N818 - the word that the report of a failure begins with
    """A cache is not what its history says, or a statement failed that must not."""


@dataclass
class Figures:
    """What has been done, for the line that a long run ends with."""

    operations: int = 0
    transactions: int = 0
    crashes: int = 0
    checks: int = 0
    drift: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        errors = ", ".join(f"{sqlstate} {count}" for sqlstate, count in sorted(self.errors.items())) or "none"
        return (
            f"operations {self.operations}, transactions {self.transactions}, errors by SQLSTATE: {errors}; "
            f"crashes {self.crashes}, oracle checks {self.checks}, drift found {self.drift}"
        )


class Session:
    """A connection whose every statement is recorded.

    `allowed` are the SQLSTATEs with which a statement may fail, besides broken constraints.
    """

    prefix = ""
    allowed: tuple[str, ...] = ALLOWED

    def __init__(self, conn: psycopg.Connection[Any], world: World, figures: Figures) -> None:
        self.conn = conn
        self.figures = figures
        self.script: list[str] = [_HEAD]
        for name, value in world.settings.items():
            self.script.append(f"SET {name} = '{value}';")
            conn.execute(self.script[-1].encode())
        # The database has been made so already.
        self.script.append(world.setup)
        self._say_migrate(world.declared[0])

    def run(self, statement: Statement) -> None:
        """Execute one statement.

        Raises
        ------
        psycopg.Error
            It failed; what is not allowed to fail is raised as `Wrong`.
        """
        self.script.append(f"{self.prefix}{statement.text};")
        self.figures.operations += 1
        try:
            if statement.copied:
                self.script += [f"{self.prefix}{line}" for line in (*statement.copied, "\\.")]
                with self.conn.cursor().copy(statement.text.encode()) as copy:
                    copy.write("".join(f"{line}\n" for line in statement.copied))
            else:
                self.conn.execute(statement.text.encode())
        except psycopg.Error as error:
            self.script.append(f"{self.prefix or '-- '}{error.sqlstate}: {str(error).splitlines()[0]}")
            self.figures.errors[error.sqlstate or "none"] += 1
            if not (error.sqlstate or "").startswith(_CONSTRAINTS) and error.sqlstate not in self.allowed:
                raise Wrong(f"{statement.text}: {error.sqlstate}: {error}") from error
            raise

    def try_to_run(self, statement: Statement) -> bool:
        """Execute one statement in a transaction of its own; False where it failed as it may."""
        self.figures.transactions += 1
        try:
            self.run(statement)
        except psycopg.Error:
            return False
        return True

    def transact(self, transaction: Transaction) -> None:
        """Execute a transaction, or as much of it as succeeds."""
        self.figures.transactions += 1
        begin = Statement(f"BEGIN ISOLATION LEVEL {transaction.level}")
        try:
            for statement in (begin, *transaction.statements, Statement(transaction.ending)):
                self.run(statement)
        except psycopg.Error:
            self.run(Statement("ROLLBACK"))

    def has_partition(self, partition: Partition) -> bool:
        """Whether a partition is attached."""
        query = "SELECT relispartition FROM pg_class WHERE oid = %s::regclass"
        return self.conn.execute(query, [partition.name]).fetchall() == [(True,)]

    def check_plain(self, declared: Declared) -> None:
        """Compare the plain columns of every cache in mode nowait with its history, after a fold beside nobody.

        Raises
        ------
        Wrong
            Something is still pending, or one is not what its history says.
        """
        for cache, oracle in declared.plain.items():
            left = f"SELECT pgcache.count_pending('{cache}') AS pending WHERE pgcache.count_pending('{cache}') > 0"
            self._compare(cache, left)
            self._compare(cache, oracle)

    def migrate(self, declared: Declared) -> None:
        """Bring the database to a declaration."""
        self._say_migrate(declared)
        self.figures.operations += 1
        migrate.migrate(self.conn, config.loads(declared.toml, "history.toml"), prune=True)

    def check(self, declared: Declared) -> None:
        """Compare every cache with its history.

        Raises
        ------
        Wrong
            One is not what its history says.
        """
        for statement in declared.reads:
            self.conn.execute(statement.encode())
        for cache, oracle in declared.oracles.items():
            self._compare(cache, oracle, declared.reads)

    def _compare(self, cache: str, oracle: str, reads: tuple[str, ...] = ()) -> None:
        self.figures.checks += 1
        found = self.conn.execute(oracle.encode()).fetchall()
        if found:
            self.figures.drift += len(found)
            self.script += [f"-- What differs in {cache}:", *reads, f"{oracle};"]
            raise Wrong("\n".join(f"{cache}: {row}" for row in found))

    def _say_migrate(self, declared: Declared) -> None:
        self.script.append("\\o history.toml")
        self.script += [f"\\qecho '{_escaped(line)}'" for line in declared.toml.splitlines()]
        self.script += ["\\o", "\\! pgcache migrate --config history.toml --prune"]

    def printed(self) -> str:
        return "\n".join([*self.script, ""])


class Second(Session):
    """A session beside the first, in whose script it is a comment: psql has one session."""

    prefix = "-- beside: "
    allowed = BESIDE

    def __init__(self, conn: psycopg.Connection[Any], world: World, first: Session) -> None:
        self.conn, self.figures, self.script = conn, first.figures, first.script
        for name, value in world.settings.items():
            conn.execute(f"SET {name} = '{value}'".encode())

    @property
    def state(self) -> TransactionStatus:
        return self.conn.info.transaction_status

    def check(self, declared: Declared) -> None:
        """Compare as the first session does, with what only this one sees, as long as its transaction lives."""
        if self.state == TransactionStatus.INTRANS:
            with suppress(psycopg.errors.SerializationFailure):
                super().check(declared)

    def end(self, ending: str) -> None:
        """End its transaction, if one is open."""
        if self.state != TransactionStatus.IDLE:
            with suppress(psycopg.errors.SerializationFailure):
                self.run(Statement(ending))


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("'", "\\'")
