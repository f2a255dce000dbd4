"""Benchmarks of the checks: our engine, the same rules fused by hand, and Great Expectations.

    python bench/checks.py --fills 1000000 --work /tmp/bench [--rounds 3] [--no-gx]

Twenty rules over N fills and N / 3 orders, and 600 over 300 small tables. Every figure is a whole
process: start-up, imports and all. What is compared runs in turn, A B A B, and the median of the
pairs' ratios is printed. All rules pass, which each of the three must find for itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from pathlib import Path

from run import Run, generated, paired, runner, timed

TABLES = 300
SUITE = """\
checks:
  - table: order_fills
    rules:
      - expect_table_row_count_to_be_between: {min_value: 1}
      - expect_column_values_to_not_be_null: order_id
      - expect_column_values_to_not_be_null: executed_at
      - expect_column_values_to_not_be_null: fee_currency
      - expect_column_values_to_be_unique: fill_id
      - expect_column_values_to_be_between: {column: quantity, min_value: 0, strict_min: true}
      - expect_column_values_to_be_between: {column: price, min_value: 0, strict_min: true}
      - expect_column_values_to_be_between:
          {column: fee_amount, min_value: -1000000, max_value: 1000000}
      - expect_column_values_to_be_in_set: {column: side, value_set: [BUY, SELL]}
      - expect_column_values_to_be_in_set: {column: liquidity, value_set: [MAKER, TAKER]}
      - expect_column_values_to_be_in_set: {column: kind, value_set: [TRADE, CORRECTION, BUST]}
      - expect_column_value_lengths_to_be_between:
          {column: exchange_fill_id, min_value: 1, max_value: 64}
      - expect_column_pair_values_a_to_be_greater_than_b:
          {column_A: recorded_at, column_B: executed_at, or_equal: true,
           ignore_row_if: either_value_is_missing}
      - expression: (kind = 'TRADE') = (corrects_fill_id is null)
      - expression: not is_rounded
      - expect_foreign_key_to_exist: {column_list: [order_id], other_table: orders}
  - table: orders
    rules:
      - expect_column_values_to_be_unique: order_id
      - expect_column_values_to_be_in_set: {column: side, value_set: [BUY, SELL]}
      - expect_column_values_to_be_between: {column: quantity, min_value: 0, strict_min: true}
      - expect_column_values_to_not_be_null: client_order_id
"""
# what a person would write for speed: each table scanned once, and each key grouped once
BY_HAND = [
    """
    select
        count(*) < 1,
        count(*) filter (where order_id is null),
        count(*) filter (where executed_at is null),
        count(*) filter (where fee_currency is null),
        count(*) filter (where quantity <= 0),
        count(*) filter (where price <= 0),
        count(*) filter (where fee_amount not between -1000000 and 1000000),
        count(*) filter (where side not in ('BUY', 'SELL')),
        count(*) filter (where liquidity not in ('MAKER', 'TAKER')),
        count(*) filter (where kind not in ('TRADE', 'CORRECTION', 'BUST')),
        count(*) filter (where length(exchange_fill_id) not between 1 and 64),
        count(*) filter (where recorded_at < executed_at),
        count(*) filter (where (kind = 'TRADE') <> (corrects_fill_id is null)),
        count(*) filter (where is_rounded)
    from order_fills
    """,
    """
    select coalesce(sum(row_count), 0)
    from (
        select count(*) as row_count from order_fills
        where fill_id is not null group by fill_id having count(*) > 1
    )
    """,
    """
    select count(*) from order_fills as fills
    left join orders on fills.order_id = orders.order_id
    where fills.order_id is not null and orders.order_id is null
    """,
    """
    select
        count(*) filter (where side not in ('BUY', 'SELL')),
        count(*) filter (where quantity <= 0),
        count(*) filter (where client_order_id is null)
    from orders
    """,
    """
    select coalesce(sum(row_count), 0)
    from (
        select count(*) as row_count from orders
        where order_id is not null group by order_id having count(*) > 1
    )
    """,
]
_BARE = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True, config={
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
    "preserve_insertion_order": "false"})
connection.execute("set disabled_optimizers = 'statistics_propagation'")  # as the runner
for statement in json.load(open(sys.argv[2])):
    assert not any(connection.execute(statement).fetchone()), statement
"""


def check_project(folder: Path, database: Path, tables: list[str], suite: str) -> Path:
    """A project of checks alone, on tables that others have made."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("models", "checks"):
        (folder / name).mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[tool.runner]\nname = "checks"\n[tool.runner.targets.duckdb]\nengine = "duckdb"\n'
        f'path = "{database}"\n'
    )
    listed = "".join(f"      - name: {table}\n" for table in tables)
    (folder / "models" / "sources.yml").write_text(
        f"sources:\n  - name: facts\n    tables:\n{listed}"
    )
    (folder / "checks" / "all.yml").write_text(suite)
    return folder


def bench_rules(work: Path, fills: int, rounds: int, with_gx: bool) -> None:
    facts = generated(work, fills)
    project = check_project(work / "rules", facts, ["order_fills", "orders"], SUITE)
    listing = work / "by-hand.json"
    listing.write_text(json.dumps(BY_HAND))

    def native() -> Run:
        return timed(runner("check"), project)

    def by_hand() -> Run:
        return timed([sys.executable, "-c", _BARE, str(facts), str(listing)], work)

    def gx() -> Run:
        return timed(runner("check", "--engine", "gx"), project)

    native(), by_hand()  # file caches warm
    paired(f"20 rules over {fills:,} fills / fused by hand", "< 1.3", rounds, native, by_hand)
    if with_gx:
        paired("the same / Great Expectations", "< 0.25", rounds, native, gx)


def bench_small_tables(work: Path, rounds: int) -> None:
    import duckdb

    database = work / "small.duckdb"
    database.unlink(missing_ok=True)
    tables = [f"table_{number:03}" for number in range(TABLES)]
    with duckdb.connect(str(database)) as made:
        for table in tables:
            made.execute(f"create table {table} as select i as id from range(100) as r (i)")
    suite = "checks:\n" + "".join(
        f"  - table: {table}\n    rules:\n"
        "      - expect_column_values_to_be_unique: id\n"
        "      - expect_column_values_to_not_be_null: id\n"
        for table in tables
    )
    project = check_project(work / "small", database, tables, suite)
    runs = [timed(runner("check"), project) for _ in range(rounds + 1)][1:]
    seconds = statistics.median(run.seconds for run in runs)
    print(f"{f'{2 * TABLES} checks over {TABLES} small tables':<52} {seconds:7.3f}s      goal < 4s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with room for it all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-gx", action="store_true", help="leave Great Expectations out")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work = options.work.resolve()
    bench_small_tables(work, options.rounds)
    bench_rules(work, options.fills, options.rounds, not options.no_gx)


if __name__ == "__main__":
    main()
