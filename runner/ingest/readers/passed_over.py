"""What a reader met and the format does not take, in words."""

from __future__ import annotations

from collections import Counter

from runner.ingest.source import Source


def warnings(source: Source, passed: Counter[str]) -> tuple[str, ...]:
    """One warning that counts each kind, or none."""
    if not passed:
        return ()
    listed = ", ".join(f"{kind} {count:,}" for kind, count in sorted(passed.items()))
    return (f"{source.name}: passed over, as the format takes others: {listed}",)
