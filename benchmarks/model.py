"""What a benchmark is made of: a case is one piece of work, done in several ways, each in a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psycopg

if TYPE_CHECKING:
    from benchmarks.database import Database

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Effort:
    """How much time a run may take.

    Parameters
    ----------
    name:
        "short" takes the cases that say so, "full" all of them.
    rounds:
        How often each variant is measured, beside a first time that does not count.
    seconds:
        How long each measurement under load takes.
    """

    name: Literal["short", "full"]
    rounds: int
    seconds: int


SHORT = Effort("short", rounds=5, seconds=1)
FULL = Effort("full", rounds=5, seconds=2)


@dataclass(frozen=True)
class Sample:
    """One measurement, in the unit of its case, and the share of the transactions that failed, from 0 to 1."""

    value: float
    failed: float = 0.0


class Skip(Exception):  # noqa: N818  no error: the machine or the server lacks what a variant needs
    """Raised by a variant's `set_up`, with what is missing."""


@dataclass(frozen=True)
class Base:
    """The database that a case starts from: built once in a run, and copied for each variant.

    Parameters
    ----------
    name:
        Of the database; bases of one name are one.
    build:
        Fills it, over an autocommit connection.
    """

    name: str
    build: Callable[[Connection], object]


def nothing(conn: Connection) -> None:
    """Set up nothing."""


@dataclass(frozen=True)
class Variant:
    """One way to do a case's work.

    Parameters
    ----------
    name:
        What the tables call it.
    work:
        Does it once and gives its measurement. What it leaves in the database, the next round meets.
    set_up:
        Brings the copy of the base to this way, over an autocommit connection; may raise Skip.
    base:
        Another base than the case's, where it is the base that is compared.
    """

    name: str
    work: Callable[[Database, Effort], Sample]
    set_up: Callable[[Connection], object] = nothing
    base: Base | None = None


@dataclass(frozen=True)
class Case:
    """One piece of work, measured in several ways, in alternation.

    Parameters
    ----------
    name:
        For the command line, the results and the tables.
    title:
        What is done, in a line.
    unit:
        Of every measurement: "transactions/s", "ms", "bytes of WAL per row".
    better:
        Whether more of it is better, or less.
    base:
        The database to start from.
    variants:
        The ways; all are told as ratios to the first.
    short:
        Whether it is one of the few that a short run does.
    repeat:
        How many times as many rounds it gets, for work that is over at once.
    """

    name: str
    title: str
    unit: str
    better: Literal["more", "less"]
    base: Base
    variants: tuple[Variant, ...]
    short: bool = False
    repeat: int = 1
