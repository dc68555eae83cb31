"""Binds a declaration to a database, and checks what only a database can tell, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence

from pgcache.bind_deferred import QueryColumns, bind_query, bind_written
from pgcache.bind_reads import columns_read
from pgcache.bind_source import bind_source
from pgcache.bind_timeline import bind_timeline
from pgcache.binder import Binder, MissingTableError
from pgcache.bound import Advice, BoundCache, BoundDeclaration, BoundQuery, BoundRollover, BoundSource, BoundTimeline
from pgcache.catalog import DATE, FLOATS, INTEGERS, NUMERIC, Catalog, Column, Relation
from pgcache.errors import DeclarationError
from pgcache.model import Cache, Declaration, Rollover, Source, TableName
from pgcache.privileges import database_problems


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
    caches = [
        CacheBinder(cache, catalog, problems, warnings, declaration.time_zone).bind() for cache in declaration.caches
    ]
    if problems:
        raise DeclarationError(problems)
    return BoundDeclaration(tuple(cache for cache in caches if cache), tuple(warnings), declaration.time_zone)


class CacheBinder(Binder):
    """Binds one cache."""

    def __init__(
        self,
        cache: Cache,
        catalog: Catalog,
        problems: list[str],
        warnings: list[Advice],
        time_zone: str | None,
    ) -> None:
        super().__init__(cache, catalog, problems, warnings)
        self.time_zone = time_zone

    def bind(self) -> BoundCache | None:
        before = len(self.problems)
        queried = None
        try:
            if self.cache.query:
                queried = bind_query(self, self.cache.query, self.query_keys())
                if queried is None:
                    return None
            if self.cache.creates:
                target = self.created_target(queried)
            else:
                target = self.table(self.cache.target, self.cache.location, ["SELECT", "UPDATE", "TRIGGER"])
        except MissingTableError:
            return None
        key = self.columns(target, self.cache.key, self.cache.location)
        if not self.cache.creates and len(key) == len(self.cache.key):
            self.unique(target)
        if not self.cache.creates:
            self.user_triggers(target)
            self.checks(target)
        measures = self.measures(target, queried.measures if queried else self.cache.measures)
        self.index(measures)
        expires = bind_written(self, target, queried) if self.cache.mode == "deferred" else None
        initial_columns = self.initial(target)
        sources = [
            bind_source(self, number, source, target, key) for number, source in enumerate(self.cache.sources, 1)
        ]
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
            BoundQuery(queried.text, self.time_zone) if queried else None,
            expires,
            self.reads(bound, key, queried),
            rollover,
            timeline,
        )

    def reads(
        self, sources: Sequence[BoundSource], key: Sequence[Column], queried: QueryColumns | None
    ) -> dict[int, frozenset[str]]:
        if queried and queried.reads is None:
            return {}
        return columns_read(self.catalog, sources, key, queried.reads or {} if queried else {})

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

    def checks(self, target: Relation) -> None:
        if self.cache.mode != "nowait":
            return
        for constraint in self.catalog.checks(target, self.cache.measures):
            self.warn(
                self.cache.location,
                f"{constraint} of {target} does not check a delta that is appended, and fails whoever folds it later, "
                'where mode "immediate" would have refused its writer',
                f"ALTER TABLE {target.quoted} DROP CONSTRAINT {constraint}",
            )

    def query_keys(self) -> dict[str, str]:
        """The columns of pgcache_keys: the key as the target has it, or as the first source gives it."""
        if self.cache.creates:
            types = self.key_types(self.cache.sources[0])
        else:
            target = self.table(self.cache.target, self.cache.location, ["SELECT"])
            types = [column.type for column in self.columns(target, self.cache.key, self.cache.location)]
            if len(types) < len(self.cache.key):
                raise MissingTableError
        return dict(zip(self.cache.key, types, strict=True))

    def created_target(self, queried: QueryColumns | None) -> Relation:
        """The table that pgcache is to create: the key as the first source gives it, and what is kept of it.

        Sums are numeric; what a query gives has its own type.
        """
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
        measures = queried.types if queried else dict.fromkeys(self.cache.measures, "numeric")
        columns = dict(zip(self.cache.key, types, strict=True)) | measures
        if self.cache.stamp:
            columns[self.cache.stamp] = "timestamptz"
        return self.catalog.imagined(schema, name.name, columns)

    def key_types(self, source: Source) -> list[str]:
        through = source.through
        while through and through.through:
            through = through.through
        if through:
            mapping = self.table(through.table, through.location, ["SELECT"])
            types = [column.type for column in self.columns(mapping, through.key, through.location)]
        else:
            relation = self.table(source.table, source.location, ["SELECT"])
            found = [self.expression(relation, expression, source.location, "key") for expression in source.key]
            types = [expression.type for expression in found if expression]
        if len(types) < len(self.cache.key):
            raise MissingTableError
        return types

    def index(self, measures: Sequence[Column]) -> None:
        known = [column.name for column in measures]
        if self.cache.index and known and self.cache.index not in known:
            self.problem(
                self.cache.location,
                f"index names {self.cache.index!r}, which is no measure; known: {', '.join(known)}",
            )

    def measures(self, target: Relation, names: Sequence[str]) -> list[Column]:
        measures = self.columns(target, names, self.cache.location)
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
