"""Two builds of a small project compared: every kind of difference, however they are compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from runner.audit.diff import joined
from runner.audit.diff.builds import Build
from runner.audit.diff.comparison import compare
from runner.audit.diff.results import TableDifference
from runner.audit.diff.tables import tables
from runner.checks.rules import Rule, RuleKind, Severity
from runner.config import Target
from runner.engines.base import Column, open_engine
from runner.errors import Location
from runner.sqltyping.types import MONEY, TEXT, TIMESTAMP
from tests.conftest import ENGINES, MadeProject, Outcome

Cli = Callable[..., Outcome]
FILES = {
    "seeds/raw.csv": "id,day,currency,amount\na,1,USD,1.50\nb,2,USD,2.50\nc,3,EUR,3.00\n",
    "seeds/raw.yml": "seeds: [{name: raw, config: {column_types: {amount: 'decimal(38, 12)'}}}]",
    "models/sums.sql": "select id, day, currency, amount from {{ ref('raw') }}",
    "models/sums.yml": """
        models:
          - name: sums
            columns:
              - {name: id, data_tests: [unique, not_null]}
    """,
    "models/bag.sql": """
        {{ config(materialized='table') }}
        select currency from {{ ref('raw') }}
    """,
}


def told(cli: Cli, project: MadeProject, *words: str, code: int = 1) -> dict[str, Any]:
    outcome = cli(project, "diff", *words, "--format", "json")
    assert outcome.exit_code == code, outcome.stderr
    found: dict[str, Any] = json.loads(outcome.stdout)
    assert found["equal"] is (code == 0)
    return found


@pytest.fixture
def project(make: Callable[..., MadeProject], cli: Cli) -> MadeProject:
    made = make(FILES)
    assert cli(made, "build").exit_code == 0
    return made


@pytest.mark.parametrize("few", [0, 10_000])
def test_an_edited_project_against_what_is_published(
    project: MadeProject, cli: Cli, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(joined, "FEW", few)
    assert told(cli, project, "published", "project", code=0)["tables"][1]["rows"] == []
    project.write(
        {
            "models/sums.sql": "select case id when 'c' then 'd' else id end as id, day, currency, "
            "case id when 'a' then 0.25 else 0 end + amount as amount, 1 as n "
            "from {{ ref('raw') }}",
            "models/extra.sql": "select 1 as n",
        }
    )
    found = told(cli, project, "published", "project")
    bag, sums = found["tables"]
    assert bag["equal"] and found["only_in_b"] == ["extra"]
    assert sums["key"] == ["id"]
    assert (sums["added"], sums["removed"], sums["changed"]) == (1, 1, 1)
    assert sums["changed_columns"] == {"amount": 1}
    assert sums["columns_only_in_b"] == ["n"]
    changed, removed, added = sums["rows"]
    assert changed == {
        "change": "changed",
        "key": {"id": "a"},
        "columns": {
            "amount": {"a": "1.500000000000", "b": "1.750000000000", "delta": "0.250000000000"}
        },
    }
    assert (removed["change"], removed["key"]) == ("removed", {"id": "c"})
    assert removed["row"]["amount"] == "3.000000000000"
    assert (added["change"], added["key"]) == ("added", {"id": "d"})
    assert {(t["currency"], t["delta"]) for t in sums["totals"]} == {
        ("EUR", "0.000000000000"),
        ("USD", "0.250000000000"),
    }
    # nothing was published
    assert project.rows("select id from sums order by id") == [("a",), ("b",), ("c",)]
    # a model that is gone is told as well
    (project.root / "models/bag.sql").unlink()
    assert told(cli, project, "published", "project")["only_in_a"] == ["bag"]


def test_rows_without_a_key_are_counted(project: MadeProject, cli: Cli) -> None:
    project.write(
        {
            "models/bag.sql": """
                {{ config(materialized='table') }}
                select 'USD' as currency from {{ ref('raw') }}
            """
        }
    )
    (bag,) = told(cli, project, "published", "project", "--select", "bag")["tables"]
    assert bag["key"] is None
    assert (bag["added"], bag["removed"], bag["changed"]) == (1, 1, 0)
    rows = [(row["change"], row["key"]["currency"]) for row in bag["rows"]]
    assert rows == [("removed", "EUR"), ("changed", "USD")]


def test_a_column_of_another_type_is_told(project: MadeProject, cli: Cli) -> None:
    project.write(
        {
            "models/sums.sql": "select id, cast(day as varchar) as day, currency, amount "
            "from {{ ref('raw') }}"
        }
    )
    (sums,) = told(cli, project, "published", "project", "--select", "sums")["tables"]
    assert sums["columns_of_another_type"] == ["day"]
    assert (sums["added"], sums["removed"], sums["changed"]) == (0, 0, 0)


def test_table_and_markdown_tell_the_same(project: MadeProject, cli: Cli, tmp_path: Path) -> None:
    project.write(
        {"models/sums.sql": "select id, day, currency, amount * 2 as amount from {{ ref('raw') }}"}
    )
    table = cli(project, "diff", "published", "project", "--limit", "1")
    assert table.exit_code == 1
    lines = [line.split() for line in table.stdout.splitlines()]
    assert ["sums", "3", "3", "0", "0", "3", "amount", "(3)"] in lines
    assert ["USD", "amount", "4", "8", "4"] in lines
    assert ["changed", "a", "amount", "1.5", "3", "1.5"] in lines
    assert "sums: 1 of 3 rows that differ" in table.stdout
    assert "1 of 2 tables differ" in table.stderr
    path = tmp_path / "diff.md"
    words = ["--format", "markdown", "-o", str(path), "--select", "state:modified"]
    assert cli(project, "diff", "published", "project", *words).exit_code == 1
    assert "| changed | a | amount | 1.5 | 3 | 1.5 |" in path.read_text()


# tables of random rows, in databases of each engine


COLUMNS = (
    Column("k", TEXT),
    Column("at", TIMESTAMP),
    Column("amount", MONEY),
    Column("currency", TEXT),
)
Row = tuple[Any, ...]


def random_rows(random: Random) -> list[Row]:
    keys = [None, "a", "B", "ä", "z\u00df", "", "it's", *(str(n) for n in range(20))]
    moments = [None, datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 0, 1)]
    rows = {}
    for key in random.sample(keys, random.randint(0, len(keys))):
        for at in random.sample(moments, random.randint(1, 3)):
            amount = random.choice([None, Decimal(0), Decimal("0.1"), Decimal("-1e-12")])
            rows[key, at] = (key, at, amount, random.choice(["USD", None]))
    return list(rows.values())


def database(path: Path, engine: str, rows: list[Row]) -> Build:
    target = Target(path.stem, engine, path)
    opened = open_engine(target)
    opened.empty_table("t", COLUMNS)
    opened.insert_rows("t", COLUMNS, rows)
    relations = dict(opened.relations())
    opened.close()
    return Build(path.stem, target, relations, {}, [])


def expected(a: list[Row], b: list[Row], width: int) -> tuple[int, int, int, dict[str, int]]:
    """Added, removed, changed and the columns that changed, by a dictionary."""
    one, other = ({row[:width]: row for row in rows} for rows in (a, b))
    pairs = [(one[k], other[k]) for k in one.keys() & other.keys()]
    names = [c.name for c in COLUMNS]
    columns = {
        name: count
        for n, name in enumerate(names)
        if (count := sum(x[n] != y[n] for x, y in pairs))
    }
    return (
        len(other.keys() - one.keys()),
        len(one.keys() - other.keys()),
        sum(x != y for x, y in pairs),
        columns,
    )


def counts(found: TableDifference) -> tuple[int, int, int, dict[str, int]]:
    return found.added, found.removed, found.changed, dict(found.changed_columns)


@pytest.mark.parametrize("engines", [(a, b) for a in ENGINES for b in ENGINES], ids="-".join)
@pytest.mark.parametrize("few", [0, 10_000])
def test_random_tables_by_key_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: tuple[str, str], few: int
) -> None:
    monkeypatch.setattr(joined, "FEW", few)
    key = Rule("r", RuleKind.UNIQUE, "t", Severity.ERROR, Location(tmp_path), ("k", "at"))
    for seed in range(5):
        random = Random(seed)
        sides = [random_rows(random), random_rows(random)]
        builds = [
            database(tmp_path / f"{seed}{n}.{engine}", engine, rows)
            for n, (engine, rows) in enumerate(zip(engines, sides, strict=True))
        ]
        (found,) = compare(*builds, tables(["t"], *builds, [key]), 1000, 0).tables
        assert counts(found) == expected(*sides, 2)
        assert len(found.rows) == found.differing
        for total in found.totals:
            of = [
                [r[2] for r in rows if r[3] == total.currency and r[2] is not None]
                for rows in sides
            ]
            assert [total.before, total.after] == [sum(x) if x else None for x in of]
        keys = [tuple((v is not None, v) for v in row.key.values()) for row in found.rows]
        assert keys == sorted(keys)
        (found,) = compare(*builds, tables(["t"], *builds, []), 1000, 0).tables
        assert found.table.is_counted
        assert counts(found) == expected(*sides, len(COLUMNS))


def test_a_key_that_does_not_tell_rows_apart_is_not_believed(
    tmp_path: Path, engine_name: str
) -> None:
    row = ("a", None, Decimal(1), None)
    a = database(tmp_path / "a.db", engine_name, [row])
    b = database(tmp_path / "b.db", engine_name, [row, row])
    key = Rule("r", RuleKind.UNIQUE, "t", Severity.ERROR, Location(tmp_path), ("k",))
    found = compare(a, b, tables(["t"], a, b, [key]), 10, 0)
    assert counts(found.tables[0]) == (1, 0, 0, {})
    assert not found.is_equal
