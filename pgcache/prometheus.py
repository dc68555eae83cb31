"""The figures of pgcache.metrics() in Prometheus' text format, for the textfile collector of the node exporter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from pgcache import queries

HELP = {
    "pgcache_open_drifts": "Drifts that are not corrected yet, rejected ones left out.",
    "pgcache_open_drift_amount": "What these drifts add up to, as absolute amounts.",
    "pgcache_pending_reviews": "Drifts that wait for somebody to approve or reject them.",
    "pgcache_last_reconcile_timestamp_seconds": "When the last finished reconcile began; 0 where there was none.",
    "pgcache_last_clean_reconcile_timestamp_seconds": (
        "When the last reconcile that found nothing over the threshold began; 0 where there was none."
    ),
    "pgcache_last_reconcile_duration_seconds": "How long the last reconcile took.",
    "pgcache_last_reconcile_checked_keys": "How many keys it compared.",
    "pgcache_last_reconcile_drifted_keys": "How many of them had drifted.",
    "pgcache_last_reconcile_over_threshold_keys": "How many of these by more than the threshold.",
    "pgcache_last_reconcile_corrected_keys": "How many keys it corrected.",
    "pgcache_last_reconcile_held": "1 where too much had drifted to be corrected unseen, so that nothing was.",
    "pgcache_last_reconcile_max_drift": "The greatest drift that it found, as an absolute amount.",
    "pgcache_pending_deltas": "Deltas that wait for their target row to be free.",
    "pgcache_dirty_keys": "Keys that wait to be computed.",
    "pgcache_oldest_dirty_timestamp_seconds": "Since when the oldest of them waits; no line where none does.",
    "pgcache_failed_keys": "Keys among them whose last computation failed.",
    "pgcache_backfill_due": "1 where the cache still has to be filled.",
}
"""Every metric, with what it says; all are gauges."""


def exposition(rows: Iterable[queries.Row]) -> Iterator[str]:
    """The lines for some figures.

    Parameters
    ----------
    rows:
        `metric`, `cache` and `value` (an exact number) of each, ordered by metric.
    """
    for metric, figures in groupby(rows, itemgetter("metric")):
        yield f"# HELP {metric} {HELP[metric]}"
        yield f"# TYPE {metric} gauge"
        for figure in figures:
            yield f'{metric}{{cache="{_escaped(figure["cache"])}"}} {figure["value"]:f}'


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
