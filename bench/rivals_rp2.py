"""rp2's side of bench/rivals.py: a spreadsheet in, reports out. Runs in its own environment.

    python bench/rivals_rp2.py write TRANSACTIONS.csv FOLDER
    python bench/rivals_rp2.py run FOLDER

`write` makes input.ods and rp2.ini of a canonical-fills CSV of one account's spot trades. `run` is
`rp2_us -m fifo` on them, which also writes result.json: the seconds of its steps, and the gain and
the balance of each asset, as text.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

COLUMNS = {
    "in_header": (
        "timestamp", "asset", "exchange", "holder", "transaction_type", "spot_price", "crypto_in",
        "fiat_fee", "unique_id",
    ),
    "out_header": (
        "timestamp", "asset", "exchange", "holder", "transaction_type", "spot_price",
        "crypto_out_no_fee", "crypto_fee", "unique_id",
    ),
    "intra_header": (
        "timestamp", "asset", "from_exchange", "from_holder", "to_exchange", "to_holder",
        "spot_price", "crypto_sent", "crypto_received",
    ),
}  # fmt: skip
TABLES = (("IN", "in_header", "BUY"), ("OUT", "out_header", "SELL"))
STEPS = ("parse_ods", "compute_tax", "_find_and_run_report_generators")


def write(transactions: Path, folder: Path) -> None:
    import ezodf

    with transactions.open() as file:
        fills = list(csv.DictReader(file))
    by_asset = defaultdict(list)
    for fill in fills:
        by_asset[fill["symbol"].partition("/")[0]].append(fill)
    book = ezodf.newdoc("ods", str(folder / "input.ods"))
    for asset, traded in sorted(by_asset.items()):
        rows: list[tuple[str | float, ...]] = []
        for table, header, side in TABLES:
            rows += [(table,), COLUMNS[header]]
            rows += [_row(asset, fill) for fill in traded if fill["side"] == side]
            rows += [("TABLE END",), ()]
        sheet = ezodf.Sheet(asset, size=(len(rows), len(COLUMNS["in_header"])))
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet[i, j].set_value(value)
        book.sheets += sheet
    book.save()
    lines = [
        "[general]", f"assets = {', '.join(sorted(by_asset))}",
        f"exchanges = {fills[0]['venue']}", f"holders = {fills[0]['account']}",
    ]  # fmt: skip
    for section, names in COLUMNS.items():
        lines += [f"[{section}]", *(f"{name} = {place}" for place, name in enumerate(names))]
    (folder / "rp2.ini").write_text("\n".join(lines) + "\n")


def _row(asset: str, fill: dict[str, str]) -> tuple[str | float, ...]:
    # rp2 reads the cells as doubles and rounds them to 11 decimals
    amounts = (float(fill[name]) for name in ("price", "quantity", "fee_amount"))
    place = (asset, fill["venue"], fill["account"], fill["side"])
    return (fill["executed_at"], *place, *amounts, fill["fill_id"])


def run(folder: Path) -> None:
    from rp2 import rp2_main
    from rp2.plugin.country.us import US

    seconds: dict[str, float] = defaultdict(float)
    assets: dict[str, tuple[str, str]] = {}

    def watched(step: str) -> Any:
        inner = getattr(rp2_main, step)

        def call(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            made = inner(*arguments, **named)
            seconds[step] += time.perf_counter() - started
            if step == "compute_tax":
                gain = sum((part.fiat_gain for part in made.gain_loss_set), Decimal())
                held = sum((balance.final_balance for balance in made.balance_set), Decimal())
                assets[made.asset] = (str(gain), str(held))
            return made

        return call

    for step in STEPS:
        setattr(rp2_main, step, watched(step))
    names = ("rp2.ini", "input.ods")
    sys.argv = [
        "rp2_us", "-m", "fifo", "-o", str(folder / "out"), *(str(folder / n) for n in names)
    ]  # fmt: skip
    rp2_main.rp2_main(US())
    (folder / "result.json").write_text(json.dumps({"seconds": seconds, "assets": assets}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        run(Path(sys.argv[2]))
