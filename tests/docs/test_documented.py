"""What a user can meet is documented: commands, settings, models, checks, error codes."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner import config, errors
from runner.checks.rules import RuleKind
from runner.cli import main
from runner.errors import SelectionError
from runner.graph import select
from runner.project.asked_vars import vars_read
from runner.sqltyping.types import parse_type
from tests.docs import make_audit, make_commands, make_expectations, make_formats, make_models
from tests.models.harness import build, empty_ledger, workspace

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
CHECKS = sorted((ROOT / "checks").glob("*.yml"))


def _codes() -> list[str]:
    found = {
        code
        for path in (ROOT / "runner").rglob("*.py")
        for code in re.findall(r'"(R\d{3})"', path.read_text(encoding="utf-8"))
    }
    return sorted(found)


def _models() -> list[Path]:
    return sorted(path for path in (ROOT / "models").rglob("*.sql") if "macros" not in path.parts)


def test_the_command_reference_is_what_the_commands_say():
    written = make_commands.PAGE.read_text(encoding="utf-8")
    assert written == make_commands.page(), "run: python -m tests.docs.make_commands"


def test_the_model_reference_is_what_the_models_say():
    written = make_models.PAGE.read_text(encoding="utf-8")
    assert written == make_models.page(), "run: python -m tests.docs.make_models"


def test_the_format_reference_is_what_the_mappings_say():
    written = make_formats.PAGE.read_text(encoding="utf-8")
    assert written == make_formats.page(), "run: python -m tests.docs.make_formats"


def test_the_audit_queries_are_described_as_they_describe_themselves():
    written = make_audit.PAGE.read_text(encoding="utf-8")
    assert written == make_audit.page(), "run: python -m tests.docs.make_audit"


def test_the_vocabulary_of_checks_is_written_out():
    written = make_expectations.PAGE.read_text(encoding="utf-8")
    assert written == make_expectations.page(), "run: python -m tests.docs.make_expectations"
    schema = make_expectations.SCHEMA.read_text(encoding="utf-8")
    assert schema == make_expectations.schema(), "run: python -m tests.docs.make_expectations"


def test_every_error_code_is_explained():
    explained = set(re.findall(r"^\| (R\d{3}) ", (DOCS / "errors.md").read_text(), re.M))
    assert explained >= set(_codes())
    assert explained - set(_codes()) == set(), "explained, but no longer raised"


@pytest.mark.parametrize("page", ["commands", "ci"])
def test_every_exit_status_is_told(page):
    kinds = vars(errors).values()
    statuses = {kind.exit_code for kind in kinds if hasattr(kind, "exit_code")}
    statuses |= set(map(int, re.findall(r"\breturn (\d+)$", inspect.getsource(main), re.M)))
    told = (DOCS / f"{page}.md").read_text(encoding="utf-8").partition("Exit status")[2]
    assert set(map(int, re.findall(r"\b\d+\b", told.partition("\n\n")[0]))) == statuses


def test_every_setting_is_explained():
    text = (DOCS / "configuration.md").read_text()
    for key in (*config._KEYS, *config._TARGET_KEYS):
        assert f"`{key}`" in text, key


def test_every_var_is_explained():
    text = (DOCS / "configuration.md").read_text(encoding="utf-8").partition("## Vars of")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \| [^|]+ \|$", text, re.M))
    opened = workspace("duckdb")
    assert set(rows) == vars_read(opened.config, opened.project)
    files = [*opened.project.macro_files, *(ROOT / "models").rglob("*.sql"), *CHECKS]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for name, told in rows.items():
        (default,) = set(re.findall(rf"\bvar\('{name}', ([^)]+)\)", sources))
        assert told.strip("`").partition(":")[0] == re.sub(r"[\['\]]", "", default), name


def test_what_reads_a_var_is_there():
    text = (DOCS / "configuration.md").read_text(encoding="utf-8").partition("## Vars of")[2]
    opened = workspace("duckdb")
    known = {*opened.models, *(rule.rule.name for rule in opened.rules)}
    readers = re.findall(r"\| ([^|]+) \|$", text, re.M)
    assert {name for cell in readers for name in re.findall(r"`(\w+)`", cell)} <= known


def test_every_method_of_selection_is_explained():
    text = (DOCS / "dbt.md").read_text(encoding="utf-8")
    methods = {*select._METHODS, "state"}
    section = text.partition("## Selection\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)[:.]`", section, re.M)) == methods
    shown = CliRunner().invoke(main.cli, ["ls", "--help"]).output
    assert all(re.search(rf"\b{method}[:.]", shown) for method in methods)
    (row,) = re.findall(r"^\| selection by (.*?) \|", text, re.M)
    for method in re.findall(r"`(\w+):`", row):
        with pytest.raises(SelectionError, match=f"there is no selector method '{method}:'"):
            workspace("duckdb").selector().select([f"{method}:x"])


def test_every_kind_of_check_is_explained():
    text = (DOCS / "checks.md").read_text()
    for kind in RuleKind:
        if kind is not RuleKind.GENERIC:
            assert f"`{kind.value}`" in text, kind


@pytest.mark.parametrize("path", _models(), ids=lambda path: path.stem)
def test_every_model_is_explained(path):
    assert path.read_text().lstrip().startswith("-- "), "its first comment is its grain"
    assert path.with_suffix(".yml").exists(), "its columns are described beside it"


def test_the_columns_described_are_those_a_model_has():
    """In their order, and of their types; of an ephemeral model as well, which nothing enforces."""
    with closing(build(empty_ledger())) as ledger:
        for compiled in workspace("duckdb").models.values():
            is_inlined = compiled.materialized == "ephemeral"
            query = compiled.sql if is_inlined else f"select * from {compiled.name}"
            described = [(c.name, parse_type(c.data_type or "")) for c in compiled.columns]
            assert described == [(c.name, c.type) for c in ledger.describe(query)], compiled.name
            assert all(c.description for c in compiled.columns), compiled.name


def test_a_row_of_one_role_is_told_from_that_of_another():
    """Who joins such a table without its currency_role counts each amount twice."""
    models = workspace("duckdb").models.values()
    with_roles = [m for m in models if "currency_role" in {c.name for c in m.columns}]
    assert with_roles
    for compiled in with_roles:
        grains = (compiled.model.raw_sql.partition(":")[0], compiled.description.partition(":")[0])
        assert all("currency_role" in grain for grain in grains), compiled.name


def _prose(page: Path) -> str:
    """Without its blocks of code, where a # begins a comment."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def _anchors(page: Path) -> set[str]:
    """What a link can name of its headings, as GitHub makes it of their text."""
    found: Counter[str] = Counter()
    anchors = set()
    for heading in re.findall(r"^#+ +(.*?) *$", _prose(page), re.M):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-")
        anchors.add(f"{slug}-{found[slug]}" if found[slug] else slug)
        found[slug] += 1
    return anchors


@pytest.mark.parametrize("page", [ROOT / "README.md", *DOCS.glob("*.md")], ids=lambda p: p.stem)
def test_links_lead_to_a_page_and_to_a_heading_of_it(page):
    for name, fragment in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", _prose(page)):
        target = page.parent / name if name else page
        assert target.exists(), name
        assert not fragment or fragment in _anchors(target), f"{name}#{fragment}"
