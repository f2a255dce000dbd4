"""What a read-only connection may do beside reading its own file: nothing."""

from __future__ import annotations

import apsw

# what tells something, though it is given a value
_TELLING_PRAGMAS = frozenset(
    {
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
    }
)


def authorize_reader(
    operation: int, first: str | None, second: str | None, database: str | None, by: str | None
) -> int:
    """A read-only connection could still attach, or VACUUM INTO, any file, and change settings."""
    changes_setting = (
        operation == apsw.SQLITE_PRAGMA
        and second is not None
        and (first or "").lower() not in _TELLING_PRAGMAS
    )
    refused = operation == apsw.SQLITE_ATTACH or changes_setting
    return apsw.SQLITE_DENY if refused else apsw.SQLITE_OK
