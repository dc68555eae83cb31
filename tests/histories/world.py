"""What a history happens in: tables, the caches declared over them, and what each cache must hold.

Nothing here is shared with the engine: a world says in SQL of its own what is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st


@dataclass(frozen=True)
class Column:
    """A column that events write: its values are SQL literals, out of few, so that rows meet."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table that events write to.

    `key` names rows: few values, so that they are met again. `direct` are the partitions that may be written to
    directly, `conflict` the columns that ON CONFLICT may name, `past` are columns that may be written past all
    triggers: none of a foreign key, whose check is a trigger too.
    """

    name: str
    key: Column
    columns: tuple[Column, ...]
    conflict: str | None = None
    direct: tuple[str, ...] = ()
    past: tuple[str, ...] = ()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return (self.key, *self.columns)


@dataclass(frozen=True)
class Partition:
    """A partition that may be detached and attached again, by these statements; `table` is its parent."""

    table: str
    name: str
    detach: tuple[str, ...]
    attach: tuple[str, ...]


@dataclass(frozen=True)
class Declared:
    """A declaration, and the caches in it: each with its oracle, one statement that yields nothing where all is well.

    `keys` gives for each cache keys to recompute, as lists of SQL literals; `calls` are statements that only these
    caches have, such as a rollover; `reads` are statements that make the figures current before the oracle looks, where
    the mode lets them lag. `plain` are the oracles of the plain columns in mode nowait, which hold where nothing is
    pending, and `targets` the tables whose rows a second session may hold then.
    """

    toml: str
    oracles: dict[str, str]
    keys: dict[str, tuple[str, ...]]
    calls: tuple[st.SearchStrategy[str], ...] = ()
    reads: tuple[str, ...] = ()
    plain: dict[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()

    @property
    def nowait(self) -> bool:
        """Whether no cache has a writer that waits."""
        return set(self.plain) == set(self.keys)


@dataclass(frozen=True)
class World:
    """Tables and declarations over them; a history begins with the first, and may go on to another.

    `truncated` are lists of tables that a TRUNCATE may name together, `sources` those that are nothing but sources;
    `finite` tells that there is no NaN, which cannot be added up. `settings` hold for the whole history. `partition` is
    one that comes and goes.
    """

    name: str
    setup: str
    tables: tuple[Table, ...]
    declared: tuple[Declared, ...]
    truncated: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    finite: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    partition: Partition | None = None


def uuids(first: int, count: int) -> tuple[str, ...]:
    """Some uuids, as SQL literals."""
    return tuple(f"'00000000-0000-0000-0000-{number:012}'" for number in range(first, first + count))
