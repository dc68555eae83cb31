"""Binds a declaration to a database, and checks what only a database can tell, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence

from pgcache.bind_timeline import bind_timeline
from pgcache.bound import (
    Advice,
    BoundCache,
    BoundDeclaration,
    BoundRollover,
    BoundSource,
    BoundThrough,
    BoundTimeline,
    Period,
)
from pgcache.catalog import (
    BOOLEAN,
    DATE,
    FLOATS,
    INTEGERS,
    MONEY,
    NUMERIC,
    Catalog,
    Column,
    Expression,
    InvalidExpressionError,
    Relation,
    quoted,
)
from pgcache.errors import DeclarationError
from pgcache.model import Cache, Declaration, Location, Rollover, Source, TableName, Through
from pgcache.privileges import LOCK, database_problems, schema_problem, table_problem
from pgcache.sql_text import expression_problem

_NOT_IMMUTABLE = "42P17"
_UNDEFINED_FUNCTION = "42883"
_UNDEFINED_OBJECT = "42704"


def bind(declaration: Declaration, catalog: Catalog) -> BoundDeclaration:
    """Bind every cache of a declaration.

    Parameters
    ----------
    declaration:
        What pgcache.toml says.
    catalog:
        The database, inside `Catalog.reading()`.

    Raises
    ------
    DeclarationError
        All problems of all caches, one line each.
    """
    problems: list[str] = []
    warnings: list[Advice] = []
    problems += [f"{declaration.location}: {problem}" for problem in database_problems(catalog)]
    if declaration.time_zone is not None and not catalog.is_time_zone(declaration.time_zone):
        problems.append(
            f"{declaration.location}: the database knows no time zone {declaration.time_zone!r}; "
            "pg_timezone_names lists those that it knows"
        )
    if not catalog.may_create_temporary:
        raise DeclarationError(problems)
    caches = [CacheBinder(cache, catalog, problems, warnings).bind() for cache in declaration.caches]
    if problems:
        raise DeclarationError(problems)
    return BoundDeclaration(tuple(cache for cache in caches if cache), tuple(warnings), declaration.time_zone)


class MissingTableError(Exception):
    """What cannot be bound any further, since a table is missing; the problem has been noted."""


class CacheBinder:
    """Binds one cache; problems and warnings are collected, so that all are reported at once."""

    def __init__(self, cache: Cache, catalog: Catalog, problems: list[str], warnings: list[Advice]) -> None:
        self.cache = cache
        self.catalog = catalog
        self.problems = problems
        self.warnings = warnings

    def problem(self, location: Location, text: str) -> None:
        self.problems.append(f"{location}: cache {self.cache.name!r}: {text}")

    def warn(self, location: Location, what: str, mend: str) -> None:
        warning = Advice(f"{location}: cache {self.cache.name!r}: {what}", mend)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def bind(self) -> BoundCache | None:
        before = len(self.problems)
        try:
            if self.cache.creates:
                target = self.created_target()
            else:
                target = self.table(self.cache.target, self.cache.location, ["SELECT", "UPDATE", "TRIGGER"])
        except MissingTableError:
            return None
        key = self.columns(target, self.cache.key, self.cache.location)
        if not self.cache.creates and len(key) == len(self.cache.key):
            self.unique(target)
        if not self.cache.creates:
            self.user_triggers(target)
        measures = self.measures(target)
        initial_columns = self.initial(target)
        sources = [self.source(number, source, target, key) for number, source in enumerate(self.cache.sources, 1)]
        if self.cache.rpc:
            self.may_create(target.schema, "rpc", self.cache.location)
        if len(self.problems) > before:
            return None
        bound = [source for source in sources if source]
        rollover = self.rollover(self.cache.rollover, target, bound) if self.cache.rollover else None
        timeline = self.timeline(target, bound)
        if len(self.problems) > before:
            return None
        return BoundCache(
            self.cache,
            target,
            tuple(key),
            tuple(measures),
            tuple(bound),
            tuple(sorted(initial_columns)),
            rollover,
            timeline,
        )

    def timeline(self, target: Relation, sources: Sequence[BoundSource]) -> BoundTimeline | None:
        if self.cache.timeline is None:
            return None
        try:
            return bind_timeline(self, self.cache.timeline, target, sources)
        except MissingTableError:
            return None

    def unique(self, target: Relation) -> None:
        if not self.catalog.is_unique(target, self.cache.key):
            columns = ", ".join(self.cache.key)
            self.problem(
                self.cache.location,
                f"key ({columns}) is not unique in {target}; declare its primary key, or add a UNIQUE constraint on it",
            )

    def user_triggers(self, target: Relation) -> None:
        for trigger, function in self.catalog.unpinned_triggers(target):
            self.warn(
                self.cache.location,
                f"pgcache's updates of {target} fire the trigger {trigger} with the search_path pg_catalog, in which "
                "its function may not find its tables",
                f"ALTER FUNCTION {function} SET search_path = ...",
            )

    def created_target(self) -> Relation:
        """The table that pgcache is to create: the key as the first source gives it, and numeric measures."""
        name = self.cache.target
        schema = name.schema or next(iter(self.catalog.schemas), None)
        if schema is None:
            self.problem(
                self.cache.location, "the search_path names no schema to create the target in; name one with it"
            )
        if schema is None or not self.may_create(schema, "target", self.cache.location):
            raise MissingTableError
        if self.catalog.relation(TableName(name.name, schema)) and not self.catalog.is_made(schema, name.name):
            self.problem(
                self.cache.location,
                f"pgcache is to create the target {schema}.{name.name}, but that is there already; "
                "choose another name, or leave out create = true",
            )
            raise MissingTableError
        types = self.key_types(self.cache.sources[0])
        columns = dict(zip(self.cache.key, types, strict=True)) | dict.fromkeys(self.cache.measures, "numeric")
        if self.cache.stamp:
            columns[self.cache.stamp] = "timestamptz"
        return self.catalog.imagined(schema, name.name, columns)

    def key_types(self, source: Source) -> list[str]:
        if source.through:
            mapping = self.table(source.through.table, source.through.location, ["SELECT"])
            types = [column.type for column in self.columns(mapping, source.through.key, source.through.location)]
        else:
            relation = self.table(source.table, source.location, ["SELECT"])
            found = [self.expression(relation, expression, source.location, "key") for expression in source.key]
            types = [expression.type for expression in found if expression]
        if len(types) < len(self.cache.key):
            raise MissingTableError
        return types

    def table(self, name: TableName, location: Location, privileges: Sequence[str]) -> Relation:
        relation = self.catalog.relation(name)
        if relation is None:
            self.problem(
                location,
                f"there is no table {name}; create it, correct the name, or run pgcache migrate --with-tables",
            )
            raise MissingTableError
        if not relation.is_table:
            self.problem(location, f"{relation} is not a table, so no trigger can keep it; name the table behind it")
            raise MissingTableError
        if self.catalog.hides_rows(relation):
            self.problem(
                location,
                f"row-level security hides rows of {relation} from the current role, so no sum would be right; migrate "
                "as the table's owner (without FORCE ROW LEVEL SECURITY), or as a role with BYPASSRLS",
            )
        lacking = self.catalog.lacking_privileges(relation, privileges)
        if lacking:
            self.problem(location, table_problem(self.catalog, relation, lacking))
        if "SELECT" in lacking:
            raise MissingTableError  # what is said about its expressions would be the same again
        return relation

    def may_create(self, schema: str, what: str, location: Location) -> bool:
        problem = schema_problem(self.catalog, schema, what)
        if problem:
            self.problem(location, problem)
        return problem is None

    def columns(self, relation: Relation, names: Sequence[str], location: Location) -> list[Column]:
        found = []
        for name in names:
            if name in relation.columns:
                found.append(relation.columns[name])
            else:
                self.problem(
                    location,
                    f"table {relation} has no column {name!r}; its columns are {', '.join(relation.columns)}",
                )
        return found

    def measures(self, target: Relation) -> list[Column]:
        measures = self.columns(target, self.cache.measures, self.cache.location)
        for column in measures:
            if column.generated:
                self.problem(
                    self.cache.location,
                    f"{target}.{column.name} is a generated column; a measure must be a plain one",
                )
            elif column.type_oid in FLOATS:
                self.problem(
                    self.cache.location,
                    f"{target}.{column.name} is {column.type}: float sums depend on the order of their rows, so "
                    "they are never exact; make the column numeric",
                )
            elif column.type_oid not in INTEGERS | {NUMERIC}:
                self.problem(
                    self.cache.location,
                    f"{target}.{column.name} is {column.type}; a measure must be numeric or an integer",
                )
        return measures

    def initial(self, target: Relation) -> set[str]:
        read: set[str] = set()
        for measure, expression in self.cache.initial:
            column = target.columns.get(measure)
            found = self.amount(target, expression, column, self.cache.location, "initial") if column else None
            for name in found.columns if found else ():
                read.add(name)
                if target.columns[name].generated:
                    self.problem(
                        self.cache.location,
                        f"initial reads the generated column {name}, which is not computed yet when it is needed; "
                        "write its expression instead",
                    )
        return read

    def expression(
        self, relation: Relation, expression: str, location: Location, what: str, as_type: str | None = None
    ) -> Expression | None:
        """The expression's type and columns; None where it is refused, which is noted."""
        try:
            found = self.catalog.expression(relation, expression, as_type)
        except InvalidExpressionError as error:
            if error.sqlstate == _NOT_IMMUTABLE:
                reason = (
                    f"{what} ({expression}) is not immutable: what was added could not be subtracted later; leave out "
                    "now(), current_date and casts that depend on the time zone or DateStyle (AT TIME ZONE makes them "
                    "fixed), or declare a deferred cache"
                )
            elif error.sqlstate in (_UNDEFINED_FUNCTION, _UNDEFINED_OBJECT):
                reason = f"{what} ({expression}): {error}; names outside pg_catalog need their schema, or a cast"
            else:
                reason = f"{what} ({expression}) over {relation}: {error}"
            self.problem(location, reason)
            return None
        virtual = sorted(name for name in found.columns if relation.columns[name].generated == "v")
        if virtual:
            self.problem(
                location,
                f"{what} reads the virtual generated column {virtual[0]}; write its expression, or make it STORED",
            )
            return None
        return found

    def amount(
        self, relation: Relation, expression: str, measure: Column, location: Location, what: str
    ) -> Expression | None:
        """An expression that is added to a measure: exact, and of a type that loses nothing in it."""
        found = self.expression(relation, expression, location, what)
        if found is None:
            return None
        if found.type_oid in FLOATS:
            self.problem(
                location,
                f"{what} ({expression}) is {found.type}: float sums depend on the order of their rows, so they are "
                "never exact; make the column numeric",
            )
        elif found.type_oid == MONEY:
            self.problem(
                location,
                f"{what} ({expression}) is money, whose digits depend on lc_monetary; make the column numeric",
            )
        elif found.type_oid not in INTEGERS | {NUMERIC}:
            self.problem(location, f"{what} ({expression}) is {found.type}; it must be numeric or an integer")
        elif found.type_oid == NUMERIC and measure.type_oid != NUMERIC:
            self.problem(
                location,
                f"{what} ({expression}) is numeric, but {measure.name} is {measure.type} and would lose its fractions; "
                "make the column numeric, or cast the value",
            )
        return found

    def source(self, number: int, source: Source, target: Relation, key: Sequence[Column]) -> BoundSource | None:
        try:
            relation = self.table(source.table, source.location, ["SELECT", "TRIGGER", LOCK])
            through = self.through(source.through, relation, key) if source.through else None
        except MissingTableError:
            return None
        if source.where is not None:
            self.condition(relation, source.where, source.location)
        for measure, expression in source.values:
            column = target.columns.get(measure)
            if column:
                self.amount(relation, expression, column, source.location, f"values.{measure}")
        for expression, column in zip(source.key, key, strict=False):
            self.key_expression(relation, expression, column, source.location)
        within, period = self.within(source, relation, target)
        if source.through:
            protected = through is not None and self.catalog.has_foreign_key(
                through.relation, [column.name for column in through.key], target, self.cache.key
            )
        else:
            self.needs_index(relation, source.key, source.location)
            names = [_column_name(relation, expression) for expression in source.key]
            protected = all(names) and self.catalog.has_foreign_key(
                relation, [n for n in names if n], target, self.cache.key
            )
        descendants = self.descendants(relation, source.location)
        return BoundSource(number, source, relation, source.key, descendants, through, within, period, protected)

    def descendants(self, relation: Relation, location: Location) -> tuple[Relation, ...]:
        found = self.catalog.descendants(relation)
        for table in found:
            if not table.is_table:
                self.problem(
                    location,
                    f"{table}, a part of {relation}, is a foreign table, which no trigger can follow; detach it",
                )
        return found

    def key_expression(self, relation: Relation, expression: str, column: Column, location: Location) -> None:
        self.expression(relation, expression, location, "key", column.type)

    def condition(self, relation: Relation, expression: str, location: Location, what: str = "where") -> None:
        found = self.expression(relation, expression, location, what)
        if found and found.type_oid != BOOLEAN:
            self.problem(location, f"{what} ({expression}) is {found.type}; it must be a condition")

    def through(self, through: Through, relation: Relation, key: Sequence[Column]) -> BoundThrough:
        mapping = self.table(through.table, through.location, ["SELECT", "TRIGGER", LOCK])
        columns = self.columns(mapping, [column for column, _ in through.on], through.location)
        expressions = [expression for _, expression in through.on]
        for column, expression in zip(columns, expressions, strict=False):
            self.key_expression(relation, expression, column, through.location)
        keys = self.columns(mapping, through.key, through.location)
        for column, target_column in zip(keys, key, strict=False):
            if column.type_oid != target_column.type_oid:
                self.key_expression(mapping, quoted(column.name), target_column, through.location)
        for column in [*columns, *keys]:
            if column.generated == "v":
                self.problem(through.location, f"{mapping}.{column.name} is a virtual generated column; make it STORED")
        if through.where is not None:
            self.condition(mapping, through.where, through.location)
        self.needs_index(mapping, [quoted(column.name) for column in columns], through.location)
        self.needs_index(mapping, [quoted(column.name) for column in keys], through.location)
        self.needs_index(relation, expressions, through.location)
        descendants = self.descendants(mapping, through.location)
        return BoundThrough(
            mapping, descendants, tuple(zip(columns, expressions, strict=False)), tuple(keys), through.where
        )

    def within(self, source: Source, relation: Relation, target: Relation) -> tuple[str | None, Period | None]:
        if source.within is None:
            return None, None
        within = source.within
        expression = within.column
        if expression in relation.columns:
            expression = quoted(expression)
        elif problem := expression_problem(expression):
            self.problem(within.location, f"within.column ({expression}) is no column of {relation}, and {problem}")
            return None, None
        bounds = self.columns(target, [within.from_column, within.to_column], within.location)
        if len(bounds) < 2:
            return None, None
        found = self.expression(relation, expression, within.location, "within.column")
        for column in bounds:
            if column.generated:
                self.problem(
                    within.location,
                    f"{target}.{column.name} is a generated column; a period needs plain ones",
                )
            if found and column.type_oid != found.type_oid:
                self.problem(
                    within.location,
                    f"within.column is {found.type}, but {target}.{column.name} is {column.type}; give both the same "
                    "type, for instance by (column AT TIME ZONE 'UTC')::date",
                )
        return expression, Period(within.from_column, within.to_column, bounds[0].type)

    def needs_index(self, relation: Relation, expressions: Sequence[str], location: Location) -> None:
        names = [_column_name(relation, expression) for expression in expressions]
        columns = [name for name in names if name]
        if len(columns) == len(names) and columns and not self.catalog.has_index(relation, columns):
            listed = ", ".join(quoted(name) for name in columns)
            how = "" if relation.kind == "p" else "CONCURRENTLY "  # which a partitioned table does not take
            self.warn(
                location,
                f"{relation} has no index on ({listed}), so a recompute reads the whole table",
                f"CREATE INDEX {how}ON {relation.quoted} ({listed})",
            )

    def rollover(self, rollover: Rollover, target: Relation, sources: Sequence[BoundSource]) -> BoundRollover | None:
        before = len(self.problems)
        period = sources[0].period
        assert period is not None  # the declaration's own checks see to it
        if any(target.columns[name].type_oid != DATE for name in (period.from_column, period.to_column)):
            self.problem(
                rollover.location,
                f"a rollover needs a period of dates, but {period.from_column} is {period.type}",
            )
        self.columns(target, [rollover.recurrence], rollover.location)
        history = rollover.history
        try:
            relation = self.table(history.table, rollover.location, ["SELECT", "INSERT", "UPDATE"])
        except MissingTableError:
            return None
        names = [
            *history.key,
            history.from_column,
            history.to_column,
            *(column for _, column in history.values),
        ]
        self.columns(relation, names, rollover.location)
        self.may_create(target.schema, "rpc", rollover.location)
        return BoundRollover(relation, period) if len(self.problems) == before else None


def _column_name(relation: Relation, expression: str) -> str | None:
    """The column that an expression is, if it is nothing more than one."""
    if len(expression) > 2 and expression[0] == expression[-1] == '"':
        name = expression[1:-1].replace('""', '"')
    else:
        name = expression.lower()
    return name if name in relation.columns else None
