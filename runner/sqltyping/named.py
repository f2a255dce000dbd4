"""What a query can read: found in its text, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")


def named_in(sql: str, relations: Iterable[str]) -> list[str]:
    """Those of `relations` (lower case) whose names stand in the SQL, sorted.

    One whose name is no single word is always among them: how it is quoted is not looked at.

    >>> named_in("select * from orders join Fills using (order_id)", ["fills", "lots", "odd name"])
    ['fills', 'odd name']
    """
    words = set(_WORD.findall(sql.lower()))
    return sorted(name for name in relations if name in words or not _WORD.fullmatch(name))
