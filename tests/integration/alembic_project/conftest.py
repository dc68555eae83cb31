"""A project that uses Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.alembic_project.project import Project


@pytest.fixture
def project(dsn: str, conn: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose env.py imports pgcache.contrib.alembic, with models and a declaration, but no revision yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGCACHE_CONFIG", raising=False)
    monkeypatch.delenv("PGCACHE_DSN", raising=False)
    project = Project(tmp_path, dsn, conn)
    project.start()
    return project
