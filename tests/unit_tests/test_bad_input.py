"""A unit test that is written wrongly is one clear error, with its line."""

from __future__ import annotations

import pytest

FILES = {
    "seeds/raw.csv": "id,price\n1,1.5\n",
    "models/staged.sql": "select id, cast(price as decimal(38, 12)) as price, "
    "cast('2026-01-01' as timestamp) as made_at from {{ ref('raw') }}",
    "models/doubled.sql": "select\n    id,\n    price * 2 as price,\n    made_at\n"
    "from {{ ref('staged') }}",
    "models/macros/m.sql": "{% macro scaled() %}1{% endmacro %}",
    "models/off.sql": "{{ config(enabled=false) }} select 1 as id",
}
TEST = """\
unit_tests:
  - name: one
    model: doubled
    given:
      - input: ref('staged')
        rows:
          - {id: 1, price: 1.5}
    expect:
      rows:
        - {id: 1, price: 3}
"""
# what replaces what; exit code, error code, line, words
BROKEN = {
    "unknown key": ("    model:", "    modle: x\n    model:", "R233", 3, "did you mean 'model'?"),
    "no model": ("    model: doubled\n", "", "R233", 2, "has no model"),
    "unknown model": ("model: doubled", "model: doubed", "R233", 3, "did you mean 'doubled'?"),
    "unknown input": ("ref('staged')", "ref('stagd')", "R233", 5, "did you mean 'staged'?"),
    "unknown source": ("ref('staged')", "source('a', 'b')", "R233", 5, "is not declared"),
    "no input": ("ref('staged')", "staged", "R233", 5, "write input: ref('model')"),
    "disabled input": ("    expect:", "      - {input: ref('off'), rows: []}\n    expect:",
                       "R233", 8, "is disabled"),
    "given twice": ("    expect:", "      - {input: ref('staged'), rows: []}\n    expect:",
                    "R233", 8, "is given twice"),
    "not given": ("ref('staged')", "ref('raw')", "R234", 2, "gives no rows for ref('staged')"),
    "no rows": ("        rows:\n          - {id: 1, price: 1.5}\n", "", "R233", 5, "no rows are"),
    "nothing expected": ("      rows:\n        - {id: 1, price: 3}\n", "      format: dict\n",
                         "R233", 9, "expects no rows"),
    "unknown column": ("price: 1.5", "prise: 1.5", "R233", 7, "did you mean 'price'?"),
    "unknown column expected": ("price: 3", "prise: 3", "R233", 10, "did you mean 'price'?"),
    "columns differ": ("{id: 1, price: 3}", "{id: 1}\n        - {price: 3}", "R233", 11,
                       "do not all name the same columns"),
    "rounded": ("1.5", "0.1234567890123", "R233", 7, "decimal(38,12) cannot hold it"),
    "too large": ("1.5", "123456789012345678901234567", "R233", 7, "cannot hold it"),
    "no number": ("price: 1.5", "price: much", "R233", 7, "no number"),
    "infinite": ("price: 1.5", "price: .inf", "R233", 7, "no number"),
    "not whole": ("id: 1, price: 1.5", "id: 1.5", "R233", 7, "no whole number"),
    "a boolean": ("id: 1, price: 1.5", "id: yes", "R233", 7, "boolean to YAML"),
    "no time": ("price: 1.5", "made_at: 2026-13-01", "R233", 7, "month must be in 1..12"),
    "a year for a time": ("price: 1.5", "made_at: 2026", "R233", 7, "write it as text"),
    "no number expected": ("price: 3", "price: much", "R233", 10, "no number"),
    "unknown format": ("        rows:\n", "        format: json\n        rows:\n", "R233", 6,
                       "one of dict, csv, sql"),
    "mappings as CSV": ("        rows:\n", "        format: csv\n        rows:\n", "R233", 7,
                        "rows: |"),
    "a cell too many": ("        rows:\n          - {id: 1, price: 1.5}",
                        "        format: csv\n        rows: |\n          id\n          1,2",
                        "R233", 9, "a row has 2 cells, the header 1"),
    "no fixture": ("        rows:\n          - {id: 1, price: 1.5}",
                   "        format: csv\n        fixture: f", "R233", 7, "there is no fixture 'f'"),
    "incremental, no table": ("    expect:",
                              "    overrides: {macros: {is_incremental: true}}\n    expect:",
                              "R233", 8, "input: this"),
    "no batch": ("    expect:", "    overrides: {macros: {built_through: last}}\n    expect:",
                 "R233", 8, "the number of a batch"),
    "unknown macro": ("    expect:", "    overrides: {macros: {scald: 2}}\n    expect:",
                      "R233", 2, "did you mean 'scaled'?"),
    "unknown column of a query": ("        rows:\n          - {id: 1, price: 1.5}",
                                  "        format: sql\n        rows: select 1 as idd",
                                  "R233", 5, "did you mean 'id'?"),
    "versions": ("    expect:", "    versions: {include: [1]}\n    expect:", "R233", 8, "versions"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_it_is_named_with_its_line(make, cli, kind):
    old, new, code, line, words = BROKEN[kind]
    assert TEST.count(old) == 1
    outcome = cli(make({**FILES, "models/t.yml": TEST.replace(old, new)}), "test")
    assert outcome.exit_code == 2, outcome.stderr
    assert f"error[{code}]" in outcome.stderr
    assert f"where: models/t.yml:{line}\n" in outcome.stderr
    assert words in outcome.stderr
    assert outcome.stdout == ""


def test_two_of_one_name_are_refused(make, cli):
    project = make({**FILES, "models/t.yml": TEST, "models/u.yml": TEST})
    outcome = cli(project, "test")
    assert outcome.exit_code == 2
    assert "two unit tests of doubled are called 'one'" in outcome.stderr
    project.write({"models/u.yml": TEST.replace("doubled", "staged").replace("staged')", "raw')")})
    assert cli(project, "test").exit_code == 1  # of another model


def test_what_the_database_refuses_is_neither_a_pass_nor_a_failure(make, cli):
    project = make({**FILES, "models/t.yml": TEST})
    model = project.root / "models/doubled.sql"
    model.write_text(model.read_text().replace("price * 2", "prize * 2"))
    outcome = cli(project, "test")
    assert outcome.exit_code == 3
    assert "error[R314]: the unit test one of doubled could not run" in outcome.stderr
    assert "where: models/doubled.sql:3" in outcome.stderr
    assert "given at models/t.yml:2" in outcome.stderr
    project.write(
        {
            "models/doubled.sql": FILES["models/doubled.sql"],
            "models/t.yml": TEST.replace(
                "        rows:\n          - {id: 1, price: 1.5}",
                "        format: sql\n        rows: select nothing as id",
            ),
        }
    )
    outcome = cli(project, "test")
    assert outcome.exit_code == 3
    assert "error[R314]" in outcome.stderr
    assert "the rows of ref('staged')" in outcome.stderr


def test_a_query_gives_every_column_that_the_model_reads(make, cli):
    """Under dbt it stands as the input itself: what it leaves out is not there."""
    rows = "        rows:\n          - {id: 1, price: 1.5}"
    query = "        format: sql\n        rows: select 1 as id, 1.5 as price"
    project = make({**FILES, "models/t.yml": TEST.replace(rows, query)})
    outcome = cli(project, "test")
    assert outcome.exit_code == 3
    assert "error[R314]" in outcome.stderr
    mend = "have the query of ref('staged') give made_at as well, at models/t.yml:5"
    assert mend in outcome.stderr
    whole = f"{query}, cast(null as timestamp) as made_at"
    project.write({"models/t.yml": TEST.replace(rows, whole)})
    assert cli(project, "test").exit_code == 0
