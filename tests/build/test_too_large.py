"""A sum of fills that leaves 38 digits: the build names the fills it may come of."""

from __future__ import annotations

import pytest

from tests.canonical_files import FILLS_HEADER, INSTRUMENT
from tests.conftest import ENGINES, slim_ledger_project


@pytest.mark.parametrize("engine", ENGINES)
def test_the_largest_fills_are_named(engine: str, tmp_path, cli, load) -> None:
    project = slim_ledger_project(tmp_path / "ledger", engine)
    rows = [
        f"x,main,BTC-USDT,o{n},f{n},BUY,{9 * 10**11 + n},11,0,,TAKER,2026-03-01T00:00:{n:02}Z\n"
        for n in range(12)
    ]
    load(project, instruments=INSTRUMENT, fills=FILLS_HEADER + "".join(rows))
    # only the cost of a pool is a sum of 24 decimals
    built = cli(project, "build", "--var", "pnl_method=average")
    assert built.exit_code == 3
    ((largest,),) = project.rows("select fill_id from order_fills where exchange_fill_id = 'f11'")
    assert f"{largest} of main in BTC-USDT (900000000011 at 11, fee 0)" in built.stderr
    assert "appending a BUST" in built.stderr
    traced = cli(project, "trace", "order", largest)
    assert "fills.csv" in traced.stdout
