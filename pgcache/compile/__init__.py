"""Turns bound caches into the SQL objects that keep them exact. Pure: it reads no database and changes none."""

from pgcache.compile.cache import compile_cache
from pgcache.compile.objects import SqlObject

__all__ = ["SqlObject", "compile_cache"]
