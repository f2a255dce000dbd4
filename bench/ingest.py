"""Benchmarks of ingest and of reconciliation: canonical Parquet and CSV of N fills.

    python bench/ingest.py --fills 1000000 --work /tmp/bench [--rounds 3] [--part ingest]

Rows a second of `runner ingest` on DuckDB: into an empty ledger, the same file once more, and the
same without hashing; the same of a CSV; and DuckDB's own insert of facts that it has already into
the same two tables, with their keys, which no ingest could be faster than. Then reconciliation of
the N fills against a statement of N beside the bare full outer join of the two tables. Every figure
is a whole process: start-up, imports and all, with its user time. What is compared runs in turn.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from run import BARE, Run, generated, make_project, paired, runner, timed

# the command with no row read to be hashed: what hashing adds is the rest
_UNHASHED = """
import sys
from runner.ingest import chain

def counted(staging, table, key, columns, sql):
    count = staging.rows(f"select count(*) from ({sql}) as rows")[0][0]
    return chain.Root(table, count, "0" * 64)

chain.hash_rows = counted
from runner.cli.main import main
main()
"""
_FILLS = """
    select
        f.venue, f.account_id as account, f.instrument_id as symbol,
        o.exchange_order_id as order_id, f.exchange_fill_id as fill_id, f.side, f.quantity,
        f.price, f.fee_amount, f.fee_currency, f.liquidity, f.executed_at
    from facts.order_fills as f
    inner join facts.orders as o on f.order_id = o.order_id
    where f.kind = 'TRADE'
    order by f.executed_at, f.exchange_fill_id
"""
# one fill in so many is one the venue does not tell of, and one it tells another price of
_STATED = """
    select * exclude (n)
        replace (case when n % 50021 = 0 then price + 0.01 else price end as price)
    from (select *, cast(substr(fill_id, 3) as bigint) as n from '{fills}') as fills
    where n % 50023 <> 0
"""
_INSTRUMENTS = """
    select
        symbol, instrument_type, base_currency, quote_currency, settlement_currency, multiplier,
        is_inverse, tick_size, lot_size
    from facts.instruments
"""
# what any ingest must at least do: nothing is read of a file, judged, hashed or kept
_INSERT = [
    "attach '{facts}' as facts (read_only)",
    "insert into orders by name select * from facts.orders",
    "insert into order_fills by name select * from facts.order_fills where kind = 'TRADE'",
]
# what reconciliation must at least do: bring both sides of every fill together
_JOIN = [
    "drop table if exists joined",
    """
    create table joined as
    with theirs as (
        select statements.venue, statements.account_id, fills.*
        from statement_fills as fills
        inner join statements on fills.statement_id = statements.statement_id
    )

    select
        ours.fill_id, theirs.statement_fill_id, ours.quantity, theirs.quantity as their_quantity,
        ours.price, theirs.price as their_price, ours.fee_amount,
        theirs.fee_amount as their_fee_amount, ours.fee_currency,
        theirs.fee_currency as their_fee_currency
    from order_fills as ours
    full outer join theirs
        on ours.venue = theirs.venue
        and ours.account_id = theirs.account_id
        and ours.instrument_id = theirs.instrument_id
        and ours.side = theirs.side
        and ours.exchange_fill_id = theirs.exchange_fill_id
    """,
]
_BREAKS = "exchange_reconciliation"


def files(work: Path, fills: int) -> dict[str, Path]:
    """The generator's fills as canonical files, made once in a work folder."""
    import duckdb

    facts = generated(work, fills)
    folder = facts.parent
    made = {
        "parquet": folder / "fills.parquet",
        "csv": folder / "fills.csv",
        "statement": folder / "statement.parquet",
        "instruments": folder / "instruments.csv",
    }
    stated = _STATED.format(fills=made["parquet"])
    wanted = {
        "parquet": _FILLS,
        "csv": f"from '{made['parquet']}'",
        "statement": stated,
        "instruments": _INSTRUMENTS,
    }
    with duckdb.connect() as memory:
        memory.execute(f"attach '{facts}' as facts (read_only)")
        for name, sql in wanted.items():
            if not made[name].exists():
                kind = "parquet" if made[name].suffix == ".parquet" else "csv"
                memory.execute(f"copy ({sql}) to '{made[name]}' (format {kind})")
    return made


def empty_ledger(work: Path, instruments: Path) -> tuple[Path, Path]:
    """A project whose ledger knows the instruments; the ledger is kept beside as it is then."""
    ledger = work / "ingest.duckdb"
    _drop(ledger)
    project = make_project(work / "ingest", ledger)
    timed(runner("migrate", "up"), project)
    timed(runner("ingest", str(instruments), "--format", "canonical-instruments"), project)
    kept = work / "ingest-empty.duckdb"
    shutil.copyfile(ledger, kept)
    return project, kept


def _drop(ledger: Path) -> None:
    for file in (ledger, ledger.with_name(ledger.name + ".wal")):
        file.unlink(missing_ok=True)


def report(name: str, goal: str, fills: int, runs: list[Run]) -> None:
    """Rows a second of whole processes, of the median run."""
    seconds = statistics.median(run.seconds for run in runs)
    user = statistics.median(run.user_seconds for run in runs)
    memory = max(run.peak_mib for run in runs)
    print(
        f"{name:<52} {fills / seconds:11,.0f} rows/s  goal {goal:<10} ({seconds:.2f}s, "
        f"user {user:.2f}s, peak {memory:,.0f} MiB)",
        flush=True,
    )


def bench_ingest(work: Path, fills: int, rounds: int) -> None:
    made = files(work, fills)
    project, kept = empty_ledger(work, made["instruments"])
    ledger = work / "ingest.duckdb"

    def load(file: Path, command: list[str], *, anew: bool = True) -> Run:
        if anew:
            _drop(ledger)
            shutil.copyfile(kept, ledger)
        return timed([*command, "ingest", str(file), "--format", "canonical-fills"], project)

    inserting = work / "insert.json"
    inserting.write_text(json.dumps([sql.format(facts=generated(work, fills)) for sql in _INSERT]))
    inserted = []
    for _ in range(rounds):
        _drop(ledger)
        shutil.copyfile(kept, ledger)
        inserted.append(timed([sys.executable, "-c", BARE, str(ledger), str(inserting)], work))
    report(f"DuckDB's own insert of {fills:,} fills", "", fills, inserted)
    script = work / "unhashed.py"
    script.write_text(_UNHASHED)
    unhashed = [sys.executable, str(script)]
    for kind in ("parquet", "csv"):
        runs: dict[str, list[Run]] = {"first": [], "again": [], "unhashed": []}
        for _ in range(rounds):
            runs["first"].append(load(made[kind], runner()))
            runs["again"].append(load(made[kind], runner(), anew=False))
            runs["unhashed"].append(load(made[kind], unhashed))
        named = f"{fills:,} fills, {kind}"
        report(f"ingest {named}", ">= 500,000", fills, runs["first"])
        report("the same file again: no new row", "", fills, runs["again"])
        report("the same with no row hashed", "", fills, runs["unhashed"])
        pairs = list(zip(runs["first"], runs["unhashed"], strict=True))
        added = statistics.median(a.seconds / b.seconds - 1 for a, b in pairs)
        added_user = statistics.median(a.user_seconds / b.user_seconds - 1 for a, b in pairs)
        print(
            f"{'hashing adds to it':<52} {added:11.3f}         goal < 0.333    "
            f"(to user time {added_user:.3f})",
            flush=True,
        )


def bench_reconciliation(work: Path, fills: int, rounds: int) -> None:
    made = files(work, fills)
    project, _ = empty_ledger(work, made["instruments"])
    ledger = work / "ingest.duckdb"
    load = runner("ingest", str(made["parquet"]), "--format", "canonical-fills")
    timed(load, project)
    stated = runner("ingest", str(made["statement"]), "--format", "canonical-fills")
    statement = timed([*stated, "--as", "statement"], project)
    report(f"ingest {fills:,} fills as a statement", "", fills, [statement])
    timed(runner("build"), project)  # what reconciliation reads is built
    bare = work / "bare.duckdb"
    _drop(bare)
    shutil.copyfile(ledger, bare)
    joining, comparing = work / "join.json", work / "compare.json"
    joining.write_text(json.dumps(_JOIN))
    comparing.write_text(json.dumps(compiled(project)))

    def plain(what: Path) -> Callable[[], Run]:
        return lambda: timed([sys.executable, "-c", BARE, str(bare), str(what)], work)

    def build() -> Run:
        return timed(runner("build", "--full-refresh", "--select", _BREAKS), project)

    plain(joining)()  # file caches warm
    named = f"{fills:,} fills and a statement"
    paired(f"{_BREAKS} / full outer join, {named}", "< 2", rounds, plain(comparing), plain(joining))
    paired("its build, with its checks / the same", "", rounds, build, plain(joining))


def compiled(project: Path) -> list[str]:
    """The SQL of the model that says where the two differ."""
    from runner.config import load_config
    from runner.workspace import open_workspace

    models = open_workspace(load_config(project)).models.values()
    (model,) = (m for m in models if m.name == _BREAKS)
    return ["drop table if exists compared", f"create table compared as {model.sql}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with room for it all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=("ingest", "reconciliation"), help="one of the two alone")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work = options.work.resolve()
    if options.part != "reconciliation":
        bench_ingest(work, options.fills, options.rounds)
    if options.part != "ingest":
        bench_reconciliation(work, options.fills, options.rounds)


if __name__ == "__main__":
    main()
