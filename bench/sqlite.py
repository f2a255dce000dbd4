"""Benchmark of SQLite beside DuckDB, over the same files of N fills, and of twice as many.

    python bench/sqlite.py --fills 50000 --work /tmp/bench

A ledger built whole, one extended by a hundredth as many fills, and one reconciled with a statement
of all of them. SQLite is far slower at arithmetic, which it does row by row; what matters is that
twice as many fills take it twice as long. Every figure is a whole process: start-up, imports and
all, and the rows of both engines are the same.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from run import ROOT, late_fills, runner, timed

ENGINES = ("duckdb", "sqlite")
STEPS = ("built whole", "extended", "reconciled")


def instruments(path: Path) -> None:
    """The instruments of run.late_fills, as canonical-instruments."""
    with path.open("w") as file:
        print(
            "symbol,instrument_type,base_currency,quote_currency,settlement_currency,multiplier,"
            "is_inverse",
            file=file,
        )
        for j in range(1, 100):
            if j % 10 < 5:
                print(f"C{j}/USDT,SPOT,C{j},USDT,USDT,1,false", file=file)
            elif j % 10 < 8:
                print(f"C{j}/USDT:USDT,LINEAR,C{j},USDT,USDT,1,false", file=file)
            else:
                print(f"C{j}/USD:C{j},INVERSE,C{j},USD,C{j},1,true", file=file)


def make_project(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    sys.path.insert(0, str(ROOT))
    from runner.scaffold import scaffold

    scaffold(folder, with_demo=False)
    targets = "".join(
        f'[tool.runner.targets.{engine}]\nengine = "{engine}"\npath = "ledger.{engine}"\n'
        for engine in ENGINES
    )
    (folder / "pyproject.toml").write_text(f'[tool.runner]\nname = "ledger"\n{targets}')
    return folder


def bench(work: Path, fills: int) -> dict[str, dict[str, float]]:
    """Seconds of each step, by engine."""
    project = make_project(work / f"both-{fills}")
    files = {name: work / f"{name}-{fills}.csv" for name in ("instruments", "fills", "late")}
    instruments(files["instruments"])
    late_fills(files["fills"], fills)
    late_fills(files["late"], fills // 100, turn=10)
    found: dict[str, dict[str, float]] = {}
    for engine in ENGINES:
        target = ("--target", engine)

        def load(name: str, kind: str, *options: str, target: tuple[str, str] = target) -> None:
            how = ("--format", kind, *options, *target)
            timed(runner("ingest", str(files[name]), *how), project)

        load("instruments", "canonical-instruments")
        load("fills", "canonical-fills")
        whole = timed(runner("build", "--migrate", *target), project)
        load("late", "canonical-fills")
        extended = timed(runner("build", *target), project)
        load("fills", "canonical-fills", "--as", "statement")
        reconciled = timed(runner("build", *target), project)
        taken = (whole.seconds, extended.seconds, reconciled.seconds)
        found[engine] = dict(zip(STEPS, taken, strict=True))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fills", type=int, default=50_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with room for it all")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work = options.work.resolve()
    once, twice = bench(work, options.fills), bench(work, 2 * options.fills)
    for step in STEPS:
        ours, theirs = once["sqlite"][step], once["duckdb"][step]
        print(
            f"{step}, {options.fills:,} fills: SQLite / DuckDB {ours / theirs:.2f} "
            f"({ours:.1f} s, {theirs:.1f} s); "
            + "; ".join(
                f"{engine}, twice as many: {twice[engine][step] / once[engine][step]:.2f} "
                f"({twice[engine][step]:.1f} s)"
                for engine in ENGINES
            )
        )


if __name__ == "__main__":
    main()
