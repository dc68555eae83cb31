"""The target: its table where the cache creates it, else the functions of its triggers on a table of the user's."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.compile.figures import expected_column, pending
from pgcache.compile.fragments import Fragment, equal, joined, name, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.compile.triggers import MAINTAINING, looks
from pgcache.template import Parts, render, text


def created_target(maker: Maker) -> SqlObject:
    """The table of a cache that keeps its values in one of its own."""
    cache = maker.cache
    keys = [sql.SQL("{} {} NOT NULL").format(name(key.name), raw(key.type)) for key in cache.key]
    kept = raw("") if cache.query else raw(" NOT NULL DEFAULT 0")  # a query may give a null
    columns = [
        sql.SQL("{} {}{}").format(name(measure.name), raw(measure.definition), kept) for measure in cache.measures
    ]
    if cache.expires:
        columns.append(sql.SQL("{} {}").format(name(cache.expires.name), raw(cache.expires.type)))
    if maker.cache.declared.stamp:
        columns.append(
            sql.SQL("{} timestamptz NOT NULL DEFAULT clock_timestamp()").format(name(maker.cache.declared.stamp))
        )
    parts = {
        **maker.shared,
        "columns": joined([*keys, *columns], ",\n    "),
        "key_columns": joined(name(key.name) for key in maker.cache.key),
        "comment": maker.comment("Kept by pgcache; read it, and grant nobody more than SELECT on it."),
    }
    table = cache.target.quoted
    shape = ", ".join(text(column) for column in [*keys, *columns])
    addable = tuple(text(column) for column in columns)
    statements = render("created_target.sql", parts)
    if cache.expires:
        expires = name(cache.expires.name)
        index = {
            "index": sql.Identifier(f"{cache.name}_expires"),
            "table": cache.target.identifier,
            "columns": expires,
            "condition": sql.SQL("{} IS NOT NULL").format(expires),
        }
        statements += render("deferred/index.sql", index)
    if cache.declared.index:
        called = f"{cache.name}_index"
        index = {
            "index": sql.Identifier(called),
            "qualified": sql.Identifier(cache.target.schema, called),
            "target": cache.target.identifier,
            "column": name(cache.declared.index),
        }
        statements += render("created_index.sql", index)
    return SqlObject("table", table, "", cache.name, statements, shape, addable, maintains=True)


def appearing(maker: Maker) -> SqlObject:
    """What writers and appearing target rows take turns by, where no foreign key keeps them in order."""
    lock = maker.f.internal("_appearing")
    parts = {"appearing_lock": lock, "comment": maker.comment("A lock, without rows.")}
    statements = render("appearing.sql", parts)
    return SqlObject("table", text(lock), "", maker.cache.name, statements, maintains=True)


def target_functions(maker: Maker) -> Iterator[SqlObject]:
    """The trigger functions of a target that is a table of the user's."""
    target = maker.cache.target
    comment = f"Sets, guards and moves the cached columns of a row of {target}."
    yield maker.trigger_function("_target", "target.sql", comment, target_parts(maker))
    comment = f"Notes that a row has gone from {target}."
    yield maker.trigger_function("_gone", "gone.sql", comment, gone_parts(maker))
    if maker.cache.nowait and maker.cache.appearing:
        keys = [sql.SQL("NEW.{}").format(name(column.name)) for column in maker.cache.key]
        comment = f"Makes a row that has appeared in {target} exact."
        parts = {"appearing_lock": maker.f.internal("_appearing"), "new_key": maker.f.key_of(keys)}
        yield maker.trigger_function("_appeared", "nowait/appeared.sql", comment, parts)


def target_parts(maker: Maker) -> Parts:
    """The target, whose rows appear, are guarded, and move along with their initial values and periods."""
    f = maker.f
    reads_sources = bool(maker.cache.periods)

    def expected(row: str) -> Fragment:
        return expected_column(f, row) if reads_sources else raw(f"{row}.initial")

    return {
        "looks": looks(maker),
        "maintaining": MAINTAINING,
        "guard": sql.Literal(maker.cache.declared.guard),
        "appearing": expected_column(f, "v_new") if maker.cache.appearing else raw("v_new.initial"),
        "meet": sql.SQL("PERFORM pgcache.meets_other({}, 't', false);").format(f.setting())
        if reads_sources
        else raw(""),
        # Where writers do not wait, a row is computed again once it is stored.
        "await_writers": await_writers(maker) if maker.cache.appearing and not maker.cache.nowait else raw(""),
        "expected_new": expected("v_new"),
        "expected_old": expected("v_old"),
        "mark_unseen": sql.SQL("PERFORM pgcache.mark_unseen({}, v_new.key);").format(f.literal)
        if reads_sources
        else raw(""),
        "store": joined(
            (
                sql.SQL("NEW.{} := v_cached[{}];").format(name(measure.name), raw(str(n)))
                for n, measure in enumerate(maker.cache.measures, 1)
            ),
            "\n    ",
        ),
    }


def await_writers(maker: Maker) -> Fragment:
    """What an appearing row does where writers may have missed it."""
    parts = {"appearing_lock": maker.f.internal("_appearing")}
    return raw(render("fragments/await_writers.sql", {**maker.shared, **parts}).strip())


def gone_parts(maker: Maker) -> Parts:
    """What is forgotten with a row: where a foreign key promised it, what is pending under its key."""
    keys = [sql.SQL("OLD.{}").format(name(column.name)) for column in maker.cache.key]
    old_key = maker.f.key_of(keys)
    forget = []
    if maker.cache.forgets:
        of_old = (equal(raw(f"p.key_{n}"), *of) for n, of in enumerate(zip(maker.cache.key, keys, strict=True), 1))
        old = joined(of_old, " AND ")
        forget = [
            render("fragments/forget_old.sql", {"pending": pending(maker.f, source), "match_old": old}).strip()
            for _, source in maker.cache.pendings
            if not source.through
        ]
        forget.append(text(sql.SQL("PERFORM pgcache.mark_unseen({}, {});").format(maker.f.literal, old_key)))
    return {"forget": raw("\n    ".join(forget)), "old_key": old_key}
