-- How Bybit v5 lists records and calls instruments: BTCUSDT and BTCUSDT-29DEC23 are in USDT,
-- BTCPERP and BTC-29DEC23 in USDC, BTCUSD and BTCUSDH24 inverse, BTC-29DEC23-80000-C an option.

-- the answers and messages of a load, with what they list; a record without a list lists itself
create or replace temp macro bybit_pages() as table
    with pages as (
        select
            row_id,
            record,
            coalesce(record ->> '$.result.category', record ->> '$.category') as category,
            coalesce(record ->> '$.time', record ->> '$.creationTime') as told_at,
            coalesce(record -> '$.result.list', record -> '$.list') as answered,
            record -> '$.data' as sent,
            coalesce(
                nullif(record ->> '$.result.nextPageCursor', ''),
                nullif(record ->> '$.nextPageCursor', '')
            ) is not null as has_more
        from ingest_raw
    )

    select
        row_id,
        category,
        told_at,
        -- an answer tells all there is, as far as its last page; a message what has changed
        coalesce(json_type(answered) = 'ARRAY', false) as is_answer,
        has_more,
        case
            when json_type(coalesce(answered, sent)) = 'ARRAY'
                then cast(coalesce(answered, sent) as json[])
            else [record]
        end as entries
    from pages;

-- every element of the lists, and the category and the moment said of all of them
create or replace temp macro bybit_entries() as table
    select
        row_id,
        unnest(range(greatest(len(entries), 0))) as item,
        unnest(entries) as entry,
        category as page_category,
        told_at as page_told_at
    from bybit_pages();

create or replace temp macro bybit_quote(category, venue_symbol) as
    case
        when category = 'inverse' then 'USD'
        when category = 'option'
            then case when ends_with(venue_symbol, '-USDT') then 'USDT' else 'USDC' end
        when category = 'linear' and ends_with(venue_symbol, 'PERP') then 'USDC'
        when category = 'linear'
            then coalesce(ingest_quote_currency(split_part(venue_symbol, '-', 1)), 'USDC')
        when category = 'spot' then ingest_quote_currency(venue_symbol)
    end;

create or replace temp macro bybit_base(category, venue_symbol, quote) as
    case
        -- its price is no price of its underlying
        when category = 'option' then venue_symbol
        when ends_with(venue_symbol, 'PERP') then left(venue_symbol, -4)
        when category = 'inverse'
            then nullif(regexp_extract(venue_symbol, '^(.+)USD([FGHJKMNQUVXZ][0-9]{2})?$', 1), '')
        when ends_with(split_part(venue_symbol, '-', 1), quote)
            then left(split_part(venue_symbol, '-', 1), -length(quote))
        else split_part(venue_symbol, '-', 1)
    end;

-- a linear contract called like a spot pair stands apart from it
create or replace temp macro bybit_symbol(category, venue_symbol, quote) as
    case
        when category = 'linear' and not contains(venue_symbol, '-')
            and ends_with(venue_symbol, quote)
            then venue_symbol || '_PERP'
        else venue_symbol
    end;

create or replace temp macro bybit_instrument_type(category) as
    case category
        when 'spot' then 'SPOT'
        when 'inverse' then 'INVERSE'
        when 'linear' then 'LINEAR'
        when 'option' then 'LINEAR'
    end;

create or replace temp macro bybit_multiplier(category) as
    case when category <> 'spot' then '1' end;
