"""The declaration as frozen objects: what pgcache.toml says, before a database is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

Mode = Literal["immediate", "nowait", "deferred"]
Guard = Literal["off", "ignore", "log", "reject"]
Action = Literal["correct", "review", "alert"]
Triggers = Literal["statement", "row"]
Status = Literal[
    "detected", "below_threshold", "alerted", "pending_review", "corrected", "rejected", "superseded", "vanished"
]
"""What becomes of a drift, as in pgcache.drift."""


@dataclass(frozen=True)
class Location:
    """A place in a declaration, to name in an error."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class TableName:
    """A table as declared; without a schema it is looked up along the search_path."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Through:
    """A mapping or parent table between a source and the key.

    `on` pairs a column of the table with an expression over the source row; `key` are columns of
    the table, one for each key column of the target, and empty where `through` leads on to them;
    `where` is an expression over its row.
    """

    table: TableName
    on: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    where: str | None
    through: Through | None
    location: Location


@dataclass(frozen=True)
class Within:
    """A period of the target row: the source's column must lie in it, both ends included."""

    column: str
    from_column: str
    to_column: str
    location: Location


@dataclass(frozen=True)
class Source:
    """A table whose rows contribute to a cache.

    `key` are expressions over the source row, one for each key column of the target, and empty
    where `through` gives the key; `values` pairs a measure with an expression over the source row; `touched` is an
    expression that tells when the row was written last.
    """

    table: TableName
    key: tuple[str, ...]
    through: Through | None
    within: Within | None
    where: str | None
    values: tuple[tuple[str, str], ...]
    location: Location
    touched: str | None = None


@dataclass(frozen=True)
class History:
    """Where a rollover keeps the closed periods.

    `key`, `from_column`, `to_column` are columns of the table; `values` pairs a measure with a column.
    """

    table: TableName
    key: tuple[str, ...]
    from_column: str
    to_column: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rollover:
    """How a cache whose sources are `within` a period steps into the next one.

    `recurrence` is a column of the target: monthly, weekly, yearly, or null for a single period.
    """

    recurrence: str
    rpc: str
    history: History
    location: Location


@dataclass(frozen=True)
class Closing:
    """The functions that close a month and open it again, and the table that keeps the figures of closed months."""

    table: str
    close: str
    reopen: str


@dataclass(frozen=True)
class Timeline:
    """What is read out of a cache that keeps what each account moved in each month: balances, and the net worth.

    The cache's key is an account and a month. `account` is the table of the accounts and `key` its column; `initial`
    (an amount) and `active` (a condition) are expressions over its row, `date` is one over the row of a source.
    `actual`, `projected` and `entries` are measures, `entries` the number of rows. The other names are those of the
    view and the functions, in the schema of the target.
    """

    account: TableName
    key: str
    initial: str
    active: str
    date: str
    actual: str
    projected: str
    entries: str
    months_ahead: int
    view: str
    balance: str
    net_worth: str
    net_worth_at: str
    rebuild: str
    closing: Closing | None
    location: Location

    @property
    def functions(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """The names of the functions, each with the path of its key."""
        named: list[tuple[tuple[str, ...], str]] = [
            (("balance",), self.balance),
            (("net_worth",), self.net_worth),
            (("net_worth_at",), self.net_worth_at),
            (("rebuild",), self.rebuild),
        ]
        if self.closing:
            named += [(("closing", "close"), self.closing.close), (("closing", "reopen"), self.closing.reopen)]
        return tuple(named)


@dataclass(frozen=True)
class Drift:
    """What reconcile does about a drift.

    Only one greater than `threshold`, and than `relative_threshold` of the computed value (a fraction: 0.001 is 0.1 %),
    raises an alarm. Where more keys drifted than `max_corrections` ("100", or "5%" of all keys), none is corrected.
    """

    threshold: Decimal = Decimal(0)
    action: Action = "correct"
    relative_threshold: Decimal = Decimal(0)
    max_corrections: str | None = None


@dataclass(frozen=True)
class Query:
    """A SELECT that gives the keys which the relation pgcache_keys holds, with their measures.

    Names without a schema are looked up in `schema` first, where there is one.
    """

    text: str
    schema: str | None
    location: Location


@dataclass(frozen=True)
class Refresh:
    """When a deferred cache is refreshed: how often, and the column of the target that tells when a row is due."""

    every: timedelta | None
    expires: str | None
    location: Location


@dataclass(frozen=True)
class Cache:
    """One declared cached aggregate.

    `creates` tells that the target is a table of pgcache's own making, and `stamp` names its column that tells when a
    row was last written. `index` is a measure that an index orders the rows by in which it is not 0, in a table of
    pgcache's own making. With a `query` the sources only say which keys a change touches; else they add up.
    """

    name: str
    target: TableName
    creates: bool
    stamp: str | None
    index: str | None
    key: tuple[str, ...]
    mode: Mode
    guard: Guard
    triggers: Triggers
    drift: Drift
    rpc: str | None
    initial: tuple[tuple[str, str], ...]
    query: Query | None
    refresh: Refresh
    sources: tuple[Source, ...]
    rollover: Rollover | None
    timeline: Timeline | None
    location: Location

    @property
    def measures(self) -> tuple[str, ...]:
        """The cached columns, in the order in which the sources first name them; a query's are in the query alone."""
        return tuple(dict.fromkeys(measure for source in self.sources for measure, _ in source.values))


@dataclass(frozen=True)
class Declaration:
    """One pgcache.toml; `schemas` are those that it was repeated in, none where it stands as it was written.

    `text` is what the file holds, with the queries that it names in their places.
    """

    path: Path
    caches: tuple[Cache, ...]
    presets: tuple[str, ...] = ()
    time_zone: str | None = None
    schemas: tuple[str, ...] = ()
    location: Location = field(default_factory=lambda: Location("pgcache.toml", 1))
    text: str = field(default="", repr=False)
