"""Every expectation by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.checks.expectations import (
    aggregates,
    columns,
    distribution,
    keys,
    queries,
    records,
    tables,
    time,
)
from runner.checks.expectations.forms import Expectation

VOCABULARY: Mapping[str, Expectation] = {
    expectation.name: expectation
    for module in (columns, records, keys, aggregates, distribution, tables, queries, time)
    for expectation in module.EXPECTATIONS
}


def canonical_name(name: str) -> str:
    """A name as Python writes it, `ExpectColumnToExist`, as `expect_column_to_exist`.

    >>> canonical_name("UnexpectedRowsExpectation"), canonical_name("unique")
    ('unexpected_rows_expectation', 'unique')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() if name[:1].isupper() else name
