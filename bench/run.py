"""Benchmarks against bare DuckDB and dbt, as ratios measured in one run.

    python bench/run.py --fills 1000000 --work /tmp/bench [--rounds 3] [--dbt]

`--dbt` makes a virtual environment of its own for dbt-core and dbt-duckdb, in the work folder.
Every figure is a whole process: start-up, imports and all. What is compared runs in turn, A B A B,
and the median of the pairs' ratios is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).parent.parent
BARE = """
import json, sys, duckdb
statements = json.load(open(sys.argv[2]))
connection = duckdb.connect(sys.argv[1], config={
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
    "preserve_insertion_order": "false"})
connection.execute("set disabled_optimizers = 'statistics_propagation'")  # as the runner
connection.execute("begin")
for statement in statements:
    connection.execute(statement).fetchall()
connection.execute("commit")
connection.close()
"""
_SORTED_COPY = [
    "drop table if exists sorted_copy",
    "create table sorted_copy as select * from order_fills "
    "order by account_id, instrument_id, executed_at, fill_id",
]


# lot sizes of generate.py, by the last digit of an instrument's number
_LOTS = [Decimal("0.001")] * 5 + [Decimal("0.01")] * 3 + [Decimal(1)] * 2


@dataclass(frozen=True)
class Run:
    seconds: float
    peak_mib: float
    user_seconds: float  # of all its threads: what others do on the machine hardly touches it


def timed(command: Sequence[str], cwd: Path, env: dict[str, str] | None = None) -> Run:
    """One process: wall seconds, and what the system counted for it."""
    # modules are compiled once, and kept, as they are wherever the package is installed
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with (cwd / "bench-output.txt").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=output, stderr=output, env={**kept, **(env or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit((cwd / "bench-output.txt").read_text()[-2000:] + f"\nfailed: {command}")
    return Run(seconds, usage.ru_maxrss / 1024, usage.ru_utime)


def paired(
    name: str, goal: str, rounds: int, ours: Callable[[], Run], theirs: Callable[[], Run]
) -> None:
    """Run both in turn and print the median ratio of the pairs."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    mine = statistics.median(a.seconds for a, _ in pairs)
    other = statistics.median(b.seconds for _, b in pairs)
    memory = max(a.peak_mib for a, _ in pairs)
    user = [
        statistics.median(run.user_seconds for run in runs) for runs in zip(*pairs, strict=True)
    ]
    print(
        f"{name:<52} ratio {ratio:7.3f}  goal {goal:<8} ({mine:.2f}s / {other:.2f}s, "
        f"user {user[0]:.2f}s / {user[1]:.2f}s, peak {memory:,.0f} MiB)",
        flush=True,
    )


def make_project(folder: Path, database: Path, demo: bool = False) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    sys.path.insert(0, str(ROOT))
    from runner.scaffold import scaffold

    scaffold(folder, with_demo=demo)
    (folder / "pyproject.toml").write_text(
        f'[tool.runner]\nname = "ledger"\n[tool.runner.targets.duckdb]\nengine = "duckdb"\n'
        f'path = "{database}"\n'
    )
    return folder


def statements(project: Path) -> list[str]:
    """The SQL a full build runs: models in order, then the fused checks."""
    from runner.checks.compile import scans
    from runner.config import load_config
    from runner.kernels import kernels
    from runner.workspace import open_workspace

    workspace = open_workspace(load_config(project))
    by_id = {m.unique_id: m for m in workspace.models.values()}
    made = []
    on_demand = {i for i, model in by_id.items() if model.config.get("on_demand")}
    for unique_id in workspace.dag.order():
        model = by_id.get(unique_id)
        if model is None or model.materialized == "ephemeral" or unique_id in on_demand:
            continue
        kind = "view" if model.materialized == "view" else "table"
        query = model.sql
        if model.materialized == "kernel":  # which has no book to work on here
            outputs = kernels()[str(model.config["kernel"])].outputs
            listed = ", ".join(f"cast(null as {type_}) as {name}" for name, type_ in outputs)
            query = f"select {listed} where false"
        made.append(f"drop {kind} if exists {model.name}")
        made.append(f"create {kind} {model.name} as {query}")
    due = [rule for rule in workspace.rules if not on_demand & {*rule.reads}]
    stored = {rule.relation for rule in due if rule.relation and not rule.is_of_view}
    return made + [scan.sql for scan in scans(due, stored)]


def runner(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "runner", *arguments]


def generated(work: Path, fills: int, tick_seconds: int = 3600) -> Path:
    """The generator's ledger of so many fills, made once in a work folder."""
    often = "" if tick_seconds == 3600 else f"-ticks-{tick_seconds}s"
    facts = work / f"facts-{fills}{often}" / "ledger.duckdb"
    if not facts.exists():
        generate = [sys.executable, str(ROOT / "bench" / "generate.py"), "--out", str(facts)]
        sizes = ["--fills", str(fills), "--tick-seconds", str(tick_seconds)]
        run = timed([*generate, *sizes, "--seed", "1"], work)
        print(f"generated {fills:,} fills in {run.seconds:.0f}s", flush=True)
    return facts


def bench_build(work: Path, fills: int, rounds: int) -> tuple[Path, Path]:
    facts = generated(work, fills)
    ours, bare = work / "ours.duckdb", work / "bare.duckdb"
    project = make_project(work / "project", ours)
    shutil.copyfile(facts, ours)
    # the facts may be of an older schema; seeds are loaded, file caches warm
    timed(runner("build", "--migrate"), project)
    shutil.copyfile(ours, bare)
    listing = work / "statements.json"
    listing.write_text(json.dumps(statements(project)))
    sorting = work / "sorted.json"
    sorting.write_text(json.dumps(_SORTED_COPY))

    def build() -> Run:
        return timed(runner("build", "--full-refresh"), project)

    def plain(what: Path) -> Callable[[], Run]:
        return lambda: timed([sys.executable, "-c", BARE, str(bare), str(what)], work)

    paired(f"runner build / bare DuckDB, {fills:,} fills", "< 1.03", rounds, build, plain(listing))
    paired("runner build / sorted copy of the fills", "< 8", rounds, build, plain(sorting))
    return project, facts


def late_symbol(j: int) -> str:
    kind = j % 10
    return f"C{j}/USDT" if kind < 5 else f"C{j}/USDT:USDT" if kind < 8 else f"C{j}/USD:C{j}"


def late_fills(path: Path, count: int, turn: int = 0) -> None:
    """Fills of every account and instrument after all that the generator made, as a venue's CSV.

    Their quantities are as its are: 1 to 1,000 lots. Those of a later `turn` are others, and later.
    """
    chance = random.Random(turn)
    columns = (
        "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,"
        "liquidity,executed_at"
    )
    with path.open("w") as file:
        print(columns, file=file)
        for n in range(count):
            order = random.Random(turn * count + n // 3)
            j, account, side = (
                order.randrange(1, 100),
                order.randint(1, 20),
                order.choice(("BUY", "SELL")),
            )
            kind, symbol = j % 10, late_symbol(j)
            quantity = Decimal(chance.randint(1, 1000)) * _LOTS[kind]
            at = datetime(2026, 4, 2) + timedelta(days=turn, seconds=n)
            print(
                f"GEN,ACC{account:02},{symbol},L{turn}-{n // 3},LF{turn}-{n},{side},"
                f"{quantity},{chance.randint(100, 90_000) / 100:.2f},"
                f"0.{chance.randrange(1000):03},{'USDT' if kind < 8 else f'C{j}'},TAKER,"
                f"{at:%Y-%m-%dT%H:%M:%SZ}",
                file=file,
            )


def late_ticks(path: Path, day: int) -> int:
    """A day's ticks of every instrument, after all that the generator made; how many."""
    moments = [datetime(2026, 4, 1) + timedelta(days=day, minutes=10 * n) for n in range(144)]
    with path.open("w") as file:
        print("symbol,bid_price,ask_price,event_at", file=file)
        for j in range(1, 100):
            for at in moments:
                print(f"{late_symbol(j)},99.99,100.01,{at:%Y-%m-%dT%H:%M:%SZ}", file=file)
    return 99 * len(moments)


def bench_append(work: Path, project: Path, count: int = 10_000) -> None:
    """Append late fills to what is built, and build again: against building it all."""
    file = work / "late-fills.csv"
    late_fills(file, count)
    whole = timed(runner("build", "--full-refresh"), project)
    appended(project, file, "canonical-fills", f"{count:,} fills", whole, "goal < 0.05")


def bench_ticks(work: Path) -> None:
    """The same of fills, and of a day's ticks, beside 5.2 million ticks."""
    database = work / "ticks.duckdb"
    project = make_project(work / "ticks-project", database)
    shutil.copyfile(generated(work, 100_000, tick_seconds=150), database)
    timed(runner("build", "--migrate"), project)
    whole = timed(runner("build", "--full-refresh"), project)
    fills, ticks = work / "late-fills.csv", work / "late-ticks.csv"
    late_fills(fills, 1_000)
    appended(project, fills, "canonical-fills", "1,000 fills beside 5.2 M ticks", whole)
    count = late_ticks(ticks, day=0)
    appended(project, ticks, "canonical-ticks", f"{count:,} ticks to 5.2 M", whole)


def appended(project: Path, file: Path, form: str, what: str, whole: Run, goal: str = "") -> None:
    """Load a file and build again, against `whole`."""
    loaded = timed(runner("ingest", str(file), "--format", form), project)
    extended = timed(runner("build"), project)
    print(
        f"{f'{what} appended and built / a full build':<52} "
        f"ratio {extended.seconds / whole.seconds:7.3f}  {goal:<13} "
        f"({extended.seconds:.2f}s / {whole.seconds:.2f}s; loaded in {loaded.seconds:.2f}s)",
        flush=True,
    )


def bench_start(work: Path) -> None:
    empty = [sys.executable, "-c", "pass"]
    pairs = [(timed(runner("--help"), work), timed(empty, work)) for _ in range(15)]
    extra = statistics.median(a.seconds - b.seconds for a, b in pairs)
    print(f"{'runner --help, above bare Python':<52} {extra:7.3f}s      goal < 0.15s")
    demo = make_project(work / "demo", work / "demo.duckdb", demo=True)
    (work / "demo.duckdb").unlink(missing_ok=True)
    timed(runner("build"), demo)
    quiet = statistics.median(timed(runner("build"), demo).seconds for _ in range(9))
    print(f"{'no-op build of the demo':<52} {quiet:7.3f}s      goal < 0.7s", flush=True)


def install_dbt(work: Path) -> Path:
    folder = work / "dbt-venv"
    dbt = folder / "bin" / "dbt"
    if not dbt.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = ["dbt-core<1.12", "dbt-duckdb", "duckdb>=2.0"]
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *wanted], check=True)
    return dbt


def dbt_project(project: Path, work: Path, database: Path, name: str) -> Path:
    """The same project under dbt: same models and tests, checks/ as singular tests."""
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("target", "*.duckdb"))
    from runner.checks.rules import RuleKind
    from runner.config import load_config
    from runner.workspace import open_workspace

    settings = (folder / "dbt_project.yml").read_text()
    (folder / "dbt_project.yml").write_text(
        settings.replace("test-paths: []", "test-paths: [singular]")
    )
    (folder / "singular").mkdir()
    workspace = open_workspace(load_config(project))
    suites = {rule.name for rule in workspace.project.rules}
    for rule in workspace.rules:
        if rule.rule.name in suites and rule.rule.kind is not RuleKind.GENERIC:
            severity = rule.rule.severity.value
            (folder / "singular" / f"{rule.rule.name}.sql").write_text(
                f"{{{{ config(severity='{severity}') }}}}\n{_refs(rule, workspace)}{rule.failing}\n"
            )
    (folder / "profiles.yml").write_text(
        "ledger:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n"
        f"      path: {database}\n      threads: 1\n"
    )
    return folder


def _refs(rule, workspace) -> str:  # type: ignore[no-untyped-def]
    """dbt learns what a test reads from ref(): name it in a comment."""
    models = workspace.models.values()
    # the SQL of an ephemeral one is in the test already
    names = {m.unique_id: m.name for m in models if m.materialized != "ephemeral"}
    return "".join(f"-- {{{{ ref('{names[i]}') }}}}\n" for i in rule.reads if i in names)


def bench_dbt(work: Path, project: Path, facts: Path, rounds: int) -> None:
    dbt = install_dbt(work)
    environment = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}

    def run(folder: Path) -> Run:
        command = [str(dbt), "build", "--profiles-dir", "."]
        return timed(command, folder, environment)

    theirs = work / "dbt.duckdb"
    (work / "dbt.duckdb.wal").unlink(missing_ok=True)  # of a run that was stopped
    shutil.copyfile(facts, theirs)
    folder = dbt_project(project, work, theirs, "dbt-project")
    run(folder)
    paired(
        "runner build / dbt build, all of it", "< 0.5", rounds,
        lambda: timed(runner("build", "--full-refresh"), project), lambda: run(folder),
    )  # fmt: skip
    ours = make_project(work / "ours-again", work / "ours-again.duckdb")
    shutil.copyfile(facts, work / "ours-again.duckdb")
    timed(runner("build"), ours)
    loader = make_project(work / "dbt-facts", theirs)
    batch = work / "late-fills.csv"

    def after_loading(into: Path, build: Callable[[], Run], n: int) -> Run:
        late_fills(batch, 10_000, n)
        timed(runner("ingest", str(batch), "--format", "canonical-fills"), into)
        return build()

    turns = iter(range(1, 1000))
    paired(
        "the same after 10,000 late fills were loaded", "< 0.5", rounds,
        lambda: after_loading(ours, lambda: timed(runner("build"), ours), next(turns)),
        lambda: after_loading(loader, lambda: run(folder), next(turns)),
    )  # fmt: skip
    demo_copy = work / "dbt-demo.duckdb"
    shutil.copyfile(work / "demo.duckdb", demo_copy)
    drop_derived(demo_copy)
    demo = dbt_project(work / "demo", work, demo_copy, "dbt-demo")
    run(demo)
    paired(
        "no-op build of the demo / dbt's build of it", "< 0.05", 5,
        lambda: timed(runner("build"), work / "demo"), lambda: run(demo),
    )  # fmt: skip


def drop_derived(database: Path) -> None:
    """Leave the facts only: dbt cannot replace what the runner has published."""
    import duckdb

    with duckdb.connect(str(database)) as ledger:
        published = ledger.execute(
            "select relation, materialized from runner_nodes where materialized <> 'source'"
        ).fetchall()
        for relation, kind in published:
            ledger.execute(f"drop {'view' if kind == 'view' else 'table'} {relation}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with room for it all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dbt", action="store_true", help="compare with dbt as well")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work = options.work.resolve()
    bench_start(work)
    project, facts = bench_build(work, options.fills, options.rounds)
    bench_append(work, project)
    bench_ticks(work)
    if options.dbt:
        bench_dbt(work, project, facts, options.rounds)


if __name__ == "__main__":
    main()
