"""Tables that SQL reads by their plain names: the graph knows of `ref` and `source` only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from runner.checks.compiled_rule import CompiledRule
from runner.compile.compiled import Compiled
from runner.errors import Location
from runner.project.nodes import Project

# what is no SQL of the file's own: Jinja, comments, texts; its lines are kept
_LEFT_OUT = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}|--[^\n]*|/\*.*?\*/|'[^']*'", re.S)
_READ = re.compile(r'\b(?:from|join)\s+(?:main\.)?"?(\w+)\b"?(?!\s*[.(])', re.I)
_CTE = re.compile(r'\b(\w+)"?\s+as\s+(?:not\s+)?(?:materialized\s+)?\(', re.I)


def plain_reads(sql: str, known: Set[str]) -> dict[str, int]:
    """Each known name that SQL under Jinja reads as it stands, and the first line that does.

    >>> sql = "with a as (select * from {{ ref('b') }} as d)\\nselect * from a join c"
    >>> plain_reads(sql, {"a", "c", "d"})
    {'c': 2}
    """
    if "from" not in sql.lower():
        return {}
    own = _LEFT_OUT.sub(_in_its_place, sql)
    ctes = {name.lower() for name in _CTE.findall(own)}
    found: dict[str, int] = {}
    for read in _READ.finditer(own):
        name = read[1].lower()
        if name in known and name not in ctes:
            found.setdefault(name, own.count("\n", 0, read.start(1)) + 1)
    return found


def _in_its_place(found: re.Match[str]) -> str:
    # a value, or a table, is something that what follows is the alias of
    stands = "?" if found[0].startswith(("{{", "'")) else " "
    return stands + "\n" * found[0].count("\n")


def notes(
    project: Project, models: Mapping[str, Compiled], rules: Iterable[CompiledRule]
) -> list[str]:
    """A sentence for each model, and each check, that reads what the graph does not know of."""
    calls = {name: f"{{{{ ref('{name}') }}}}" for name in (*models, *project.seeds)}
    names = {m.unique_id: m.name for m in models.values()}
    names |= {seed.unique_id: seed.name for seed in project.seeds.values()}
    for (group, table), source in project.sources.items():
        calls[source.identifier] = f"{{{{ source('{group}', '{table}') }}}}"
        names[source.unique_id] = source.identifier
    written = {name.lower(): call for name, call in calls.items()}
    said = []
    for model in models.values():
        told = {names[unique_id].lower() for unique_id in (model.unique_id, *model.depends_on)}
        for name, line in plain_reads(model.model.raw_sql, written.keys() - told).items():
            said.append(
                f"{Location(model.model.path, line)}: {model.name} reads {name} by its plain name, "
                f"and is not built again when {name} changes: write {written[name]}"
            )
    for rule in rules:
        told = {names[unique_id].lower() for unique_id in rule.reads}
        for text in (*texts_of(rule.rule.arguments), rule.rule.filter or ""):
            for name in plain_reads(text, written.keys() - told):
                said.append(
                    f"{rule.rule.where}: the check {rule.rule.name} reads {name} by its plain "
                    f"name, and is not run again when {name} changes: write {written[name]}"
                )
    return said


def texts_of(arguments: object) -> Iterator[str]:
    """Each text among a rule's arguments."""
    if isinstance(arguments, str):
        yield arguments
    elif isinstance(arguments, Mapping):
        for value in arguments.values():
            yield from texts_of(value)
