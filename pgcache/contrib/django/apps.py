"""How Django knows the app."""

from __future__ import annotations

from django.apps import AppConfig


class PgcacheConfig(AppConfig):
    """An app without models: the caches are kept by the database."""

    name = "pgcache.contrib.django"
    label = "pgcache"
