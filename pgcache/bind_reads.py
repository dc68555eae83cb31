"""Tells which columns the figures of a cache depend on: an update of any others changes none, and marks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pgcache.bound import BoundSource
from pgcache.catalog import Catalog, Column, Relation


def columns_read(
    catalog: Catalog, sources: Sequence[BoundSource], key: Sequence[Column], queried: Mapping[int, frozenset[str]]
) -> dict[int, frozenset[str]]:
    """Collect the columns that count, of each table that leads to a key.

    Parameters
    ----------
    catalog:
        That of the database.
    sources:
        The sources, without problems.
    key:
        The key of the target.
    queried:
        What the query reads, by the oid of the table; nothing where the sources add up.

    Returns
    -------
    dict[int, frozenset[str]]
        By the oid of the table. A table has no entry where updates of it cannot be told apart: a transition table does
        not have the values of virtual generated columns.
    """
    tables: dict[int, Relation] = {}
    read: dict[int, set[str]] = {}

    def reads(relation: Relation, names: Iterable[str]) -> None:
        tables[relation.oid] = relation
        read.setdefault(relation.oid, set(queried.get(relation.oid, ()))).update(names)

    def expression(relation: Relation, text: str | None, kind: str | None = None) -> None:
        if text is not None:
            reads(relation, catalog.expression(relation, text, kind).columns)

    for source in sources:
        relation, through = source.relation, source.through
        for text in [source.declared.where, source.within, *source.values.values()]:
            expression(relation, text)
        for text, column in zip(source.key, key, strict=False):
            expression(relation, text, column.type)
        while through:
            for column, text in through.on:
                expression(relation, text, column.type)
            relation = through.relation
            reads(relation, (column.name for column in (*(column for column, _ in through.on), *through.key)))
            expression(relation, through.where)
            through = through.through
    return {
        oid: frozenset(names)
        for oid, names in read.items()
        if not any(tables[oid].columns[name].generated == "v" for name in names)
    }
