"""dbt's Jinja surface: a project written for dbt renders the same here."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.compile.compiler import Compiler
from runner.compile.ephemeral import with_ctes
from runner.config import Target, load_config
from runner.errors import CompileError
from runner.project.load import load_project


@pytest.fixture
def compiled(tmp_path: Path):
    """compiled(files, engine): every model of a project, rendered."""

    def rendered(files: dict[str, str], engine: str = "duckdb"):
        for name, text in {"pyproject.toml": "[tool.runner]\n", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        project = load_project(load_config(tmp_path))
        return Compiler(project, Target("dev", engine, Path("x.db"))).all_models()

    return rendered


def test_ref_source_var_target_this_and_env_var(compiled, monkeypatch):
    monkeypatch.setenv("DESK", "fx")
    models = compiled(
        {
            "pyproject.toml": "[tool.runner.vars]\nlimit = 5\n",
            "seeds/raw.csv": "id\n1\n",
            "models/sources.yml": "sources:\n  - name: ledger\n    tables:\n"
            "      - name: fills\n        identifier: order_fills\n",
            "models/a.sql": "select '{{ env_var('DESK') }}', "
            "{{ env_var('NO', '0') }}, "
            "{{ var('limit') }}, {{ var('other', 7) }}, '{{ target.name }}', '{{ this }}' "
            "from {{ ref('raw') }}, {{ source('ledger', 'fills') }}"
            "{% if execute %} -- run{% endif %}",
        }
    )
    assert models["a"].sql == "select 'fx', 0, 5, 7, 'dev', 'a' from raw, order_fills -- run"
    assert models["a"].depends_on == (
        "seed." + models["a"].model.fqn[0] + ".raw",
        f"source.{models['a'].model.fqn[0]}.ledger.fills",
    )


def test_macros_call_each_other_whatever_file_they_stand_in(compiled):
    models = compiled(
        {
            "macros/a.sql": "{% macro outer(x) %}{{ inner(x) }} + 1{% endmacro %}",
            "macros/b.sql": "{% macro inner(x) %}({{ x }} * {{ var('k', 2) }}){% endmacro %}",
            "models/a.sql": "select {{ outer('n') }} as n",
        }
    )
    assert models["a"].sql == "select (n * 2) + 1 as n"


@pytest.mark.parametrize(("engine", "expected"), [("duckdb", "default"), ("sqlite", "own")])
def test_dispatch_prefers_the_engines_macro(compiled, engine, expected):
    macros = (
        "{% macro m() %}{{ return(adapter.dispatch('m', 'pkg')()) }}{% endmacro %}"
        "{% macro default__m() %}default{% endmacro %}{% macro sqlite__m() %}own{% endmacro %}"
    )
    models = compiled({"macros/m.sql": macros, "models/a.sql": "select '{{ m() }}'"}, engine)
    assert models["a"].sql == f"select '{expected}'"


def test_config_nearer_the_model_wins_and_tags_add_up(compiled):
    models = compiled(
        {
            "dbt_project.yml": "name: shop\nmodels:\n  +tags: all\n"
            "  shop:\n    materialized: table\n"
            "    staging:\n      +materialized: view\n      +tags: [raw]\n",
            "models/staging/s.sql": "select 1 as n",
            "models/marts/m.sql": "{{ config(materialized='ephemeral', tags='mart') }}"
            "select 1 as n",
            "models/marts/t.sql": "select 1 as n",
            "models/marts/y.sql": "select 1 as n",
            "models/y.yml": "models:\n  - name: y\n    config: {materialized: incremental}\n",
        }
    )
    assert {n: m.materialized for n, m in models.items()} == {
        "s": "view",
        "m": "ephemeral",
        "t": "table",
        "y": "incremental",
    }
    assert models["s"].tags == ("all", "raw")
    assert models["m"].tags == ("all", "mart")


def test_loops_over_a_set_list_and_docs_blocks(compiled):
    models = compiled(
        {
            "models/a.sql": "{% set ways = ['card', 'cash'] %}select "
            "{% for w in ways %}sum({{ w }}) as {{ w }}"
            "{% if not loop.last %}, {% endif %}{% endfor %}",
            "models/a.yml": "models:\n  - name: a\n    description: \"{{ doc('ways') }}\"\n",
            "models/docs.md": "{% docs ways %}\nEach way to pay.\n{% enddocs %}",
        }
    )
    assert models["a"].sql == "select sum(card) as card, sum(cash) as cash"
    assert models["a"].description == "Each way to pay."


def test_a_disabled_macro_error_names_the_macros_line(compiled):
    with pytest.raises(CompileError) as refused:
        compiled(
            {
                "macros/m.sql": "{% macro m() %}\n{{ exceptions.raise_compiler_error('no') }}"
                "{% endmacro %}",
                "models/a.sql": "select {{ m() }}",
            }
        )
    assert str(refused.value.where).endswith("macros/m.sql:2")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", "with x as (\nq\n)\nselect 1"),
        (
            "-- c\nwith a as (select 1) select 2",
            "-- c\nwith x as (\nq\n), a as (select 1) select 2",
        ),
        ("with recursive a as (s) t", "with recursive x as (\nq\n), a as (s) t"),
    ],
)
def test_ephemeral_ctes_join_a_querys_own(sql, expected):
    assert with_ctes(sql, [("x", "q")]) == expected
