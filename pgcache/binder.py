"""What every part of a declaration is bound with: tables, columns and expressions that must be there and fit."""

from __future__ import annotations

from collections.abc import Sequence

from pgcache.bound import Advice
from pgcache.catalog import (
    BOOLEAN,
    FLOATS,
    INTEGERS,
    MONEY,
    NUMERIC,
    TIMESTAMPTZ,
    Catalog,
    Column,
    Expression,
    InvalidExpressionError,
    Relation,
    quoted,
)
from pgcache.model import Cache, Location, TableName
from pgcache.privileges import schema_problem, table_problem

_NOT_IMMUTABLE = "42P17"
_UNDEFINED_FUNCTION = "42883"
_UNDEFINED_OBJECT = "42704"


class MissingTableError(Exception):
    """What cannot be bound any further, since a table is missing; the problem has been noted."""


class Binder:
    """Binds the parts of one cache; problems and warnings are collected, so that all are reported at once."""

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

    def descendants(self, relation: Relation, location: Location) -> tuple[Relation, ...]:
        found = self.catalog.descendants(relation)
        for table in found:
            if not table.is_table:
                self.problem(
                    location,
                    f"{table}, a part of {relation}, is a foreign table, which no trigger can follow; detach it",
                )
        return found

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

    def key_expression(self, relation: Relation, expression: str, column: Column, location: Location) -> None:
        self.expression(relation, expression, location, "key", column.type)

    def condition(self, relation: Relation, expression: str, location: Location, what: str = "where") -> None:
        found = self.expression(relation, expression, location, what)
        if found and found.type_oid != BOOLEAN:
            self.problem(location, f"{what} ({expression}) is {found.type}; it must be a condition")

    def moment(self, relation: Relation, expression: str, location: Location) -> None:
        found = self.expression(relation, expression, location, "touched")
        if found and found.type_oid != TIMESTAMPTZ:
            self.problem(
                location,
                f"touched ({expression}) is {found.type}; it must be timestamp with time zone, which "
                "AT TIME ZONE makes of a timestamp",
            )

    def needs_index(self, relation: Relation, expressions: Sequence[str], location: Location) -> None:
        names = [column_name(relation, expression) for expression in expressions]
        columns = [name for name in names if name]
        if len(columns) == len(names) and columns and not self.catalog.has_index(relation, columns):
            listed = ", ".join(quoted(name) for name in columns)
            how = "" if relation.kind == "p" else "CONCURRENTLY "  # which a partitioned table does not take
            self.warn(
                location,
                f"{relation} has no index on ({listed}), so a recompute reads the whole table",
                f"CREATE INDEX {how}ON {relation.quoted} ({listed})",
            )


def column_name(relation: Relation, expression: str) -> str | None:
    """The column that an expression is, if it is nothing more than one."""
    if len(expression) > 2 and expression[0] == expression[-1] == '"':
        name = expression[1:-1].replace('""', '"')
    else:
        name = expression.lower()
    return name if name in relation.columns else None
