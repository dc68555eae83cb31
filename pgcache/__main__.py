"""`python -m pgcache` is the command pgcache."""

from pgcache.cli import main

main()
