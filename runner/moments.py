"""Moments as people write them on a command line, and as hashes count them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from runner.errors import UsageError

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def utc_now() -> datetime:
    """This moment, as facts are dated: in UTC, without saying so."""
    return datetime.now(UTC).replace(tzinfo=None)


def moment_of(text: str, option: str = "") -> datetime:
    """`2026-03-02`, `2026-03-02 09:00`, with or without a zone: a time in UTC, microseconds.

    UsageError (R200) for another text, which names the `option` that it was given to.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):  # beyond the years 1 to 9999 in UTC
        raise UsageError(
            "R200",
            f"{option} {text} is no moment" if option else f"'{text}' is no moment",
            mend="write it as 2026-03-02 or 2026-03-02T09:00:00, in UTC or with its offset",
        ) from None


def is_day(text: str) -> bool:
    """Whether a moment is written as a day, without a time.

    >>> [is_day("2026-03-02"), is_day("20260302"), is_day("2026-03-02 00:00")]
    [True, True, False]
    """
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def microseconds(moment: datetime) -> int:
    """From 1970 to a moment in UTC.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, 5))
    1000005
    """
    return (moment - _EPOCH) // _MICROSECOND


def moment_at(microseconds_since_1970: int) -> datetime:
    """The moment in UTC that `microseconds` counts.

    >>> moment_at(1000005)
    datetime.datetime(1970, 1, 1, 0, 0, 1, 5)
    """
    return _EPOCH + microseconds_since_1970 * _MICROSECOND
