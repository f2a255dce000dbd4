"""The SQL functions mappings and shapes are written with: exact decimals, times, uuid5.

They are DuckDB macros, made anew in each staging connection and never stored in a ledger.
"""

from __future__ import annotations

from uuid import UUID

from runner.engines.staging import Staging

# Every internal id is uuid5(NAMESPACE, name). It must never change: ids are how a row that
# comes again is recognised.
NAMESPACE = UUID("5d1f1f0a-6c3c-5a52-9d3b-0b6f4c1c8e11")

_VERSION_AND_VARIANT = (0xF << 76) | (0x3 << 62)
_KEEP = ((1 << 128) - 1) ^ _VERSION_AND_VARIANT
_SET = (5 << 76) | (2 << 62)

_MARKER = "runner_ingest_functions"
_MACROS = f"""
-- RFC 4122 version 5: sha1 of namespace and name, six bits of it set
create or replace temp macro ingest_uuid5(name) as cast(
    (cast(cast(unhex(left(sha1(unhex('{NAMESPACE.hex}') || encode(name)), 32)) as uuid) as uhugeint)
    & cast({_KEEP} as uhugeint)) | cast({_SET} as uhugeint)
as uuid);

-- one part of an id's name: parts are joined by '|', so a '|' inside one is escaped
create or replace temp macro ingest_part(t) as
    case
        when contains(t, '|') or contains(t, '\\')
            then replace(replace(t, '\\', '\\\\'), '|', '\\|')
        else t
    end;

-- a moment as part of an id's name
create or replace temp macro ingest_moment(t) as cast(epoch_us(t) as varchar);

-- text of a finite decimal -> decimal(38,12), rounded half away from zero; null for any other
create or replace temp macro ingest_decimal(t) as
    case when contains(t, '_') then null else try_cast(t as decimal(38, 12)) end;

create or replace temp macro ingest_looks_decimal(t) as
    regexp_full_match(trim(t), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{{1,4}})?');

-- whether decimal(38,12) cannot hold all the decimals of a text that ingest_decimal reads
create or replace temp macro ingest_is_rounded(t) as
    case
        when length(t) - strpos(t, '.') <= 12 and not contains(lower(t), 'e') then false
        when contains(lower(t), 'e') then regexp_matches(t, '^[^eE]*[1-9]')
            and length(regexp_extract(t, '[.]([0-9]*)[eE]', 1))
                - try_cast(split_part(lower(trim(t)), 'e', 2) as integer)
                - length(regexp_extract(
                    replace(split_part(lower(t), 'e', 1), '.', ''), '0*$'
                )) > 12
        else length(rtrim(split_part(trim(t), '.', 2), '0')) > 12
    end;

-- a decimal(38,12) as the whole number of its last places
create or replace temp macro ingest_units(d) as
    cast(replace(cast(d as varchar), '.', '') as hugeint);

create or replace temp macro ingest_quotient_of(a, b) as
    case when a < 0 then '-' else '' end
    || cast(abs(a) * 10000000000000 // b // 10000000000000 as varchar) || '.'
    || lpad(cast(abs(a) * 10000000000000 // b % 10000000000000 as varchar), 13, '0')
    || case when abs(a) * 10000000000000 % b = 0 then '' else '1' end;

-- text of a / b, for decimals below 10^13, b above zero; null for others. A digit behind the 13th
-- decimal says that there are more, so that it is rounded right, and marked so
create or replace temp macro ingest_quotient(a, b) as
    ingest_quotient_of(
        case when abs(ingest_decimal(a)) < 10000000000000 then ingest_units(ingest_decimal(a)) end,
        case when ingest_decimal(b) > 0 then ingest_units(ingest_decimal(b)) end
    );

create or replace temp macro ingest_product_of(units) as
    case when units < 0 then '-' else '' end
    || cast(abs(units) // 1000000000000000000000000 as varchar) || '.'
    || lpad(cast(abs(units) % 1000000000000000000000000 as varchar), 24, '0');

-- text of a * b, digit for digit; null where it may have more digits than a whole number holds
create or replace temp macro ingest_product(a, b) as
    case
        when length(cast(ingest_units(ingest_decimal(a)) as varchar))
            + length(cast(ingest_units(ingest_decimal(b)) as varchar)) <= 38
            then ingest_product_of(
                ingest_units(ingest_decimal(a)) * ingest_units(ingest_decimal(b))
            )
    end;

-- ISO 8601 (a time without a zone is UTC), or epoch seconds (with decimals, too), milliseconds or
-- microseconds; digits beyond microseconds are cut off
create or replace temp macro ingest_time(t) as
    case
        -- DuckDB takes any two digits for an offset's hours; no place is over 14 from UTC
        when regexp_matches(t, '[+-](1[5-9]|[2-9][0-9])(:?[0-9]{{2}})?$') and contains(t, ':')
            then null
        when regexp_matches(t, '[+-][0-9]{{2}}:?[6-9][0-9]$') and contains(t, ':') then null
        when substr(t, 5, 1) = '-' and substr(t, 8, 1) = '-'
            then timezone('UTC', try_cast(t as timestamptz))
        when regexp_full_match(t, '[0-9]{{10}}[.][0-9]+')
            then make_timestamp(try_cast(left(replace(t, '.', '') || '00000', 16) as bigint))
        when not regexp_full_match(t, '[0-9]+') then null
        when length(t) = 10 then make_timestamp(try_cast(t as bigint) * 1000000)
        when length(t) = 13 then make_timestamp(try_cast(t as bigint) * 1000)
        when length(t) = 16 then make_timestamp(try_cast(t as bigint))
    end;

create or replace temp macro ingest_boolean(t) as
    case
        when lower(t) in ('true', 't', 'yes', '1') then true
        when lower(t) in ('false', 'f', 'no', '0') then false
    end;

create or replace temp macro ingest_integer(t) as
    case when regexp_full_match(t, '[+-]?[0-9]{{1,18}}') then cast(t as bigint) end;

-- the quote currency a pair such as BTCUSDT ends with, the longest there is, as what stands before
-- it is the shortest, but for coins whose last letter would make another currency of USD or EUR;
-- null for any other. A pattern, as a lambda would read the pair for each word
create or replace temp macro ingest_quote_currency(pair) as
    case
        when regexp_full_match(
            pair, '(BNB|SHIB|TRB|ARB|BAT|DOT|APT|GMT|GRT|QNT|FET|OXT|BNT|HNT|ONT|LPT)USD'
        ) then 'USD'
        when regexp_full_match(
            pair, '(ADA|LUNA|GALA|THETA|MANA|KAVA|IOTA|DIA|ALPHA|BETA|DATA)EUR'
        ) then 'EUR'
        else nullif(regexp_extract(
            pair,
            '(?s)^.+?('
            'FDUSD|RLUSD|USDT|USDC|TUSD|BUSD|USDP|USDS|USD1|USDE|USDR|EURI|AEUR|EURQ|EURR|BIDR|'
            'IDRT|BKRW|BVND|DOGE|USDQ|USD|DAI|PAX|BTC|XBT|ETH|BNB|XRP|TRX|DOT|SOL|VAI|EUR|GBP|'
            'TRY|BRL|AUD|JPY|RUB|UAH|NGN|ZAR|PLN|RON|ARS|MXN|CZK|COP|BRZ|MNT'
            ')$', 1
        ), '')
    end;

-- minus a number's text, digit for digit; ingest_decimal judges it
create or replace temp macro ingest_negated(t) as
    case
        when starts_with(trim(t), '-') then substr(trim(t), 2)
        else '-' || ltrim(trim(t), '+')
    end;

-- a number's text; null where it is empty or nought, as venues write a price that is none
create or replace temp macro ingest_unless_zero(t) as
    case when ingest_decimal(t) = 0 then null else nullif(t, '') end;

-- what an API's answer says went wrong, to be written behind a reason; null of any other record
create or replace temp macro ingest_complaint(record) as
    'The venue says: ' || coalesce(
        nullif(nullif(record ->> '$.retMsg', ''), 'OK'),
        nullif(record ->> '$.msg', ''),
        record ->> '$.error.message',
        record ->> '$.errors[0].message',
        nullif(record ->> '$.message', ''),
        record ->> '$.error[0]',
        case when json_type(record, '$.error') = 'VARCHAR' then record ->> '$.error' end,
        case when json_type(record, '$.detail') = 'VARCHAR' then record ->> '$.detail' end
    );

-- text that is a uuid as it stands, or one made of it
create or replace temp macro ingest_as_uuid(kind, t) as
    coalesce(try_cast(t as uuid), ingest_uuid5(kind || '|' || ingest_part(t)));
"""


def install(staging: Staging) -> None:
    """Make the functions known to a staging connection, once."""
    # asking duckdb_functions() takes as long as making them: a marker table says it
    if not staging.rows(f"select 1 from duckdb_tables() where table_name = '{_MARKER}'"):
        staging.run(f"{_MACROS} create temp table {_MARKER} (made boolean)")


def uuid5_sql(kind: str, *parts: str) -> str:
    """SQL of the uuid5 of a kind and its parts; null where a part is null.

    >>> uuid5_sql("fill", "r.venue", "'x'")
    "ingest_uuid5('fill|' || ingest_part(r.venue) || '|' || ingest_part('x'))"
    """
    name = " || '|' || ".join(_part(part) for part in parts)
    return f"ingest_uuid5('{kind}|' || {name})"


def _part(sql: str) -> str:
    # a uuid, a moment or a count holds nothing to escape, and a macro copies what it is given
    safe = sql.startswith(("cast(", "ingest_moment("))
    return sql if safe else f"ingest_part({sql})"


def name_of(kind: str, *parts: str) -> str:
    """The name `uuid5_sql` hashes, in Python, for tests and for anyone who recomputes an id.

    >>> name_of("fill", "a|b", "1")
    'fill|a\\\\|b|1'
    """
    escaped = (part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return "|".join((kind, *escaped))


def decimal_text(name: str, scale: int) -> str:
    """SQL of a decimal's text: one that fits 64 bits is told in less than half the time.

    >>> decimal_text("price", 16)
    'case when price between -99 and 99 then cast(cast(price as decimal(18, 16)) as varchar) \
else cast(price as varchar) end'
    """
    bound = 10 ** (18 - scale) - 1
    return (
        f"case when {name} between -{bound} and {bound} "
        f"then cast(cast({name} as decimal(18, {scale})) as varchar) "
        f"else cast({name} as varchar) end"
    )


def quoted(text: str | None) -> str:
    """A SQL literal."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"
