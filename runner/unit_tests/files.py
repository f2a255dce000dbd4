"""Read `unit_tests:` of the schema YAML beside models."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.compile.isolated import Overrides
from runner.errors import Location, nearest
from runner.project.nodes import Project
from runner.project.text_file import read_text
from runner.project.yaml_file import LineMap, read_yaml
from runner.unit_tests.definition import Given, InputKind, UnitTest, bad_unit_test
from runner.unit_tests.fixtures import read_fixture

_KEY = "unit_tests"
_KEYS = ("name", "model", "description", "given", "expect", "overrides", "config", "versions")
_GIVEN = ("input", "rows", "format", "fixture")
_EXPECT = ("rows", "format", "fixture")
_OVERRIDES = ("macros", "vars", "env_vars")
_CONFIG = ("tags", "meta", "enabled", "static_analysis")


def load_unit_tests(project: Project) -> list[UnitTest]:
    """Every unit test that is enabled; ProjectError (R233) for one that is written wrongly."""
    found: dict[tuple[str, str], UnitTest] = {}
    for path in project.schema_paths:
        # reading YAML takes long, and most files have none
        if _KEY not in read_text(path):
            continue
        for test in _of_file(path, project):
            other = found.setdefault((test.model, test.name), test)
            if other is not test:
                raise bad_unit_test(
                    test.where,
                    f"two unit tests of {test.model} are called '{test.name}'",
                    "rename one",
                    f"the other is at {other.where}",
                )
    return [t for t in found.values() if t.config.get("enabled", True)]


def _of_file(path: Path, project: Project) -> Iterator[UnitTest]:
    body = read_yaml(path, exact=True)
    for entry in _mappings(body, _KEY, path):
        yield _unit_test(entry, path, project)


def _unit_test(entry: LineMap, path: Path, project: Project) -> UnitTest:
    where = Location(path, entry.line)
    _refuse_strangers(entry, _KEYS, "a unit test", path)
    for key in ("name", "model"):
        if not isinstance(entry.get(key), str):
            raise bad_unit_test(where, f"a unit test has no {key}", f"add '{key}: …'")
    if entry.get("versions"):
        raise bad_unit_test(
            Location(path, entry.line_of("versions")),
            f"the unit test {entry['name']} names versions of {entry['model']}",
            "leave it out: models have no versions here",
        )
    model = str(entry["model"])
    if model not in project.models:
        near = nearest(model, set(project.models))
        raise bad_unit_test(
            Location(path, entry.line_of("model")),
            f"the unit test {entry['name']} is of '{model}', which is no model",
            f"did you mean '{near}'?" if near else "see `runner ls`",
        )
    expect = entry.get("expect")
    if not isinstance(expect, LineMap):
        raise bad_unit_test(
            where, f"the unit test {entry['name']} expects nothing", "add 'expect: {rows: […]}'"
        )
    _refuse_strangers(expect, _EXPECT, "expect", path)
    fixture = read_fixture(expect, path, project)
    if fixture is None:
        raise bad_unit_test(
            Location(path, expect.line),
            f"the unit test {entry['name']} expects no rows",
            "add 'rows:', of an empty list where the model shall give none",
        )
    given = tuple(_given(e, path, project) for e in _mappings(entry, "given", path))
    _refuse_doubles(given)
    config = _mapping(entry, "config", path)
    _refuse_strangers(config, _CONFIG, "a unit test's config", path)
    return UnitTest(
        name=str(entry["name"]),
        model=model,
        given=given,
        expect=fixture,
        where=where,
        description=str(entry.get("description") or ""),
        overrides=_overrides(entry, path, given),
        config=config,
    )


def _given(entry: LineMap, path: Path, project: Project) -> Given:
    _refuse_strangers(entry, _GIVEN, "an input", path)
    where = Location(path, entry.line)
    kind, name, source_name = _input(str(entry.get("input") or ""), where)
    found = Given(kind, name, read_fixture(entry, path, project), where, source_name)
    if kind is InputKind.SOURCE and (source_name, name) not in project.sources:
        known = {".".join(key) for key in project.sources}
        near = nearest(f"{source_name}.{name}", known)
        raise bad_unit_test(
            where,
            f"{found.call} is not declared",
            f"did you mean {near}?" if near else "declare it under 'sources:' in a YAML file",
        )
    if kind is InputKind.REF and name not in project.models and name not in project.seeds:
        near = nearest(name, {*project.models, *project.seeds})
        raise bad_unit_test(
            where,
            f"{found.call} names no model or seed",
            f"did you mean '{near}'?" if near else "check the spelling",
        )
    if found.fixture is None and not (kind is InputKind.REF and name in project.seeds):
        raise bad_unit_test(
            where, f"no rows are given for {found.call}", "add 'rows:', of an empty list for none"
        )
    return found


def _input(text: str, where: Location) -> tuple[InputKind, str, str]:
    """`ref('a')`, `ref('package', 'a')`, `source('a', 'b')` or `this`."""
    if text.strip() == "this":
        return InputKind.THIS, "this", ""
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        call = None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords:
        words = [a.value for a in call.args if isinstance(a, ast.Constant)]
        names = [word for word in words if isinstance(word, str)]
        if len(names) == len(call.args):
            if call.func.id == "ref" and len(names) in (1, 2):
                return InputKind.REF, names[-1], ""
            if call.func.id == "source" and len(names) == 2:
                return InputKind.SOURCE, names[1], names[0]
    raise bad_unit_test(
        where,
        f"'{text}' is no input" if text else "an input is not named",
        "write input: ref('model'), source('source', 'table') or this",
    )


def _refuse_doubles(given: tuple[Given, ...]) -> None:
    seen: dict[str, Given] = {}
    for one in given:
        if seen.setdefault(one.call, one) is not one:
            raise bad_unit_test(
                one.where,
                f"{one.call} is given twice",
                "put its rows into one list",
                f"the other is at {seen[one.call].where}",
            )


def _overrides(entry: LineMap, path: Path, given: tuple[Given, ...]) -> Overrides:
    body = _mapping(entry, "overrides", path)
    _refuse_strangers(body, _OVERRIDES, "overrides", path)
    found = Overrides(*(_mapping(body, key, path) for key in _OVERRIDES))
    is_incremental = found.macros.get("is_incremental", False)
    if not isinstance(is_incremental, bool):
        raise bad_unit_test(
            Location(path, entry.line_of("overrides")),
            f"is_incremental is overridden by {is_incremental!r}",
            "write true or false",
        )
    through = found.macros.get("built_through", 0)
    if isinstance(through, bool) or not isinstance(through, int):
        raise bad_unit_test(
            Location(path, entry.line_of("overrides")),
            f"built_through is overridden by {through!r}",
            "write the number of a batch",
        )
    if is_incremental and not any(g.kind is InputKind.THIS for g in given):
        raise bad_unit_test(
            Location(path, entry.line_of("overrides")),
            f"the unit test {entry['name']} is of a model whose table stands, and gives no table",
            "add 'input: this' with the rows that stand, or an empty list",
        )
    return found


def _mapping(body: Mapping[str, Any], key: str, path: Path) -> LineMap:
    value = body.get(key)
    if value is None:
        empty = LineMap()
        empty.lines = {}
        return empty
    if not isinstance(value, LineMap):
        line = body.line_of(key) if isinstance(body, LineMap) else None
        raise bad_unit_test(
            Location(path, line),
            f"'{key}' is {value!r}, not keys and values",
            f"write {key}: and its keys, indented, below it",
        )
    return value


def _mappings(body: LineMap, key: str, path: Path) -> Iterator[LineMap]:
    value = body.get(key)
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(v, LineMap) for v in value):
        raise bad_unit_test(
            Location(path, body.line_of(key)),
            f"'{key}' is not a list of mappings",
            f"write '{key}:' and below it one '- …' for each",
        )
    yield from value


def _refuse_strangers(body: LineMap, known: tuple[str, ...], what: str, path: Path) -> None:
    for key in body:
        if key not in known:
            near = nearest(str(key), set(known))
            raise bad_unit_test(
                Location(path, body.line_of(key)),
                f"{what} has no key '{key}'",
                f"did you mean '{near}'?" if near else f"known: {', '.join(known)}",
            )
