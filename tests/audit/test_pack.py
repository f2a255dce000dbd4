"""A pack is all that a stranger needs: a new ledger made of it is the old one, cell by cell."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from runner.audit.pack import write as pack_write
from runner.audit.pack.tables import PackTable, Period, derived_tables_of, write_table
from runner.audit.pack.write import period_of
from runner.cli.main import run
from runner.config import load_config
from runner.engines.base import Column, open_engine, open_memory
from runner.ledger.restoration import restore
from runner.moments import moment_of
from runner.scaffold import scaffold
from runner.sqltyping.types import BOOLEAN, DATE, INTEGER, JSON, MONEY, TEXT, TIMESTAMP, UUID
from runner.workspace import open_workspace
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, slim_ledger_project

pytestmark = pytest.mark.either_engine

FIRST, LAST = "2026-03-03", "2026-03-04"
WITHIN = "timestamp '2026-03-03', timestamp '2026-03-05'"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory, built_demo: Callable[[str], Path]) -> Path:
    """A pack of two days of the demo, from a ledger on DuckDB that is gone since."""
    root = tmp_path_factory.mktemp("pack") / "ledger"
    shutil.copytree(built_demo("duckdb"), root)
    place = ["--project-dir", str(root)]
    made = root.parent / "evidence"
    assert run(["audit", "pack", "--from", FIRST, "--to", LAST, "-o", str(made), *place]) == 0
    root.rename(root.with_name("away"))
    return made


def manifest(pack: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pack / "manifest.json").read_text())
    return found


def parquet(pack: Path, table: dict[str, Any]) -> list[tuple[str, ...]]:
    file = pack / table["kind"] / f"{table['name']}.parquet"
    with duckdb.connect() as memory:
        rows = memory.execute(f"select * from read_parquet('{file}')").fetchall()
    return [tuple(map(str, row)) for row in rows]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_ledger_of_the_pack_has_every_cell_of_the_old_one(packed, cli, engine):
    built = cli(packed, "build", "-t", engine)
    assert built.exit_code == 0, built.stderr
    told = manifest(packed)
    head = told["chain"]["head"]
    verified = cli(packed, "verify", "-t", engine, "--anchor", head)
    assert verified.exit_code == 0
    # one number of facts, whoever counts them
    count = re.search(r"verified ([\d,]+) facts", verified.stderr)[1]
    assert f"restored {count} facts from facts" in built.stderr
    assert f"batch {head.replace(':', ' of the anchor is part of the chain: ')}" in verified.stderr
    with closing(open_engine(load_config(packed).target(engine), read_only=True)) as ledger:
        relations = ledger.relations()
        for table in told["tables"]:
            if table["kind"] == "results":
                continue
            name, column = table["name"], table["period_column"]
            assert [c.name for c in relations[name].columns] == [
                c["name"] for c in table["columns"]
            ]
            sql = f"select * from {name}"
            if column:
                low, high = WITHIN.split(", ")
                moment = f"cast({column} as timestamp)"
                sql += f" where {column} is null or ({moment} >= {low} and {moment} < {high})"
            rows = [tuple(map(str, row)) for row in ledger.query(sql).rows]
            assert len(rows) == table["row_count"]
            assert sorted(rows) == sorted(parquet(packed, table)), name
        # each check came to what it came to
        statuses = set(ledger.query("select check_name, status, failures from check_history").rows)
    (checks,) = (t for t in told["tables"] if t["name"] == "checks")
    assert {(r[0], r[4], int(r[5])) for r in parquet(packed, checks)} == statuses
    # what was built a second time has not taken the facts in again
    assert "restored" not in cli(packed, "build", "-t", engine).stderr


def test_what_the_pack_holds_of_the_period(packed):
    rows = {t["name"]: t["row_count"] for t in manifest(packed)["tables"]}
    assert rows["order_fills"] == 523  # facts are whole
    assert rows["daily_pnl"] < 9 * 5  # of two days
    (pnl,) = (t for t in manifest(packed)["tables"] if t["name"] == "daily_pnl")
    dates = {row[[c["name"] for c in pnl["columns"]].index("pnl_date")] for row in
             parquet(packed, pnl)}  # fmt: skip
    assert dates == {"2026-03-03", "2026-03-04"}
    assert {"int_changed_fills", "stg_orders"}.isdisjoint(rows)
    assert not (packed / "seeds" / "demo").exists()
    assert "{{" not in (packed / "compiled" / "models" / "positions.sql").read_text()
    assert (packed / "compiled" / "checks" / "fees_are_those_of_the_schedule.sql").exists()


def test_every_file_is_covered_by_a_hash(packed):
    sums = dict(
        reversed(line.split("  ", 1)) for line in (packed / "SHA256SUMS").read_text().splitlines()
    )
    made_since = ("target", "ledger.")
    files = {
        str(f.relative_to(packed)): f
        for f in packed.rglob("*")
        if f.is_file() and not str(f.relative_to(packed)).startswith(made_since)
    }
    assert files.keys() == sums.keys() | {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest, name


def test_the_readme_says_how_with_this_packs_own_figures(packed):
    text = (packed / "README.md").read_text()
    assert f"runner verify --anchor {manifest(packed)['chain']['head']}" in text
    assert "--from 2026-03-03T00:00:00 --to 2026-03-05T00:00:00 -o again" in text
    assert "| `order_fills` | facts | 523 |  |" in text
    assert "{" not in re.sub(r"tables\(\) \{.*\}", "", text)


def test_a_fact_file_that_was_changed_is_not_restored(packed, tmp_path):
    facts = tmp_path / "facts"
    facts.mkdir()
    for file in (packed / "facts").glob("*.parquet"):
        (facts / file.name).write_bytes(file.read_bytes())
    text = (packed / "manifest.json").read_text()
    (tmp_path / "manifest.json").write_text(text)
    altered = facts / "accounts.parquet"
    altered.write_bytes(altered.read_bytes() + b" ")
    for said in ("accounts.parquet: it is not the file", "it is not there", "not the manifest"):
        project = tmp_path / said[:4]
        scaffold(project, with_demo=False)
        assert run(["migrate", "up", "--project-dir", str(project)]) == 0
        config = load_config(project)
        with (
            closing(open_engine(config.target())) as ledger,
            pytest.raises(Exception, match=said) as raised,
        ):
            restore(ledger, facts, config.migration_path)
        assert raised.value.code == "R293"
        with closing(open_engine(config.target())) as ledger:
            assert ledger.row_count("ledger_batches") == 0
        if altered.exists():
            altered.unlink()
        else:
            (tmp_path / "manifest.json").write_text("{}")


@pytest.fixture
def small(tmp_path, engine_name, cli):
    """A ledger of two fills, recorded in two batches; nothing is built of it."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name, suites=["facts"])
    assert cli(project, "migrate", "up").exit_code == 0
    for name, text in (
        ("i.csv", INSTRUMENT),
        ("a.csv", FILLS_HEADER + fill(1, 101)),
        ("b.csv", FILLS_HEADER + fill(2, 102)),
    ):
        (project.root / name).write_text(text)
        form = "canonical-instruments" if name == "i.csv" else "canonical-fills"
        assert cli(project, "ingest", name, "--format", form).exit_code == 0
    return project


def pack(cli, project, output, *options):
    words = ("--from", "2026-03-01", "--to", "2026-03-01", "-o", str(output), *options)
    return cli(project, "audit", "pack", *words)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_pack_of_what_was_known_then(small, cli, tmp_path):
    moments = small.rows("select recorded_at from ledger_batches order by batch_id")
    outcome = pack(cli, small, tmp_path / "p", "--as-of", str(moments[1][0]))
    assert outcome.exit_code == 0, outcome.stderr
    digest = hashlib.sha256((tmp_path / "p" / "SHA256SUMS").read_bytes()).hexdigest()
    assert outcome.stdout == f"{digest}  SHA256SUMS\n"
    rows = {t["name"]: t["row_count"] for t in manifest(tmp_path / "p")["tables"]}
    assert (rows["ledger_batches"], rows["order_fills"], rows["positions"]) == (2, 1, 1)
    # what is published is not touched
    with closing(small.open(read_only=True)) as ledger:
        assert not ledger.has_relation("positions")


@pytest.mark.parametrize("engine_name", ["duckdb"])
def test_a_pack_without_a_name_of_a_project_for_one_engine(small, cli):
    macro = "{% macro duckdb__one() %}1{% endmacro %}"
    one = "select {{ adapter.dispatch('one')() }} as n from {{ ref('int_books') }}"
    small.write({"models/macros/one.sql": macro, "models/orders/one.sql": one})
    outcome = cli(small, "audit", "pack", "--from", "2026-03-01", "--to", "2026-03-31")
    assert outcome.exit_code == 0, outcome.stderr
    assert (small.root / "audit-pack" / "manifest.json").is_file()


def test_the_tables_of_a_pack_are_the_same_on_every_engine(built_demo):
    names = []
    for engine_name in ENGINES:
        workspace = open_workspace(load_config(built_demo(engine_name)), engine_name)
        with closing(open_engine(workspace.target, read_only=True)) as engine:
            period = Period(datetime(2026, 3, 3), datetime(2026, 3, 5))
            tables = derived_tables_of(workspace.project, workspace.models, engine, period)
            names.append([table.name for table in tables])
    assert names[0] == names[1]
    assert {"positions", "lot_matches", "exchange_reconciliation"} < set(names[0])


@pytest.mark.parametrize("day", ["2026-03-05", "20260305", " 2026-W10-4 "])
def test_a_period_ends_with_its_last_day_however_that_is_written(day):
    period = period_of(datetime(2026, 3, 1), moment_of(day), day)
    assert period.last == datetime(2026, 3, 6)


def test_a_period_ends_at_its_last_moment():
    day = datetime(2026, 3, 5)
    assert period_of(datetime(2026, 3, 1), day, "2026-03-05 00:00").last == day
    last = datetime(9999, 12, 31)
    assert period_of(day, last, "9999-12-31").last == datetime.max


@pytest.mark.parametrize("engine_name", ["duckdb"])
def test_nothing_is_left_of_a_pack_that_failed(small, cli, tmp_path, monkeypatch):
    within = pack(cli, small, "models/orders/evidence")
    assert (within.exit_code, "R215" in within.stderr) == (2, True)
    null = pack(cli, small, tmp_path / "p", "--var", "reporting_currency=")
    assert (null.exit_code, "the var reporting_currency is null" in null.stderr) == (2, True)
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    for place in (full, full / "mine.txt"):
        refused = pack(cli, small, place)
        assert (refused.exit_code, "R215" in refused.stderr) == (2, True)
    assert [p.name for p in full.iterdir()] == ["mine.txt"]
    assert "R200" in cli(small, "audit", "pack", "--from", "2026-03-02", "--to", "2026-03-01",
                         "-o", str(tmp_path / "p")).stderr  # fmt: skip
    before = sorted(p.name for p in tmp_path.iterdir())

    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pack_write, "write_manifest", interrupted)
        assert pack(cli, small, tmp_path / "p").exit_code == 130
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    with closing(small.open()) as ledger, ledger.transaction():
        ledger.lift_guard("order_fills")
        ledger.execute("update order_fills set price = 99 where price = 101")
    refused = pack(cli, small, tmp_path / "p", "--as-of", "2100-01-01")
    assert refused.exit_code == 1
    assert "R292" in refused.stderr
    assert "order_fills: one or more of 1 rows were altered" in refused.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == before


VALUES: list[tuple[Column, list[Any]]] = [
    (Column("n", INTEGER, "bigint"), [2**63 - 1, -(2**63), None, 0, 1]),
    (
        Column("money", MONEY),
        [Decimal("-99999999999999999999999999.999999999999"), Decimal("0.000000000001"), None,
         Decimal(0), Decimal("1.10")],
    ),
    (Column("said", TEXT), ["", None, 'a "b", c', "two\r\nlines\n", "\\N é 中"]),
    (Column("at", TIMESTAMP), [datetime(2026, 3, 1, 1, 2, 3, 4), None, datetime(1969, 1, 1),
                               datetime(2026, 3, 1), datetime(9999, 12, 31)]),
    (Column("is_on", BOOLEAN), [True, False, None, True, False]),
    (Column("id", UUID), ["00000000-0000-0000-0000-00000000000a"] * 4 + [None]),
    (Column("told", JSON), ['{"a": "1,2"}', None, "[]", '"x"', "null"]),
    (Column("day", DATE), [datetime(2026, 3, 1).date(), None] + [datetime(1970, 1, 1).date()] * 3),
]  # fmt: skip
CSV = '''\
n,money,said,at,is_on,id,told,day
9223372036854775807,-99999999999999999999999999.999999999999,"",2026-03-01 01:02:03.000004,true,\
00000000-0000-0000-0000-00000000000a,"{""a"": ""1,2""}",2026-03-01
-9223372036854775808,0.000000000001,,,false,00000000-0000-0000-0000-00000000000a,,
,,"a ""b"", c",1969-01-01 00:00:00.000000,,00000000-0000-0000-0000-00000000000a,[],1970-01-01
0,0.000000000000,"two\r
lines
",2026-03-01 00:00:00.000000,true,00000000-0000-0000-0000-00000000000a,"""x""",1970-01-01
1,1.100000000000,\\N é 中,9999-12-31 00:00:00.000000,false,,null,1970-01-01
'''


def test_values_are_exact_in_both_files(engine_name, tmp_path):
    with closing(open_memory(engine_name)) as engine:
        columns = [column for column, _ in VALUES]
        engine.empty_table("things", columns)
        rows = list(zip(*(values for _, values in VALUES), strict=True))
        engine.insert_rows("things", columns, rows)
        written = write_table(
            engine, PackTable("facts", "things", "select * from things"), tmp_path
        )
    assert written.row_count == 5
    assert (tmp_path / "facts" / "things.csv").read_bytes().decode() == CSV
    with duckdb.connect() as memory:
        found = memory.execute(f"select * from '{tmp_path}/facts/things.parquet'")
        types = [str(d[1]).lower() for d in found.description]
        assert types == ["bigint", "decimal(38,12)", "varchar", "timestamp", "boolean", "uuid",
                         "json", "date"]  # fmt: skip
        read = [tuple(str(v) if i == 5 and v else v for i, v in enumerate(r)) for r in
                found.fetchall()]  # fmt: skip
    assert read == rows
