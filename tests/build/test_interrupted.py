"""A build stopped at any instant leaves what was published, and the next one works."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import time
from pathlib import Path

_NUMBERS = "n\n" + "\n".join(str(n) for n in range(60)) + "\n"
_WORK = {
    "seeds/numbers.csv": _NUMBERS,
    "seeds/generation.csv": "generation\n1\n",
    "models/many.sql": """
        {{ config(materialized='table') }}
        select a.n * 3600 + b.n * 60 + c.n as n, g.generation
        from {{ ref('numbers') }} as a
        cross join {{ ref('numbers') }} as b
        cross join {{ ref('numbers') }} as c
        cross join {{ ref('generation') }} as g
    """,
    "models/summed.sql": """
        {{ config(materialized='table') }}
        select generation, count(*) as row_count, sum(n) as total
        from {{ ref('many') }} group by generation
    """,
    "models/schema.yml": """
        models:
          - name: many
            columns:
              - name: n
                data_tests: [unique, not_null]
    """,
}


def _published(project) -> list[tuple[object, ...]]:
    opened = project.open(read_only=True)
    try:
        generations = list(opened.query("select generation from generation").rows)
        summed = list(opened.query("select generation, row_count, total from summed").rows)
        many = list(opened.query("select distinct generation from many").rows)
    finally:
        opened.close()
    assert len(summed) == len(generations) == len(many) == 1
    assert summed[0][0] == generations[0][0] == many[0][0]
    return summed


def test_killed_at_random_it_leaves_the_old_or_the_new(make, cli):
    project = make(_WORK)
    assert cli(project, "build").exit_code == 0
    draw = random.Random(20261121)
    outcomes = set()
    for generation in range(2, 9):
        before = _published(project)
        project.write({"seeds/generation.csv": f"generation\n{generation}\n"})
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", "build", "--project-dir", str(project.root)],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(draw.uniform(0.1, 1.0))
        process.kill()
        process.wait()
        after = _published(project)
        assert after == before or after[0][0] == generation
        outcomes.add(after == before)
    assert cli(project, "build").exit_code == 0
    assert _published(project)[0][0] == 8
    assert True in outcomes, "no kill came in time to interrupt anything"


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from runner.cli.main import main
main(sys.argv[2:])
"""


def test_no_room_left_is_one_clear_error_and_changes_nothing(make, cli):
    project = make({**_WORK, "models/many.sql": "select 1 as n, 1 as generation"})
    assert cli(project, "build").exit_code == 0
    before = _published(project)
    project.write({"models/many.sql": _WORK["models/many.sql"]})
    size = project.database.stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(size + 200_000), "build",
         "--project-dir", str(project.root)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "R304" in done.stderr
    assert _published(project) == before
    assert cli(project, "build").exit_code == 0


def _fail_to_write(monkeypatch, name: str) -> None:
    """A disk that is full whenever a file of that name is to be written."""
    write = Path.write_text

    def full(path, text, **settings):
        if path.name.startswith(f"{name}."):
            path.touch()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, text, **settings)

    monkeypatch.setattr(Path, "write_text", full)


def test_a_results_file_that_cannot_be_written_is_told_apart_from_the_publish(
    make, cli, monkeypatch
):
    project = make({"models/one.sql": "select 1 as n"})
    _fail_to_write(monkeypatch, "run_results")
    for said, came_to in (
        ("published to t", "the build was published"),
        ("is up to date", "the database was up to date"),
    ):
        outcome = cli(project, "build")
        assert outcome.exit_code == 3
        assert said in outcome.stderr
        assert f"error[R304]: run_results.json could not be written; {came_to}" in outcome.stderr
        assert "where: target/run_results.json" in outcome.stderr
        assert project.rows("select n from one") == [(1,)]
        assert not list(project.root.rglob("*.partial"))
    monkeypatch.undo()
    assert cli(project, "build").exit_code == 0


def test_a_file_that_cannot_be_written_before_the_build_leaves_nothing(make, cli, monkeypatch):
    project = make({"models/one.sql": "select 1 as n"})
    for name in ("one", "manifest"):
        with monkeypatch.context() as patched:
            _fail_to_write(patched, name)
            outcome = cli(project, "build")
        assert outcome.exit_code == 3
        assert "could not be written; nothing was published" in outcome.stderr
        assert f"/{name}." in outcome.stderr
        assert not list(project.root.rglob("*.partial"))
    assert cli(project, "build").exit_code == 0


def test_what_stopped_a_build_is_told_before_what_could_not_be_written(make, cli, monkeypatch):
    project = make({"models/one.sql": "select nowhere from somewhere"})
    _fail_to_write(monkeypatch, "run_results")
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "one could not be built" in outcome.stderr
    assert "R304" not in outcome.stderr


def test_readers_see_the_old_tables_until_the_publish(make, cli, engine_name):
    if engine_name == "duckdb":
        return  # one process writes or several read: a reader waits (tests/cli/test_bad_input.py)
    project = make(_WORK)
    cli(project, "build")
    reader = project.open(read_only=True)
    with_reader_open = list(reader.query("select row_count from summed").rows)
    project.write({"seeds/generation.csv": "generation\n2\n"})
    assert cli(project, "build").exit_code == 0
    assert list(reader.query("select generation from summed").rows) == [(2,)]
    assert with_reader_open == [(216_000,)]
    reader.close()
