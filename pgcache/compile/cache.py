"""Compiles one cache, in the order in which its objects can be created."""

from __future__ import annotations

from collections.abc import Iterator

from pgcache.bound import BoundCache
from pgcache.compile.deferred import deferred
from pgcache.compile.keys import key_functions
from pgcache.compile.maintain import maintaining_functions
from pgcache.compile.maker import Maker
from pgcache.compile.nowait import folding_functions, pending_tables
from pgcache.compile.objects import SqlObject
from pgcache.compile.public import reading_function, rollover, rpcs, view
from pgcache.compile.target import appearing, created_target, target_functions
from pgcache.compile.timeline import timeline
from pgcache.compile.triggers import triggers


def compile_cache(cache: BoundCache) -> list[SqlObject]:
    """Every object of a cache, in the order in which they can be created."""
    maker = Maker(cache)
    return list(deferred(maker) if cache.deferred else _objects(maker))


def _objects(maker: Maker) -> Iterator[SqlObject]:
    cache = maker.cache
    if cache.declared.creates:
        yield created_target(maker)
    if cache.appearing:
        yield appearing(maker)
    yield from pending_tables(maker)
    yield from key_functions(maker)
    yield from folding_functions(maker)
    yield from maintaining_functions(maker)
    if not cache.declared.creates:
        yield from target_functions(maker)
    yield from triggers(maker)
    yield view(maker)
    yield reading_function(maker)
    if cache.declared.rpc:
        yield from rpcs(maker, cache.declared.rpc)
    if cache.rollover:
        yield rollover(maker, cache.rollover)
    if cache.timeline:
        yield from timeline(maker, cache.timeline)
