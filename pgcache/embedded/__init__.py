"""An embedded PostgreSQL: a private, durable server that lives as long as the process that started it."""

from pgcache.embedded.server import EmbeddedServer

__all__ = ["EmbeddedServer"]
