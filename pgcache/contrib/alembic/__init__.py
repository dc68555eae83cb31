"""Caches in the migrations of a project that uses Alembic: import this in its env.py.

It adds op.apply_caches and op.remove_caches, and lets `alembic revision --autogenerate` notice a changed declaration.
"""

from pgcache.contrib.alembic.autogenerate import include_name
from pgcache.contrib.alembic.operations import ApplyCachesOp, RemoveCachesOp

__all__ = ["ApplyCachesOp", "RemoveCachesOp", "include_name"]
