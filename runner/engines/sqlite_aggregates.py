"""Aggregates of rewritten SQL; those with `inverse` and `value` may run over a window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from runner.engines.sqlite_decimals import fit, hugeint_to_double, read

MAX_DIGITS = 38


class DecimalSum:
    """sum(decimal): decimal(38, s), NULL over nothing, raises past 38 digits at the end."""

    def __init__(self) -> None:
        self.total = 0
        self.count = 0
        self.scale = 0

    def step(self, value: str | None) -> None:
        if value is not None:
            unscaled, self.scale = read(value)
            self.total += unscaled
            self.count += 1

    def inverse(self, value: str | None) -> None:
        if value is not None:
            self.total -= read(value)[0]
            self.count -= 1

    def value(self) -> str | None:
        return fit(self.total, MAX_DIGITS, self.scale) if self.count else None

    final = value


class IntegerAverage:
    """avg(whole number): the exact sum made a float, divided by the count."""

    def __init__(self) -> None:
        self.total = 0
        self.count = 0

    def step(self, value: int | None) -> None:
        if value is not None:
            self.total += value
            self.count += 1

    def inverse(self, value: int | None) -> None:
        if value is not None:
            self.total -= value
            self.count -= 1

    def value(self) -> float | None:
        whole = hugeint_to_double(self.total)
        return whole / self.count if self.count and whole is not None else None

    final = value


class ArgBest:
    """arg_max / arg_min: the value beside the best key; the first of equals; NULLs are skipped."""

    def __init__(self, better: Callable[[Any, Any], Any], *, decimals: bool) -> None:
        self.better = better
        self.decimals = decimals
        self.key: object = None
        self.best: object = None

    def step(self, value: object, key: object) -> None:
        if value is None or key is None:
            return
        if self.decimals:
            assert isinstance(key, str)
            key = read(key)[0]
        if self.key is None or self.better(key, self.key):
            self.key, self.best = key, value

    def final(self) -> object:
        return self.best


class FirstKnown:
    """any_value: the first value that is not NULL."""

    def __init__(self) -> None:
        self.values: deque[object] = deque()

    def step(self, value: object) -> None:
        if value is not None:
            self.values.append(value)

    def inverse(self, value: object) -> None:
        if value is not None:
            self.values.popleft()

    def value(self) -> object:
        return self.values[0] if self.values else None

    final = value
