"""Benchmarks of the audit commands: trace, verify, a build as of a moment, and a diff.

    python bench/audit.py --fills 1000000 --work /tmp/bench [--rounds 3]

Each on a ledger of N fills. Every figure is a whole process: start-up, imports and all. What is
compared runs in turn, A B A B, and the median of the pairs' ratios is printed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from run import ROOT, Run, generated, make_project, paired, runner, timed

sys.path.insert(0, str(ROOT))

from runner.config import Target, load_config
from runner.engines.base import Column, open_engine
from runner.ingest import chain
from runner.ingest.facts import FactTable, fact_tables, schema_version
from runner.moments import microseconds

BOOKS = ("ledger_batches", "ledger_batch_tables")
COMPARED = "lot_matches"  # about as many rows as there are fills
KEY = ("opening_fill_id", "closing_fill_id")
ALTERED = 1000  # one row in so many
_BARE = """
import json, sys, duckdb
connection = duckdb.connect(config={
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
    "preserve_insertion_order": "false"})
connection.execute("set disabled_optimizers = 'statistics_propagation'")  # as the runner
for number, path in enumerate(sys.argv[2:]):
    connection.execute(f"attach '{path}' as side_{number} (read_only)")
for statement in json.load(open(sys.argv[1])):
    connection.execute(statement).fetchall()
"""


def seal(database: Path, project: Path) -> None:
    """Give the generator's one batch the hashes that an ingest of its rows would have made."""
    engine = open_engine(Target("bench", "duckdb", database))
    with closing(engine), engine.staging() as staging, engine.transaction():
        facts = fact_tables(engine, load_config(project).migration_path)
        roots = [
            chain.hash_rows(staging, f.name, f.key, f.columns, f"select * from {f.name}")
            for f in facts.values()
            if f.name not in BOOKS
        ]
        roots = [root for root in roots if root.row_count]
        (row,) = engine.query("select * from ledger_batches").named
        del row["chain_hash"]
        moment = row["recorded_at"]
        row |= {
            "row_count": sum(root.row_count for root in roots),
            "content_hash": chain.content_hash(roots),
            "schema_version": schema_version(engine),
            "recorded_at": microseconds(moment),
        }
        row |= {"chain_hash": chain.chain_hash(list(row.values())), "recorded_at": moment}
        for table in BOOKS:
            engine.lift_guard(table)
            engine.execute(f"delete from {table}")
        columns = facts["ledger_batches"].columns
        engine.insert_rows("ledger_batches", columns, [[row[c.name] for c in columns]])
        engine.insert_rows(
            "ledger_batch_tables",
            facts["ledger_batch_tables"].columns,
            [(1, root.table, root.row_count, root.root_hash, moment) for root in roots],
        )
        for table in BOOKS:
            engine.guard_fact(table)


def make_facts(work: Path, fills: int) -> Path:
    """A ledger of facts alone, of today's schema, with an honest chain."""
    made = work / f"audit-facts-{fills}.duckdb"
    if made.exists():
        return made
    facts = generated(work, fills)
    partial = made.with_suffix(".partial")
    project = make_project(work / "audit-facts", partial)
    shutil.copyfile(facts, partial)
    timed(runner("migrate", "up"), project)
    seal(partial, project)
    partial.rename(made)
    return made


def bare(work: Path, name: str, statements: Sequence[str], *databases: Path) -> Callable[[], Run]:
    """The same asked of DuckDB alone; its databases are side_0, side_1, …"""
    listing = work / f"audit-{name}.json"
    listing.write_text(json.dumps(statements))
    return lambda: timed([sys.executable, "-c", _BARE, str(listing), *map(str, databases)], work)


def bench_trace(project: Path, database: Path, fills: int, rounds: int) -> None:
    with closing(open_engine(Target("bench", "duckdb", database), read_only=True)) as engine:
        ids = [
            str(row[0])
            for row in engine.query(
                "select order_id from order_pnl where closed_quantity > 0 "
                f"order by md5(cast(order_id as text)) limit {rounds + 1}"
            ).rows
        ]
    runs = [timed(runner("trace", "order", order), project) for order in ids][1:]
    seconds = statistics.median(run.seconds for run in runs)
    user = statistics.median(run.user_seconds for run in runs)
    print(
        f"{f'runner trace order, {fills:,} fills':<52} {seconds:7.3f}s      goal < 0.5s"
        f" (user {user:.2f}s)",
        flush=True,
    )


def bench_verify(work: Path, project: Path, database: Path, fills: int, rounds: int) -> None:
    with closing(open_engine(Target("bench", "duckdb", database), read_only=True)) as engine:
        facts = fact_tables(engine, load_config(project).migration_path)
        counts = engine.row_counts([name for name in facts if name not in BOOKS])
    total = sum(counts.values())
    scans = [hashing(facts[name]) for name, count in counts.items() if count]
    paired(
        f"runner verify, {total:,} facts / sha256 of each", "< 3", rounds,
        lambda: timed(runner("verify"), project), bare(work, "scan", scans, database),
    )  # fmt: skip


def hashing(fact: FactTable) -> str:
    def text(column: Column) -> str:
        return f"cast({column.name} as varchar)"

    row = f"concat_ws(chr(9), {', '.join(map(text, fact.columns))})"
    return f"select max(sha256({row})) from side_0.{fact.name}"


def bench_as_of(work: Path, facts: Path, fills: int, rounds: int) -> None:
    database = work / "audit-normal.duckdb"
    project = make_project(work / "audit-normal", database)

    def normal() -> Run:
        shutil.copyfile(facts, database)
        return timed(runner("build"), project)

    def as_of() -> Run:
        shutil.copyfile(facts, database)
        shutil.rmtree(project / "target" / "as_of", ignore_errors=True)
        return timed(runner("build", "--as-of", "2026-04-02"), project)

    timed(runner("ls"), project)  # file caches warm
    paired(f"runner build --as-of, {fills:,} fills / runner build", "< 1.2", rounds, as_of, normal)
    shutil.rmtree(project)
    database.unlink()


def bench_diff(work: Path, project: Path, database: Path, rounds: int) -> None:
    other = work / "audit-other.duckdb"
    shutil.copyfile(database, other)
    settings = project / "pyproject.toml"
    settings.write_text(
        settings.read_text() + f'[tool.runner.targets.other]\nengine = "duckdb"\npath = "{other}"\n'
    )
    with closing(open_engine(Target("bench", "duckdb", other))) as engine:
        columns = [c.name for c in engine.relations()[COMPARED].columns]
        rows = engine.row_count(COMPARED)
        engine.lift_guard(COMPARED)
        engine.execute(
            f"update {COMPARED} set close_price = close_price + 1 "
            f"where hash(closing_fill_id) % {ALTERED} = 0"
        )
    differs = " or ".join(f"a.{c} is distinct from b.{c}" for c in columns if c not in KEY)
    join = (
        f"select count(*) filter (where {differs}) from side_0.{COMPARED} as a "
        f"full join side_1.{COMPARED} as b using ({', '.join(KEY)})"
    )

    def ours() -> Run:
        command = runner("diff", "target:duckdb", "target:other", "--select", COMPARED)
        return timed(["sh", "-c", '"$@"; test $? -eq 1', "sh", *command], project)

    paired(
        f"runner diff, {rows:,} rows a side / their hash join", "< 2", rounds,
        ours, bare(work, "join", [join], database, other),
    )  # fmt: skip
    other.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with room for it all")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work, fills, rounds = options.work.resolve(), options.fills, options.rounds
    facts = make_facts(work, fills)
    database = work / "audit-built.duckdb"
    project = make_project(work / "audit-built", database)
    shutil.copyfile(facts, database)
    timed(runner("build"), project)
    bench_trace(project, database, fills, max(rounds, 9))
    bench_verify(work, project, database, fills, rounds)
    bench_diff(work, project, database, rounds)
    database.unlink()
    bench_as_of(work, facts, fills, rounds)


if __name__ == "__main__":
    main()
