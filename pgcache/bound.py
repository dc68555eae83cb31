"""The declaration bound to one database: every name is a column that exists, every expression has a type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pgcache.catalog import Column, Relation
from pgcache.model import Cache, Source, Timeline


@dataclass(frozen=True)
class Advice:
    """What does not keep a cache from being exact, but costs its users; `mend` is the statement that helps."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}; run {self.mend}"


@dataclass(frozen=True)
class Period:
    """The columns of the target row that bound a period, both ends included."""

    from_column: str
    to_column: str
    type: str


@dataclass(frozen=True)
class BoundThrough:
    """The mapping of a source; `on` pairs a column of the mapping with an expression over the source row.

    `key` are its columns, empty where `through` leads on to the key.
    """

    relation: Relation
    descendants: tuple[Relation, ...]
    on: tuple[tuple[Column, str], ...]
    key: tuple[Column, ...]
    where: str | None
    through: BoundThrough | None

    @property
    def chain(self) -> tuple[BoundThrough, ...]:
        """It and the mappings that it leads on to."""
        return (self, *(self.through.chain if self.through else ()))


@dataclass(frozen=True)
class BoundSource:
    """A source of a cache.

    `number` counts from 1; `key` are expressions, empty where `through` gives the key; `descendants` are the partitions
    (and inheriting tables) of the relation, which may be written to under their own names; `within` is an SQL
    expression over the source row that must lie in `period`; `protected` tells that a foreign key keeps rows from
    being there before their target row.
    """

    number: int
    declared: Source
    relation: Relation
    key: tuple[str, ...]
    descendants: tuple[Relation, ...]
    through: BoundThrough | None
    within: str | None
    period: Period | None
    protected: bool

    @property
    def values(self) -> dict[str, str]:
        return dict(self.declared.values)

    @property
    def looked_up_by(self) -> str:
        """What generated statements call the columns that its rows are looked up by: mapping values, or the key."""
        return "on" if self.through else "key"

    @property
    def mapped(self) -> bool:
        """Whether the target row has a say in what a row of it counts for: through a mapping, or by its period."""
        return self.through is not None or self.period is not None


@dataclass(frozen=True)
class BoundRollover:
    """The rollover of a cache, whose sources all share `period`."""

    history: Relation
    period: Period


@dataclass(frozen=True)
class BoundTimeline:
    """The timeline of a cache whose key is an account and a month; `key` is the column of the table of the accounts."""

    declared: Timeline
    account: Relation
    key: Column


@dataclass(frozen=True)
class BoundQuery:
    """The query of a deferred cache, with qualified names; it runs in `time_zone` where there is one."""

    text: str
    time_zone: str | None


@dataclass(frozen=True)
class BoundCache:
    """A cache that can be compiled; `initial_columns` are the columns that its initial values read.

    `expires` is the column that tells when a row is due, of a deferred cache that has one; `reads` are the columns that
    its figures depend on, by the oid of the table, without tables of which that cannot be told.
    """

    declared: Cache
    target: Relation
    key: tuple[Column, ...]
    measures: tuple[Column, ...]
    sources: tuple[BoundSource, ...]
    initial_columns: tuple[str, ...]
    query: BoundQuery | None
    expires: Column | None
    reads: Mapping[int, frozenset[str]]
    rollover: BoundRollover | None
    timeline: BoundTimeline | None

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def periods(self) -> tuple[Period, ...]:
        """The different periods of its sources."""
        return tuple(dict.fromkeys(source.period for source in self.sources if source.period))

    @property
    def nowait(self) -> bool:
        """Whether writers append what they would have to wait for."""
        return self.declared.mode == "nowait"

    @property
    def pendings(self) -> tuple[tuple[str, BoundSource], ...]:
        """The tables of pending deltas, each with a source whose rows have its shape; none where writers wait.

        All sources that name their key themselves share one.
        """
        if not self.nowait:
            return ()
        tables: dict[str, BoundSource] = {}
        for source in self.sources:
            tables.setdefault(pending_suffix(source), source)
        return tuple(tables.items())

    @property
    def forgets(self) -> bool:
        """Whether deltas may be pending under the key of a row that goes, and that a foreign key promised."""
        if self.declared.creates or self.appearing:
            return False  # without a foreign key the rows that they stand for stay, and count for a row that comes back
        return any(source.through is None for _, source in self.pendings)

    @property
    def appearing(self) -> bool:
        """Whether target rows may appear after rows of their sources, since no foreign key forbids it."""
        if self.deferred or self.declared.creates:
            return False
        return not all(source.protected for source in self.sources)

    @property
    def deferred(self) -> bool:
        return self.declared.mode == "deferred"

    @property
    def overlapping(self) -> bool:
        """Whether one statement may change two things whose effects overlap: a source, and what its key depends on."""
        return self.appearing or any(source.through or source.period for source in self.sources)

    def stays_open(self, source: BoundSource) -> bool:
        """Whether a statement on a source is open until its keys are updated: triggers on the target may interfere.

        They may change a mapping or a period, or make a target row that was missing.
        """
        return source.mapped or not (source.protected or self.declared.creates)

    @property
    def tables(self) -> tuple[Relation, ...]:
        """Every table on which it has triggers, in the order in which a writer comes to them, and they are locked."""
        relations = [source.relation for source in self.sources]
        relations += [step.relation for source in self.sources if source.through for step in source.through.chain]
        if not self.declared.creates:
            relations.append(self.target)
        return tuple({relation.oid: relation for relation in relations}.values())


def pending_suffix(source: BoundSource) -> str:
    """What the name of the table of a source's pending deltas has after that of the cache."""
    return f"_s{source.number}_pending" if source.mapped else "_pending"


@dataclass(frozen=True)
class BoundDeclaration:
    """All caches of a declaration, and what its reader should know about them."""

    caches: tuple[BoundCache, ...]
    warnings: tuple[Advice, ...]
    time_zone: str | None
