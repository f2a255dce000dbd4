"""Of a view that only facts have changed, what they bear on is read before it is published."""

from __future__ import annotations

import pytest

from runner.build import values
from runner.cli.main import run
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, MadeProject, slim_ledger_project

pytestmark = pytest.mark.either_engine

# fails on a fill whose id is no number
NUMBERED = """\
{{ config(
    materialized='view',
    changed='fill_id in (select fill_id from ' ~ ref('int_changed_fills') ~ ')',
) }}
select fill_id, cast(replace(exchange_fill_id, 'f', '') as integer) as fill_number
from {{ ref('int_fills_effective') }}
"""


@pytest.fixture(scope="module", params=ENGINES)
def traded_once(tmp_path_factory, request) -> MadeProject:
    project = slim_ledger_project(tmp_path_factory.mktemp("traded") / "ledger", request.param)
    fills = FILLS_HEADER + fill(1, 100, "BUY", 1) + fill(2, 120, "SELL", 1)
    project.write({"i.csv": INSTRUMENT, "fills.csv": fills, "models/orders/numbered.sql": NUMBERED})
    place = ["--project-dir", str(project.root)]
    assert run(["migrate", "up", *place]) == 0
    for name, form in (("i.csv", "instruments"), ("fills.csv", "fills")):
        file = str(project.root / name)
        assert run(["ingest", file, "--format", f"canonical-{form}", *place]) == 0
    assert run(["build", *place]) == 0
    return project


@pytest.fixture
def traded(traded_once, tmp_path) -> MadeProject:
    """A copy of it, to load more into."""
    return traded_once.copied(tmp_path / "ledger")


def _read(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    found = {}
    prove = values.prove_view

    def seen(engine, compiler, compiled, tables, changed=None):
        found[compiled.name] = changed
        prove(engine, compiler, compiled, tables, changed)

    monkeypatch.setattr(values, "prove_view", seen)
    return found


def _load(cli, project: MadeProject, fills: str) -> None:
    project.write({"fills.csv": FILLS_HEADER + fills})
    assert cli(project, "ingest", "fills.csv", "--format", "canonical-fills").exit_code == 0


def test_new_rows_are_read(traded, cli, monkeypatch):
    read = _read(monkeypatch)
    _load(cli, traded, fill(3, 130, "BUY", 2))
    assert cli(traded, "build").exit_code == 0
    assert "from int_changed_fills" in (read["numbered"] or "")
    assert "int_changed_fills" in (read["int_fills_effective"] or "")
    _load(cli, traded, fill(4, 130, "BUY", 2).replace(",f4,", ",fx,"))
    outcome = cli(traded, "build")
    assert outcome.exit_code == 3
    assert "numbered.sql" in outcome.stderr
    assert traded.rows("select count(*) as n from int_book_fills") == [(3,)]


@pytest.mark.parametrize("beside", ["its SQL", "what it reads", "--full-refresh"])
def test_all_rows_are_read_where_more_has_changed(traded, cli, monkeypatch, beside):
    read = _read(monkeypatch)
    _load(cli, traded, fill(3, 130, "BUY", 2))
    if beside == "its SQL":
        traded.write({"models/orders/numbered.sql": NUMBERED + "-- more"})
    elif beside == "what it reads":
        path = traded.root / "models/orders/int_fills_effective.sql"
        path.write_text(path.read_text().replace("left join void", "left outer join void"))
    refreshed = [beside] if beside.startswith("--") else []
    assert cli(traded, "build", *refreshed).exit_code == 0
    assert read["numbered"] is None


def test_all_rows_are_read_after_a_build_that_left_the_view_out(traded, cli, monkeypatch):
    _load(cli, traded, fill(3, 130, "BUY", 2))
    assert cli(traded, "build", "--exclude", "numbered").exit_code == 0
    read = _read(monkeypatch)
    _load(cli, traded, fill(4, 130, "BUY", 2))
    assert cli(traded, "build").exit_code == 0
    assert read["numbered"] is None
    assert read["int_fills_effective"] is not None
