"""What `runner ingest --describe` says of a format is so of its files."""

from __future__ import annotations

import pytest

from runner.ingest.describe import described
from runner.ingest.formats import find_format


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("binance-trades", "JSON objects: an array of them, one a line, or one alone."),
        ("freqtrade-trades", "JSON objects: an array of them, one a line, or one alone; or in an "
         "object around them, at the first of these: `strategy.<strategy_name>`, `trades`."),
        ("fix-executions", "messages (`35=8`), wherever they stand in a log."),
        ("ibkr-flex-positions", "XML elements (`OpenPosition`, `CashReportCurrency`) that hold "
         "their values in attributes."),
    ],
)  # fmt: skip
def test_a_format_without_columns_tells_its_records_by_the_kind_of_file(name, said):
    *_, last = described(find_format(None, name))
    assert last == f"Its records are {said}"


def test_a_format_with_columns_tells_each_of_them():
    form = find_format(None, "canonical-fills")
    rows = [line for line in described(form) if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [*form.columns, *form.optional]
