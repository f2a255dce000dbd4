"""What a unit test found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.unit_tests.definition import UnitTest

Row = tuple[Any, ...]


@dataclass(frozen=True)
class UnitTestResult:
    """`missing` rows were expected and not given, `unexpected` ones given and not expected.

    Rows hold the values of `columns`, which the test names. `seconds` is wall time.
    """

    test: UnitTest
    columns: tuple[str, ...]
    missing: tuple[Row, ...]
    unexpected: tuple[Row, ...]
    expected_count: int
    found_count: int
    seconds: float

    @property
    def has_passed(self) -> bool:
        return not self.missing and not self.unexpected

    @property
    def sentence(self) -> str:
        rows = "row" if self.expected_count == 1 else "rows"
        return (
            f"{self.expected_count} {rows} expected, {self.found_count} found: "
            f"{len(self.missing)} missing (-), {len(self.unexpected)} not expected (+)"
        )
