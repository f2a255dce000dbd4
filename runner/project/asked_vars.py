"""Vars given for one run that nothing in the project reads: misspelt, they would change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.config import Config
from runner.errors import UsageError, nearest
from runner.project.nodes import Project
from runner.project.text_file import read_text

_READ = r"""\b(?:{})\s*\(\s*['"](\w+)['"]"""
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)(.*?)endmacro", re.S)
_OF_ANOTHER_NAME = re.compile(r"""\bvar\s*\(\s*[^'"\s]""")


def refuse_unread(config: Config, project: Project) -> None:
    """UsageError for a var of `--var` whose name stands in no model, macro, YAML file or check."""
    unread = set(config.asked_vars) - config.own_vars
    if not unread:
        return
    known = vars_read(config, project) | config.own_vars
    for name in sorted(unread - known):
        near = nearest(name, known)
        raise UsageError(
            "R200",
            f"nothing in the project reads a var '{name}'",
            why="--var would change nothing",
            mend=f"did you mean '{near}'?" if near else f"known: {', '.join(sorted(known))}",
        )


def vars_read(config: Config, project: Project) -> set[str]:
    """Those whose name stands in a model, macro, YAML file or check."""
    texts = list(_texts(config, project))
    # a macro that is given the name of the var it reads
    readers = {
        m[1] for text in texts for m in _MACRO.finditer(text) if _OF_ANOTHER_NAME.search(m[2])
    }
    read = re.compile(_READ.format("|".join(["var", *sorted(readers)])))
    return {name for text in texts for name in read.findall(text)}


def _texts(config: Config, project: Project) -> Iterator[str]:
    for model in project.models.values():
        yield model.raw_sql
    checks = (path for folder in config.check_paths for path in folder.rglob("*.y*ml"))
    for path in (*project.macro_files, *project.schema_paths, *checks):
        yield read_text(path)
    for rule in project.rules:
        yield str(rule.arguments.get("sql", ""))
