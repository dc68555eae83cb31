"""Runs commands in this process, as a shell would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner

from pgcache.cli import cli


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def errors(self) -> list[str]:
        """The lines of errors, without the name of the program in front."""
        lines = self.stderr.splitlines()
        assert all(line.startswith("pgcache: ") for line in lines), self.stderr
        return [line.removeprefix("pgcache: ") for line in lines]

    @property
    def error(self) -> str:
        """The error, which must be one line."""
        (line,) = self.errors
        return line


@dataclass(frozen=True)
class Pgcache:
    """The command line, on one database.

    Parameters
    ----------
    dsn:
        The database, which PGCACHE_DSN names.
    directory:
        The current directory.
    conn:
        A connection to look at the database with, in autocommit mode.
    """

    dsn: str
    directory: Path
    conn: psycopg.Connection[Any]

    def run(self, *args: str) -> Outcome:
        """Run a command."""
        result = CliRunner().invoke(cli, args, prog_name="pgcache", env={"PGCACHE_DSN": self.dsn})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def __call__(self, *args: str, code: int = 0) -> Outcome:
        """Run a command, which must end with an exit code."""
        outcome = self.run(*args)
        assert outcome.code == code, outcome.stdout + outcome.stderr
        return outcome

    def declare(self, text: str) -> None:
        """Write pgcache.toml."""
        (self.directory / "pgcache.toml").write_text(text)

    def value(self, query: str) -> Any:
        """The single value that a query gives."""
        row = self.conn.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]
