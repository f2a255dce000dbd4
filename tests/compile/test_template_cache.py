"""Compiled templates are kept between runs, and never outlive the text they were made of."""

from __future__ import annotations

import jinja2
import pytest

from runner.compile import template_cache

SHOP = {
    "macros/cents.sql": "{% macro cents(x) %}{{ x }} * 100{% endmacro %}",
    "models/prices.sql": "select {{ cents('5') }} as price",
    "pyproject.toml": '[tool.runner]\nname = "shop"\nmacro_paths = ["macros"]\n'
    '[tool.runner.targets.t]\nengine = "duckdb"\npath = "shop.duckdb"\n',
}


def compiled(cli, project) -> str:
    assert cli(project, "build").exit_code == 0
    outcome = cli(project, "compile", "prices")
    assert outcome.exit_code == 0, outcome.stderr
    return outcome.stdout.strip()


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("compiled again")


def test_what_has_not_changed_is_not_compiled_again(make, cli, monkeypatch: pytest.MonkeyPatch):
    project = make(SHOP)
    first = compiled(cli, project)
    monkeypatch.setattr(jinja2.Environment, "compile", refuse)
    assert compiled(cli, project) == first
    monkeypatch.setattr(template_cache, "_MADE", {})  # as another process
    assert compiled(cli, project) == first


def test_nor_where_the_project_stands_elsewhere(make, cli, tmp_path, monkeypatch):
    project = make(SHOP)
    first = compiled(cli, project)
    moved = project.copied(tmp_path / "moved")
    monkeypatch.setattr(template_cache, "_MADE", {})
    monkeypatch.setattr(jinja2.Environment, "compile", refuse)
    assert compiled(cli, moved) == first


def test_an_edited_macro_is_compiled_anew(make, cli):
    project = make(SHOP)
    assert "* 100" in compiled(cli, project)
    project.write({"macros/cents.sql": "{% macro cents(x) %}{{ x }} * 1000{% endmacro %}"})
    assert "* 1000" in compiled(cli, project)


@pytest.mark.parametrize("content", [b"", b"not code", b"i\x01\x00\x00\x00"])
def test_a_cache_that_cannot_be_read_is_no_cache(make, cli, monkeypatch, content: bytes):
    project = make(SHOP)
    first = compiled(cli, project)
    monkeypatch.setattr(template_cache, "_MADE", {})
    (project.root / "target" / "templates.cache").write_bytes(content)
    assert compiled(cli, project) == first
