"""A load that does not finish leaves nothing behind, however it ends."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from runner.engines.base import open_engine
from tests.conftest import target
from tests.ingest.conftest import ROOT, Ledger
from tests.ingest.test_bad_files import FILLS
from tests.ingest.test_bad_rows import fill
from tests.ingest.test_chain import recompute

_LOAD = """
import sys
from pathlib import Path
from runner.config import Target, load_config
from runner.engines.base import open_engine
from runner.ingest.load import ingest
engine = open_engine(Target("t", sys.argv[1], Path(sys.argv[2])))
print("ready", flush=True)
ingest(engine, load_config(Path(sys.argv[3])), [Path(sys.argv[4])], "canonical-fills")
engine.close()
"""


@pytest.mark.parametrize("at", range(6))
def test_an_error_in_the_middle(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    ledger.declare()
    before, batches = ledger.facts(), ledger.rows("select * from ledger_batches")
    steps = 0
    real = ledger.engine.insert_rows

    class Boom(Exception):
        pass

    def count_down(*_: Any) -> None:
        nonlocal steps
        steps += 1
        if steps > at:
            raise Boom

    def insert_rows(*args: Any) -> int:
        count_down()
        return real(*args)

    from runner.engines import staging

    for kind in (staging._InPlace, staging._Beside):
        append = kind.append

        def failing(self: Any, *args: Any, _append: Any = append) -> int:
            count_down()
            return int(_append(self, *args))

        monkeypatch.setattr(kind, "append", failing)
    monkeypatch.setattr(ledger.engine, "insert_rows", insert_rows)
    with pytest.raises(Boom):
        ledger.load("canonical-fills", FILLS + fill(account="new") + "bad\n")
    monkeypatch.undo()
    assert ledger.facts() == before
    assert ledger.rows("select * from ledger_batches") == batches
    ledger.load("canonical-fills", FILLS + fill() + fill(fill_id="g"))
    assert len(ledger.rows("select 1 from order_fills")) >= 2


def test_a_killed_process(ledger: Ledger) -> None:
    """SIGKILL at random moments: the ledger is as before, or has the whole load."""
    ledger.declare()
    rows = [fill(order_id=f"o{n}", fill_id=f"f{n}") for n in range(4_000)]
    path = ledger.folder / "fills.csv"
    path.write_text(FILLS + "".join(rows))
    before = ledger.facts()
    database = ledger.engine.target.path
    name = ledger.engine.name
    ledger.engine.close()
    rng = random.Random(5)
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", _LOAD, name, str(database), str(ROOT), str(path)],
            stdout=subprocess.PIPE,
        )
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.02, 0.7))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        ledger.engine = open_engine(target(name, database))
        count = len(ledger.rows("select 1 from order_fills"))
        assert count in (0, len(rows))
        if not count:
            assert ledger.facts() == before
        ledger.engine.close()
    ledger.engine = open_engine(target(name, database))
    ledger.load_file("canonical-fills", path)
    assert len(ledger.rows("select 1 from order_fills")) == len(rows)
    stored = ledger.rows("select chain_hash from ledger_batches order by batch_id")
    assert [row[0] for row in stored] == recompute(ledger)
