"""What one of Great Expectations' results says: met or not, how many failed, or that it broke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def failures_of(result: Any) -> int | None:
    """How many rows failed; None where only a query can tell (rows that are let pass).

    A figure of the whole table fails as one.
    """
    found: Mapping[str, Any] = result.result
    if "unexpected_count" in found:
        return int(found["unexpected_count"] or 0)  # of no row it is null
    if result.expectation_config.type == "unexpected_rows_expectation":
        return None if result.success else int(found["observed_value"])
    return 0 if result.success else 1


def broken(result: Any) -> str | None:
    """What Great Expectations says of an expectation that it could not judge."""
    info: Mapping[str, Any] = result.exception_info or {}
    told = [info] if "raised_exception" in info else list(info.values())
    for one in told:
        if one.get("raised_exception"):
            return " ".join(str(one.get("exception_message") or "").split())
    return None
