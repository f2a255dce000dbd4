"""What may be wrong with a row by itself, and the words that say it.

A row's problem is the first of, in this order: what the mapping refuses; a required field that is
empty; a field that cannot be read, in the shape's order; an instrument that is not known; a rule of
the shape.
"""

from __future__ import annotations

from runner.ingest.functions import quoted
from runner.ingest.shape import Field, Reading, Shape


def first_of(shape: Shape, has_join: bool, may_refuse: bool, has_floats: bool) -> str:
    """SQL of a row's problem, "code reason", or null; over `r` and, with a join, `i`."""
    cases = [
        (
            f"r.{f.name}_text is null",
            "missing",
            quoted(f"{f.name} is empty, and it is required"),
        )
        for f in shape.fields
        if f.required
    ]
    for entry in shape.fields:
        cases += _unreadable(entry)
        if has_floats and entry.reading is Reading.DECIMAL:
            cases.append(_binary_float(entry.name))
    if has_join:
        cases.append(_unknown_instrument(shape))
        if shape.makes_instruments:
            cases.append(_contradicts_instrument())
    cases += [(rule.broken, rule.code, rule.reason) for rule in shape.rules]
    whens = "\n        ".join(
        f"when {broken} then {quoted(code + ' ')} || ({reason})" for broken, code, reason in cases
    )
    refusal = "when r.refusal is not null then r.refusal\n        " if may_refuse else ""
    return f"case\n        {refusal}{whens}\n    end"


def _unreadable(entry: Field) -> list[tuple[str, str, str]]:
    name = entry.name
    unread = f"r.{name}_text is not null and r.{name} is null"
    said = f"'{name} is ''' || r.{name}_text || '''"
    match entry.reading:
        case Reading.DECIMAL:
            # not a list of words: DuckDB would join every row with it
            words = f"regexp_full_match(lower(trim(r.{name}_text)), '[+-]?(nan|inf|infinity)')"
            return [
                (f"{unread} and {words}", "not_finite",
                 f"{said}, not a finite number: give the amount'"),
                (f"{unread} and ingest_looks_decimal(r.{name}_text)", "too_many_digits",
                 f"{said}: more than 26 digits before the point, the most decimal(38,12) holds: "
                 "is its unit right?'"),
                (unread, "not_a_number", f"{said}, not a decimal number such as 1234.5'"),
            ]  # fmt: skip
        case Reading.TIME:
            return [
                (
                    unread,
                    "not_a_time",
                    f"{said}, not an ISO 8601 or epoch time such as 2026-03-02T09:00:00Z'",
                ),
                _out_of_time(name),
            ]
        case Reading.WORD:
            return [(unread, "unknown_word", f"{said}, not one of {', '.join(entry.words)}'")]
        case Reading.BOOLEAN:
            return [(unread, "not_a_boolean", f"{said}, not true or false'")]
        case Reading.INTEGER:
            return [(unread, "not_an_integer", f"{said}, not a whole number'")]
        case Reading.JSON:
            return [(unread, "not_json", f"{said}, not JSON'")]
        case Reading.TEXT:
            return []


def _out_of_time(name: str) -> tuple[str, str, str]:
    """Many a program's zero is in the year 1, and a fact cannot be taken back.

    An order may expire as late as it likes.
    """
    end = "9999" if name == "expires_at" else "2099"
    return (
        f"r.{name} < timestamp '1900-01-01' or r.{name} > timestamp '{end}-12-31 23:59:59.999999'",
        "not_a_time",
        f"'{name} is ''' || r.{name}_text || ''', before 1900 or after {end}'",
    )


def _binary_float(name: str) -> tuple[str, str, str]:
    words = f"r.{name}_text"
    return (
        f"(r.row_id, {words}) in (select (row_id, literal) from ingest_floats)",
        "binary_float",
        f"'{name} is ' || {words} || ', a binary float that stands for ' || "
        f"format('{{:.15g}}', cast({words} as double)) || "
        "': have the exporter write decimals, or text'",
    )


def _unknown_instrument(shape: Shape) -> tuple[str, str, str]:
    unknown = "r.symbol is not null and i.instrument_id is null"
    if shape.makes_instruments:
        # a venue's own symbol tells the terms of all but inverse contracts, whose size it hides
        unknown += (
            " and (r.base_currency is null or r.quote_currency is null "
            "or r.instrument_type is null "
            "or (r.instrument_type = 'INVERSE' and r.multiplier is null))"
        )
    return (
        unknown,
        "unknown_instrument",
        "'no instrument ' || r.symbol || ' is known (letter case counts): declare its terms with "
        "canonical-instruments, then load this again'",
    )


def _contradicts_instrument() -> tuple[str, str, str]:
    """Venues call different things the same: XBTUSDT is a pair here, a contract of 10^-6 there."""
    given = "r.instrument_type || coalesce(' of contract size ' || r.multiplier_text, '')"
    known = (
        "i.instrument_type || ' of contract size ' || "
        "rtrim(rtrim(cast(i.multiplier as varchar), '0'), '.')"
    )
    return (
        "i.instrument_type <> r.instrument_type or i.multiplier <> r.multiplier",
        "contradicts_instrument",
        f"'it is ' || {given} || ', and ' || r.symbol || ' is known as ' || {known} || "
        "': restate it with canonical-instrument-restatements if that is wrong, or load venues "
        "that call different things the same into ledgers of their own'",
    )
