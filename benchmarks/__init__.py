"""What exactness costs, and what it saves, beside what one would do without pgcache: `python -m benchmarks --help`."""
