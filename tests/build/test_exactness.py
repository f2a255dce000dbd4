"""SQL that would turn money into a float is refused, also where the text was fine before."""

from __future__ import annotations

import pytest

from runner.build import exactness as guard
from runner.sqltyping import exactness

PRICED = {
    "models/prices.sql": "select cast(1.25 as decimal(38, 12)) as price",
    "models/raised.sql": (
        "select price + cast(1 as decimal(38, 12)) as raised from {{ ref('prices') }}"
    ),
    "checks/prices.yml": (
        "suite: prices\nchecks:\n  - table: raised\n    rules:\n"
        "      - expression: raised < 100.5\n        name: prices_are_low\n"
    ),
}


def strict(make):
    """A plain project in which a float near money is an error, as it is in a ledger."""
    project = make(PRICED)
    settings = project.root / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace("[tool.runner]", '[tool.runner]\nexact_money = "error"')
    )
    return project


def test_the_same_text_over_other_types_is_looked_at_again(make, cli):
    project = strict(make)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    project.write({"models/prices.sql": "select cast(1.25 as double) as price"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "R260" in outcome.stderr


def test_what_was_found_exact_is_not_looked_at_again(make, cli, monkeypatch: pytest.MonkeyPatch):
    project = strict(make)
    assert cli(project, "build").exit_code == 0

    def look(sql: str, schema: object) -> None:
        raise AssertionError(f"looked again at {sql}")

    monkeypatch.setattr(exactness, "look_at", look)
    outcome = cli(project, "build", "--full-refresh")
    assert outcome.exit_code == 0, outcome.stderr


@pytest.mark.parametrize("root", ["sqrt(price)", "price ** 0.5", "stddev(price)", "ln(price)"])
def test_a_function_of_floats_is_refused_with_its_line(make, cli, root):
    project = strict(make)
    project.write({"models/roots.sql": f"select\n    {root} as x\nfrom {{{{ ref('prices') }}}}"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R260]" in outcome.stderr
    assert "where: models/roots.sql:2\n" in outcome.stderr
    assert "write cast(price as double) in it" in outcome.stderr


def test_a_union_that_rounds_is_refused_with_its_line(make, cli):
    project = strict(make)
    project.write(
        {
            "models/cents.sql": "select cast(1.25 as decimal(18, 2)) as price",
            "models/both.sql": "select sum(price) as price from {{ ref('cents') }}\nunion all\n"
            "select price from {{ ref('prices') }}\n",
        }
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R260]: both would round exact money" in outcome.stderr
    assert "where: models/both.sql:3\n" in outcome.stderr


def test_a_float_that_was_asked_for_is_one(make, cli):
    project = strict(make)
    project.write(
        {"models/roots.sql": "select sqrt(cast(price as double)) as x from {{ ref('prices') }}"}
    )
    assert cli(project, "build").exit_code == 0
    assert project.rows("select x from roots") == [(1.25**0.5,)]


HELD = (
    "select [price] as paid, {'price': price} as quote, map(['of'], [price]) as named,\n"
    "timestamp '2026-03-02 10:00:00' as seen_at from {{ ref('prices') }}"
)


def shared(make, select: str):
    """A strict project whose model `shared` is a query of money in a list, a struct and a map."""
    project = strict(make)
    project.write(
        {
            "models/held.sql": HELD,
            "models/shared.sql": f"{select} from {{{{ ref('held') }}}}",
        }
    )
    return project


@pytest.mark.parametrize("engine_name", ["duckdb"])  # SQLite has no such types
@pytest.mark.parametrize(
    "made",
    [
        "paid[1] / 3", "paid[1] // 3", "quote.price / 3", "named['of'] / 3", "list_avg(paid)",
        "unnest(paid) / 2",
        "list_transform(paid, lambda x: x / 3)", "(select avg(x) from unnest(paid) as u(x))",
        "cast(round(paid[1] / 3, 2) as decimal(18, 2))", "sqrt(paid[1])", "entropy(paid[1])",
    ],
)  # fmt: skip
def test_a_float_of_money_in_a_list_is_refused(make, cli, made: str):
    project = shared(make, f"select\n    {made} as share")
    outcome = cli(project, "build")
    assert outcome.exit_code == 2, outcome.stderr
    assert "error[R260]: shared would turn exact money into a binary float" in outcome.stderr
    assert "where: models/shared.sql:2\n" in outcome.stderr
    assert not project.rows("select 1 from duckdb_tables() where table_name = 'shared'")


def test_of_a_column_that_is_not_there_the_database_has_more_to_say(make, cli):
    project = strict(make)
    project.write({"models/shared.sql": "select cost / 3 as share from {{ ref('prices') }}"})
    outcome = cli(project, "build")
    assert (outcome.exit_code, "error[R310]" in outcome.stderr) == (3, True)
    assert "cost" in outcome.stderr


@pytest.mark.parametrize("engine_name", ["duckdb"])
def test_a_check_by_a_float_of_money_in_a_list_is_refused(make, cli):
    project = shared(make, "select paid, 'x' as note")
    check = "checks:\n  - {table: shared, rules: [{expression: 'paid[1] / 3 < 5', name: low}]}\n"
    project.write({"checks/low.yml": check})
    for words in (["build"], ["build", "--full-refresh"]):
        outcome = cli(project, *words)
        assert outcome.exit_code == 2
        assert "error[R260]: the check low would turn exact money" in outcome.stderr


@pytest.mark.parametrize("engine_name", ["duckdb"])
@pytest.mark.parametrize(
    "made",
    [
        "list_sum(paid) as share", "cast(paid[1] as double) / 3", "extract(epoch from seen_at)",
        "paid", "cast(paid[1] as double) as x, cast(paid[1] as double) as x", "*, 1e0 as x",
    ],
)  # fmt: skip
def test_what_is_exact_or_no_money_is_not(make, cli, made: str):
    project = shared(make, f"select {made}")
    for _ in range(2):
        outcome = cli(project, "build", "--full-refresh")
        assert (outcome.exit_code, "warning" in outcome.stderr) == (0, False), outcome.stderr


def test_what_extends_a_table_is_looked_at_once(make, cli, monkeypatch: pytest.MonkeyPatch):
    project = strict(make)
    project.write(
        {
            "seeds/paid.csv": "id,amount\n1,1.5\n",
            "models/totals.sql": (
                "{{ config(materialized='incremental') }}\n"
                "select id, cast(amount as decimal(38, 12)) as amount from {{ ref('paid') }}\n"
                "{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}"
            ),
        }
    )
    assert cli(project, "build").exit_code == 0
    seen: list[str] = []
    look = exactness.look_at

    def counting(sql: str, schema: object) -> object:
        seen.append(sql)
        return look(sql, schema)

    monkeypatch.setattr(exactness, "look_at", counting)
    for row in (2, 3):
        # as another process, which knows what is published and no more
        monkeypatch.setattr(guard, "_CLEAN", set())
        with (project.root / "seeds" / "paid.csv").open("a") as file:
            file.write(f"{row},2.5\n")
        outcome = cli(project, "build")
        assert outcome.exit_code == 0, outcome.stderr
    assert project.rows("select count(*) from totals") == [(3,)]
    assert len([sql for sql in seen if "max(id)" in sql]) == 1
