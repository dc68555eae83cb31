"""One database object to install."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["function", "table", "trigger", "view"]


@dataclass(frozen=True)
class SqlObject:
    """A function, table, trigger or view as text.

    Parameters
    ----------
    kind, name, relation:
        Its identity: the name is qualified and quoted, a function's has its argument types (those that pgcache
        ships, which are never overloaded, go without), a trigger's is bare and `relation` is its table.
    cache:
        The cache that it belongs to; None for what pgcache ships.
    statements:
        What creates it, or replaces the one that is there.
    shape:
        What CREATE OR REPLACE cannot change; where it differs, the object is dropped first.
    addable:
        The columns at the end of a table's shape which may be added to the table that is there, so that its rows stay.
    maintains:
        Whether the cached values depend on it, so that a change of it asks for a backfill.
    """

    kind: Kind
    name: str
    relation: str
    cache: str | None
    statements: str
    shape: str = ""
    addable: tuple[str, ...] = ()
    maintains: bool = False

    @property
    def identity(self) -> tuple[str, str, str]:
        return (self.kind, self.name, self.relation)

    def added_to(self, shape: str) -> tuple[str, ...] | None:
        """The columns that a table of another shape lacks, or None where it cannot stay."""
        key = self.shape.removesuffix(", ".join(self.addable))
        if not self.addable or not shape.startswith(key):
            return None
        left, added = f"{shape[len(key) :]}, ", []
        for column in self.addable:
            if left.startswith(f"{column}, "):
                left = left.removeprefix(f"{column}, ")
            else:
                added.append(column)
        return None if left else tuple(added)

    @property
    def label(self) -> str:
        """How it is called in a plan."""
        return f"{self.kind} {self.name}" + (f" on {self.relation}" if self.relation else "")
