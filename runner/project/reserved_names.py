"""Names that no model or seed may have: a build replaces what it is called after."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runner.errors import Location, ProjectError
from runner.migrate.files import tables_made

_RUNNERS = ("check_failures", "check_history", "schema_version")
_RUNNERS_PREFIX = "runner_"
_LEDGERS = ("quarantine",)
_LEDGERS_PREFIX = "ledger_"


def refuse_reserved(
    named: Iterable[tuple[str, Path]], migrations: Path, *, is_ledger: bool
) -> None:
    """ProjectError for the first of `named`, a name and its file, that would destroy a table.

    The names are compared without regard to case, as databases compare them.
    """
    facts = tables_made(migrations)
    for name, path in named:
        owner = _owner(name.lower(), facts, is_ledger)
        if owner is not None:
            raise ProjectError(
                "R231",
                f"no model or seed may be called '{name}'",
                where=Location(path),
                why=f"{owner}, and a build would replace it",
                mend="rename the file, and what refers to it",
            )


def _owner(name: str, facts: frozenset[str], is_ledger: bool) -> str | None:
    if name in facts:
        return f"a migration makes the table {name}"
    if name in _RUNNERS or name.startswith(_RUNNERS_PREFIX):
        return f"{name} is the name of a table of the runner's own"
    if is_ledger and (name in _LEDGERS or name.startswith(_LEDGERS_PREFIX)):
        return f"{name} is the name of a table of the ledger's own books"
    return None
