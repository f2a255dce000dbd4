"""The ledger as it was known at a moment: built beside what is published, and never over it."""

from __future__ import annotations

import shutil

import pytest

from runner.cli.main import run
from runner.config import load_config
from runner.engines.base import open_engine
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, MadeProject, ledger_project

pytestmark = pytest.mark.either_engine

POSITIONS = "select * from positions order by account_id"
# one model in place of the ledger's fifty: what is tried is which facts it reads
MODELS = {
    "models/positions.sql": "select account_id, sum(quantity) as quantity, sum(price) as price "
    "from {{ source('ledger', 'order_fills') }} group by account_id",
    "models/sources.yml": """
        sources:
          - name: ledger
            schema: main
            tables:
              - name: order_fills
    """,
}


def load(cli, project, text: str, form: str) -> str:
    """Append; the moment at which the ledger learned it."""
    project.write({"facts.csv": text})
    outcome = cli(project, "ingest", "facts.csv", "--format", f"canonical-{form}")
    assert outcome.exit_code == 0, outcome.stderr
    return last_moment(project)


def last_moment(project) -> str:
    ((moment,),) = project.rows("select max(recorded_at) as recorded_at from ledger_batches")
    return str(moment)


def answer(cli, project, *words: str) -> str:
    outcome = cli(project, "query", *words, "--format", "csv")
    assert outcome.exit_code == 0, outcome.stderr
    return outcome.stdout


@pytest.fixture(scope="module", params=ENGINES)
def published(tmp_path_factory, request) -> MadeProject:
    """A ledger of one fill, published."""
    project = ledger_project(tmp_path_factory.mktemp("traded") / "ledger", request.param)
    for folder in ("models", "checks", "seeds"):
        shutil.rmtree(project.root / folder)
    project.write(
        {**MODELS, "checks/empty.yml": "checks: [{name: holds, sql: select 1 as n where 1 = 0}]"}
    )
    (project.root / "dbt_project.yml").unlink()
    place = ["--project-dir", str(project.root)]
    assert run(["migrate", "up", *place]) == 0
    for text, form in ((INSTRUMENT, "instruments"), (FILLS_HEADER + fill(1, 100), "fills")):
        project.write({"facts.csv": text})
        facts = str(project.root / "facts.csv")
        assert run(["ingest", facts, "--format", f"canonical-{form}", *place]) == 0
    assert run(["build", *place]) == 0
    return project


@pytest.fixture
def traded(published, tmp_path, cli):
    """A copy of it, when its fill was known, and what was published then."""
    project = published.copied(tmp_path / "ledger")
    return project, last_moment(project), answer(cli, project, POSITIONS)


def test_yesterdays_report_is_told_again(traded, cli):
    project, then, published = traded
    load(cli, project, FILLS_HEADER + fill(2, 300), "fills")
    assert cli(project, "build").exit_code == 0
    now = answer(cli, project, POSITIONS)
    assert now != published
    assert answer(cli, project, POSITIONS, "--as-of", then) == published
    # what is published stays as it is, and so does what was known
    assert answer(cli, project, POSITIONS) == now
    assert answer(cli, project, POSITIONS, "--as-of", then) == published
    shown = cli(project, "show", "order_fills", "--as-of", then)
    assert "f1" in shown.stdout and "f2" not in shown.stdout
    batches = "select batch_id, chain_hash from ledger_batches order by batch_id"
    whole = answer(cli, project, batches)
    assert whole.startswith(answer(cli, project, batches, "--as-of", then))
    assert cli(project, "build", "--as-of", then).exit_code == 0


def test_a_moment_to_come_sees_what_comes(traded, cli):
    project, _, _ = traded
    counted = "select count(*) as fills from order_fills"
    assert answer(cli, project, counted, "--as-of", "2999-01-01") == "fills\n1\n"
    load(cli, project, FILLS_HEADER + fill(2, 300), "fills")
    assert answer(cli, project, counted, "--as-of", "2999-01-01T01:00:00+01:00") == "fills\n2\n"


def test_a_copy_of_another_ledger_is_made_anew(traded, cli):
    """Of as many batches, and of the same moments: a ledger that was made again of other files."""
    project, *_ = traded
    prices = "select price from order_fills"
    assert answer(cli, project, prices, "--as-of", "2999-01-01") == "price\n100\n"
    for path in project.root.glob(f"ledger.{project.engine}*"):
        path.unlink()
    assert cli(project, "migrate", "up").exit_code == 0
    load(cli, project, INSTRUMENT, "instruments")
    load(cli, project, FILLS_HEADER + fill(1, 300), "fills")
    assert answer(cli, project, prices, "--as-of", "2999-01-01") == "price\n300\n"


def test_a_copy_of_before_a_migration_is_made_anew(traded, cli):
    project, then, _ = traded
    answer(cli, project, POSITIONS, "--as-of", then)
    migrations = project.root / "sql" / "migrations"
    number = len(list(migrations.glob("*.sql"))) + 1
    (migrations / f"{number:04d}_note.sql").write_text(
        "-- migrate:up\nalter table order_fills add column note text; -- said of it\n"
        "-- migrate:down\nalter table order_fills drop column note;\n"
    )
    assert cli(project, "migrate", "up").exit_code == 0
    assert answer(cli, project, "select note from order_fills", "--as-of", then) == 'note\n""\n'


def test_a_copy_that_was_cut_off_is_made_anew(traded, cli):
    project, then, published = traded
    assert answer(cli, project, POSITIONS, "--as-of", then) == published
    (place,) = (project.root / "target" / "as_of").glob(f"*/ledger.{project.engine}")
    place.rename(place.with_name(f"{place.name}.partial"))
    assert answer(cli, project, POSITIONS, "--as-of", then) == published
    assert not place.with_name(f"{place.name}.partial").exists()


@pytest.mark.parametrize(
    ("moment", "code", "said"),
    [
        ("2020-01-01", "R206", "the ledger knew nothing at 2020-01-01 00:00:00"),
        ("yesterday", "R200", "'yesterday' is no moment"),
    ],
)
def test_a_moment_that_cannot_be(traded, cli, moment, code, said):
    project, _, _ = traded
    for words in (["query", "select 1 as one"], ["build"], ["show", "positions"]):
        outcome = cli(project, *words, "--as-of", moment)
        assert outcome.exit_code == 2
        assert f"error[{code}]: {said}" in outcome.stderr


def test_failing_rows_are_asked_for_where_they_are(traded, cli):
    project, then, _ = traded
    rule = "      - {name: none_held, expression: quantity = 0, severity: SEVERITY}\n"
    suite = f"checks:\n  - table: positions\n    rules:\n{rule}"
    project.write({"checks/mine.yml": suite.replace("SEVERITY", "warn")})
    said = cli(project, "build", "--as-of", then).stderr
    kept = "select failing_row from check_failures where check_name = 'none_held'"
    assert f'all of them: runner query "{kept}" --as-of "{then}"' in said
    assert answer(cli, project, kept, "--as-of", then).count("\n") == 2
    project.write({"checks/mine.yml": suite.replace("SEVERITY", "error")})
    said = cli(project, "build", "--as-of", then).stderr
    assert "FAIL none_held" in said and "check_failures" not in said


def test_what_fails_a_check_is_not_answered_from(traded, cli):
    project, then, _ = traded
    project.write(
        {
            "checks/mine.yml": "checks:\n  - table: positions\n    rules:\n"
            "      - {name: none_held, expression: quantity = 0}\n"
        }
    )
    outcome = cli(project, "query", POSITIONS, "--as-of", then)
    assert outcome.exit_code == 1
    assert "FAIL none_held" in outcome.stderr and "check_failures" not in outcome.stderr
    assert outcome.stdout == ""


def test_a_ledger_of_newer_migrations_is_not_copied(traded, cli):
    project, then, _ = traded
    ledger = open_engine(load_config(project.root).target(None))
    ledger.execute(
        "insert into schema_version select 99, 'later', applied_at, checksum, rollback_sql "
        "from schema_version where version_id = 1"
    )
    ledger.close()
    outcome = cli(project, "build", "--as-of", then)
    assert outcome.exit_code == 3
    assert "error[R328]: the ledger is of schema version 99" in outcome.stderr
