"""Runs a case: every variant in a database of its own, measured in alternation."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.model import Case, Effort, Sample, Skip, Variant
from benchmarks.results import CaseResult, VariantResult
from benchmarks.server import BenchmarkServer


def run(case: Case, server: BenchmarkServer, effort: Effort, say: Callable[[str], None]) -> CaseResult:
    """Measure every variant of a case.

    A first round, which fills caches and memory, does not count.

    Parameters
    ----------
    case:
        What to measure.
    server:
        Where.
    effort:
        How long.
    say:
        Takes a line for each thing that happens.
    """
    skipped: dict[str, str] = {}
    with server.copies([variant.base or case.base for variant in case.variants]) as databases:
        ready = []
        for variant, database in zip(case.variants, databases, strict=True):
            try:
                variant.set_up(database.conn)
            except Skip as reason:
                skipped[variant.name] = str(reason)
                say(f"  {variant.name}: left out, {reason}")
            else:
                ready.append((variant, database))
        server.checkpoint()
        samples: dict[str, list[Sample]] = {variant.name: [] for variant, _ in ready}
        for number in range(effort.rounds * case.repeat + 1):
            for variant, database in ready:
                # In the place of autovacuum: what the round before has left would slow down this one.
                database.conn.execute("VACUUM")
                sample = variant.work(database, effort)
                if number > 0:
                    samples[variant.name].append(sample)
                say(f"  {variant.name}: {sample.value:,.4g} {case.unit}{'' if number else ' (warming up)'}")
    return CaseResult.of(case, effort, [_summary(variant, samples[variant.name]) for variant, _ in ready], skipped)


def _summary(variant: Variant, samples: list[Sample]) -> VariantResult:
    return VariantResult(
        variant.name,
        [sample.value for sample in samples],
        sum(sample.failed for sample in samples) / len(samples),
    )
