"""Binds the sources of a cache: their keys, the mappings between, and the periods that they lie in."""

from __future__ import annotations

from collections.abc import Sequence

from pgcache.binder import Binder, MissingTableError, column_name
from pgcache.bound import BoundSource, BoundThrough, Period
from pgcache.catalog import Column, Relation, quoted
from pgcache.model import Source, Through
from pgcache.privileges import LOCK
from pgcache.sql_text import expression_problem


def bind_source(
    binder: Binder, number: int, source: Source, target: Relation, key: Sequence[Column]
) -> BoundSource | None:
    try:
        relation = binder.table(source.table, source.location, ["SELECT", "TRIGGER", LOCK])
        through = _through(binder, source.through, relation, key) if source.through else None
    except MissingTableError:
        return None
    if source.where is not None:
        binder.condition(relation, source.where, source.location)
    if source.touched is not None:
        binder.moment(relation, source.touched, source.location)
    for measure, expression in source.values:
        column = target.columns.get(measure)
        if column:
            binder.amount(relation, expression, column, source.location, f"values.{measure}")
    for expression, column in zip(source.key, key, strict=False):
        binder.key_expression(relation, expression, column, source.location)
    within, period = _within(binder, source, relation, target)
    if source.through:
        protected = through is not None and binder.catalog.has_foreign_key(
            through.relation, [column.name for column in through.key], target, binder.cache.key
        )
    else:
        binder.needs_index(relation, source.key, source.location)
        names = [column_name(relation, expression) for expression in source.key]
        protected = all(names) and binder.catalog.has_foreign_key(
            relation, [n for n in names if n], target, binder.cache.key
        )
    descendants = binder.descendants(relation, source.location)
    return BoundSource(number, source, relation, source.key, descendants, through, within, period, protected)


def _through(binder: Binder, through: Through, relation: Relation, key: Sequence[Column]) -> BoundThrough:
    mapping = binder.table(through.table, through.location, ["SELECT", "TRIGGER", LOCK])
    columns = binder.columns(mapping, [column for column, _ in through.on], through.location)
    expressions = [expression for _, expression in through.on]
    for column, expression in zip(columns, expressions, strict=False):
        binder.key_expression(relation, expression, column, through.location)
    onward = _through(binder, through.through, mapping, key) if through.through else None
    keys = binder.columns(mapping, through.key, through.location)
    for column, target_column in zip(keys, key, strict=False):
        if column.type_oid != target_column.type_oid:
            binder.key_expression(mapping, quoted(column.name), target_column, through.location)
    for column in [*columns, *keys]:
        if column.generated == "v":
            binder.problem(through.location, f"{mapping}.{column.name} is a virtual generated column; make it STORED")
    if through.where is not None:
        binder.condition(mapping, through.where, through.location)
    binder.needs_index(mapping, [quoted(column.name) for column in columns], through.location)
    if keys:
        binder.needs_index(mapping, [quoted(column.name) for column in keys], through.location)
    binder.needs_index(relation, expressions, through.location)
    descendants = binder.descendants(mapping, through.location)
    on = tuple(zip(columns, expressions, strict=False))
    return BoundThrough(mapping, descendants, on, tuple(keys), through.where, onward)


def _within(binder: Binder, source: Source, relation: Relation, target: Relation) -> tuple[str | None, Period | None]:
    if source.within is None:
        return None, None
    within = source.within
    expression = within.column
    if expression in relation.columns:
        expression = quoted(expression)
    elif problem := expression_problem(expression):
        binder.problem(within.location, f"within.column ({expression}) is no column of {relation}, and {problem}")
        return None, None
    bounds = binder.columns(target, [within.from_column, within.to_column], within.location)
    if len(bounds) < 2:
        return None, None
    found = binder.expression(relation, expression, within.location, "within.column")
    for column in bounds:
        if column.generated:
            binder.problem(
                within.location,
                f"{target}.{column.name} is a generated column; a period needs plain ones",
            )
        if found and column.type_oid != found.type_oid:
            binder.problem(
                within.location,
                f"within.column is {found.type}, but {target}.{column.name} is {column.type}; give both the same "
                "type, for instance by (column AT TIME ZONE 'UTC')::date",
            )
    return expression, Period(within.from_column, within.to_column, bounds[0].type)
