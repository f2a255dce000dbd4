"""Saying no: what cannot be translated with certainty is refused, never passed through."""

from __future__ import annotations

from sqlglot import exp

from runner.errors import TranslationError
from runner.sqltyping.calls import unread_args

_SHOWN = 160  # characters of SQL in a message


def refusal(node: exp.Expr | str, why: str, mend: str) -> TranslationError:
    """The error, R330, to raise over a construct."""
    shown = node if isinstance(node, str) else node.sql("duckdb", comments=False)
    shown = " ".join(shown.split())
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1] + "…"
    return TranslationError(
        "R330", f"`{shown}` has no exact translation to SQLite", why=why, mend=mend
    )


def only(node: exp.Expr, *keys: str) -> None:
    """Raise over a node that says more than the arguments named: no other is translated."""
    unread = unread_args(node, keys)
    if unread:
        raise refusal(
            node,
            f"{node.key.upper()} with {', '.join(k.strip('_') for k in unread)} is not translated",
            "write it without, or as plainer SQL",
        )
