"""Relations of another database shown in one in memory: with their types, and never written to."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from runner.config import Target
from runner.engines.base import Column, open_engine, open_memory
from runner.errors import EngineError
from runner.sqltyping.types import MONEY, TEXT

COLUMNS = (Column("id", TEXT), Column("amount", MONEY))


def test_a_table_and_a_view_keep_their_types(tmp_path: Path, engine_name: str) -> None:
    paths = [tmp_path / f"it's {n}.db" for n in range(2)]
    for n, path in enumerate(paths):
        with closing(open_engine(Target("t", engine_name, path))) as made:
            made.empty_table("sums", COLUMNS)
            made.insert_rows("sums", COLUMNS, [("a", Decimal(n))])
            made.view_as("doubled", "select id, amount * 2 as amount from sums")
    with closing(open_memory(engine_name)) as engine:
        for n, path in enumerate(paths):
            with closing(open_engine(Target("t", engine_name, path), read_only=True)) as read:
                shown = {f"{name}_{n}": r for name, r in read.relations().items()}
            engine.attach(path, shown)
        answer = engine.query(
            "select a.amount, b.amount, c.amount from sums_0 as a "
            "inner join sums_1 as b on a.id = b.id inner join doubled_1 as c on a.id = c.id"
        )
        assert list(answer.rows) == [(Decimal(0), Decimal(1), Decimal(2))]
        with pytest.raises(EngineError):
            engine.execute("delete from source_ledger_1.sums")
    with closing(open_engine(Target("t", engine_name, paths[1]), read_only=True)) as read:
        assert read.row_count("sums") == 1
