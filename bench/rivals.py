"""Benchmarks against other systems that match lots: NautilusTrader and rp2, in one run.

    python bench/rivals.py --work /tmp/bench [--fills 1000000] [--transactions 10000] [--rounds 3]

Both are installed in a virtual environment of the bench's own, in the work folder. What is compared
runs in turn, A B A B, each in a process of its own, and the median of the pairs' ratios is printed;
below 1 is faster than the other. Results are compared too, and a difference ends the run.

Average cost, the fills of bench/generate.py: each line says what is in our clock. Theirs is always
the loop over Position.apply, events made before (bench/rivals_nautilus.py). Since that compares the
trade id with all others of the position, it runs over short positions as well: the same fills, with
every 32 of a book as a book of their own.

rp2, spot buys and sells of ten assets, first in, first out: whole processes, from the file to all
of either's tables; our lots and PnL alone, also of a hundred times the transactions; and the time
of what computes lots or gains in memory.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
import random
import shutil
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from run import ROOT, generated, make_project, runner, timed

AVERAGE = ("--var", "pnl_method=average")
SHORT = 32
ASSETS = 10
Row = tuple[int, ...]


def install(work: Path) -> Path:
    folder = work / "rivals-venv"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = ["nautilus_trader", "rp2"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
    listed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format", "json"], check=True, capture_output=True
    )
    for package in json.loads(listed.stdout):
        if package["name"] in ("nautilus_trader", "rp2"):
            print(package["name"], package["version"], flush=True)
    return python


def compare(name: str, goal: str, ours: list[float], theirs: list[float]) -> None:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"{name:<70} ratio {ratio:7.4f}  goal {goal:<7} "
        f"({statistics.median(ours):.3f}s / {statistics.median(theirs):.3f}s)",
        flush=True,
    )


# average cost


def average_project(work: Path, fills: int) -> Path:
    """A project whose ledger has the fills, with all that int_lots_sequential reads built."""
    facts = generated(work, fills)
    ledger = work / "average.duckdb"
    project = make_project(work / "average", ledger)
    shutil.copyfile(facts, ledger)
    timed(runner("build", "--select", "+int_lots_sequential", *AVERAGE), project)
    return project


def kernel_rows(project: Path) -> list[Row]:
    """What the kernel is given of the project's ledger, in order; no fill without quantity."""
    import duckdb

    from runner.kernels.lot_matching import INPUTS, KERNEL

    compiled = subprocess.run(
        runner("compile", "int_lots_sequential", *AVERAGE),
        cwd=project, check=True, capture_output=True, text=True,
    )  # fmt: skip
    with duckdb.connect(str(project.parent / "average.duckdb"), read_only=True) as ledger:
        return ledger.execute(
            f"select {', '.join(INPUTS)} from ({compiled.stdout}) where quantity <> 0 "
            f"order by {', '.join(KERNEL.order_by)}"
        ).fetchall()


def shortened(rows: list[Row]) -> list[Row]:
    """Every `SHORT` fills of a book as a book of their own."""
    seen: Counter[int] = Counter()
    most = len(rows)
    made = []
    for book, *rest in rows:
        made.append((book * most + seen[book] // SHORT, *rest))
        seen[book] += 1
    return made


def bench_average(work: Path, python: Path, fills: int, rounds: int) -> None:
    project = average_project(work, fills)
    rows = kernel_rows(project)
    for name, given in (("", rows), (f", books of {SHORT}", shortened(rows))):
        bench_loops(work, python, name, given, rounds, project)


def bench_loops(
    work: Path, python: Path, name: str, rows: list[Row], rounds: int, project: Path
) -> None:
    """The kernel, Position.apply over the same rows, and the project's model, in turn."""
    file = work / "rows.pickle"
    file.write_bytes(pickle.dumps(rows))
    sides = ((sys.executable, "rivals_kernel.py"), (str(python), "rivals_nautilus.py"))
    build = runner("build", "--full-refresh", "--select", "int_lots_sequential", *AVERAGE)
    found: list[list[dict[str, Any]]] = []
    model, whole = [], []
    for _ in range(rounds):
        pair = []
        for interpreter, script in sides:
            result = work / f"{script}.json"
            timed([interpreter, str(ROOT / "bench" / script), str(file), str(result)], work)
            pair.append(json.loads(result.read_text()))
        found.append(pair)
        whole.append(timed(build, project).seconds)
        model.append(model_seconds(project)["int_lots_sequential"])
    ours, theirs = [a["seconds"] for a, _ in found], [b["seconds"] for _, b in found]
    compare(f"kernel, rows in memory / Position.apply{name}", "<= 1", ours, theirs)
    for label, seconds in (("kernel", ours), ("Position.apply", theirs)):
        rate = len(rows) / statistics.median(seconds) / 1e6
        print(f"    {label}: {rate:.2f} M fills a second")
    mine, other = found[-1]
    inverse = {str(row[0]) for row in rows if row[2]}
    print(f"    {other['positions']:,} positions; {agreement(mine, other, inverse)}", flush=True)
    compare(f"model int_lots_sequential / Position.apply{name}", "<= 1", model, theirs)
    compare(f"runner build of it, whole process / Position.apply{name}", "", whole, theirs)


def model_seconds(project: Path) -> dict[str, float]:
    """What each model of the last build took, by its own account."""
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    kinds = ("model.", "seed.")
    return {
        r["unique_id"].rpartition(".")[2]: r["execution_time"]
        for r in results
        if r["unique_id"].startswith(kinds)
    }


def agreement(ours: dict[str, Any], theirs: dict[str, Any], inverse: set[str]) -> str:
    """Positions exactly; PnL within what doubles and rounding at every event come to.

    That is 10^-8 a fill and 10^-12 of the turnover. PnL of inverse books is not compared:
    NautilusTrader weights their average price by quantity, so that the cost in base currency is
    not that of the fills.
    """
    worst = Decimal()
    if ours["books"].keys() != theirs["books"].keys():
        sys.exit("the books differ")
    for book, (held, realized, turnover, fills) in ours["books"].items():
        their_held, their_realized = map(Decimal, theirs["books"][book])
        if Decimal(held) != their_held:
            sys.exit(f"book {book}: position {held}, theirs {their_held}")
        if book in inverse:
            continue
        apart = abs(Decimal(realized) - their_realized)
        allowed = Decimal("1e-8") * fills + Decimal("1e-12") * Decimal(turnover)
        if apart > allowed:
            sys.exit(f"book {book}: realised {realized}, theirs {their_realized}")
        worst = max(worst, apart)
    return (
        f"same quantity in {len(ours['books']):,} books; same realised PnL in "
        f"{len(ours['books'].keys() - inverse):,} spot and linear ones, at most {worst:.9f} apart"
    )


# first in, first out


def spot_trades(path: Path, count: int) -> None:
    """Buys and sells of one account in ten assets, none sold that is not held; buys have fees."""
    chance = random.Random(1)
    held: Counter[int] = Counter()
    with path.open("w") as file:
        print(
            "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,"
            "liquidity,executed_at",
            file=file,
        )
        for n in range(count):
            asset = chance.randrange(ASSETS)
            sells = held[asset] and chance.random() < 0.5
            lots = chance.randint(1, min(held[asset], 1000) if sells else 1000)
            held[asset] += -lots if sells else lots
            fee = "0" if sells else f"0.{chance.randrange(1000):03}"
            at = datetime(2025, 1, 1) + timedelta(seconds=20 * n)
            print(
                f"GEN,ACC01,C{asset}/USD,O{n},F{n},{'SELL' if sells else 'BUY'},"
                f"{Decimal(lots).scaleb(-3)},{Decimal(chance.randint(100, 90_000)).scaleb(-2)},"
                f"{fee},USD,TAKER,{at:%Y-%m-%dT%H:%M:%SZ}",
                file=file,
            )


def spot_rows(trades: Path) -> list[Row]:
    """What the kernel is given of such a file."""
    from runner.kernels.lot_matching import FIFO, ONE

    def count(text: str) -> int:
        return int(Decimal(text) * ONE)

    with trades.open() as file:
        fills = enumerate(csv.DictReader(file))
        return sorted(
            (
                int(fill["symbol"][1 : fill["symbol"].index("/")]), FIFO, False, ONE, n,
                count(fill["quantity"]) * (1 if fill["side"] == "BUY" else -1),
                count(fill["price"]), count(fill["fee_amount"]),
            )
            for n, fill in fills
        )  # fmt: skip


def bench_rp2(work: Path, python: Path, count: int, rounds: int) -> None:
    folder = work / "rp2"
    folder.mkdir(exist_ok=True)
    trades = folder / "transactions.csv"
    spot_trades(trades, count)
    spot_trades(folder / "hundredfold.csv", 100 * count)
    script = str(ROOT / "bench" / "rivals_rp2.py")
    timed([str(python), script, "write", str(trades), str(folder)], work)
    ledger = folder / "ledger.duckdb"
    project = make_project(folder / "project", ledger)
    selections: dict[str, list[str]] = {"all": [], "pnl": ["--select", "+order_pnl"]}
    for name, select in selections.items():
        spot_ledger(project, ledger, folder / f"{name}.duckdb", select)
    rows, loop = folder / "rows.pickle", folder / "kernel.json"
    rows.write_bytes(pickle.dumps(spot_rows(trades)))
    seconds: dict[str, list[float]] = defaultdict(list)

    def load_and_build(name: str, file: Path, select: list[str]) -> float:
        shutil.copyfile(folder / f"{name}.duckdb", ledger)
        loaded = timed(runner("ingest", str(file), "--format", "canonical-fills"), project)
        return loaded.seconds + timed(runner("build", *select), project).seconds

    for _ in range(rounds):
        hundredfold = folder / "hundredfold.csv"
        seconds["hundredfold"].append(load_and_build("pnl", hundredfold, selections["pnl"]))
        for name, select in selections.items():
            seconds[name].append(load_and_build(name, trades, select))
        seconds["models"].append(sum(model_seconds(project).values()))
        kernel = str(ROOT / "bench" / "rivals_kernel.py")
        timed([sys.executable, kernel, str(rows), str(loop)], folder)
        seconds["kernel"].append(json.loads(loop.read_text())["seconds"])
        seconds["rp2"].append(timed([str(python), script, "run", str(folder)], folder).seconds)
        result = json.loads((folder / "result.json").read_text())
        steps = result["seconds"]
        seconds["gains"].append(steps["compute_tax"])
        seconds["read and gains"].append(steps["compute_tax"] + steps["parse_ods"])
    for label, goal, ours, theirs in (
        ("runner ingest and build, all models and checks / rp2_us", "<= 0.01", "all", "rp2"),
        ("runner ingest and build of +order_pnl / rp2_us", "<= 0.01", "pnl", "rp2"),
        ("the same of 100 times the transactions / rp2_us", "<= 1", "hundredfold", "rp2"),
        ("models of +order_pnl / rp2 reads and computes", "", "models", "read and gains"),
        ("kernel, matches of rows in memory / rp2's compute_tax", "<= 0.01", "kernel", "gains"),
    ):
        compare(label, goal, seconds[ours], seconds[theirs])
    print(f"    {same_gains(ledger, result['assets'])}", flush=True)


def spot_ledger(project: Path, ledger: Path, kept: Path, select: list[str]) -> None:
    """A ledger built before there are fills, with the terms of the instruments."""
    ledger.unlink(missing_ok=True)
    terms = kept.with_suffix(".csv")
    terms.write_text(
        "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse\n"
        + "".join(f"C{i}/USD,C{i},USD,USD,1,false\n" for i in range(ASSETS))
    )
    timed(runner("build", *select), project)
    timed(runner("ingest", str(terms), "--format", "canonical-instruments"), project)
    shutil.copyfile(ledger, kept)


def same_gains(ledger: Path, assets: dict[str, list[str]]) -> str:
    """Gains less fees, of each asset; rp2 divides to 28 digits, we round shares to 12 decimals."""
    import duckdb

    with duckdb.connect(str(ledger), read_only=True) as connection:
        ours = dict(
            connection.execute(
                "select split_part(instrument_id, '/', 1), sum(net_pnl) from lot_matches group by 1"
            ).fetchall()
        )
    worst = max(abs(ours[asset] - Decimal(gain)) for asset, (gain, _) in assets.items())
    if ours.keys() != assets.keys() or worst > Decimal("1e-6"):
        sys.exit(f"gains differ by {worst}")
    return f"same gain of {len(ours)} assets, the largest difference {worst:.12f}"


def main() -> None:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="a folder with room for it all")
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work = options.work.resolve()
    python = install(work)
    bench_average(work, python, options.fills, options.rounds)
    bench_rp2(work, python, options.transactions, options.rounds)


if __name__ == "__main__":
    main()
