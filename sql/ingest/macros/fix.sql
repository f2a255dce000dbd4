-- The words of FIX 4.4 and 5.0: the fields of a record, and what their codes stand for.

-- the fields that the mapping reads, by tag: a record is parsed once for all of them
create or replace temp macro fix_tags(record) as
    json_transform(
        record,
        '{"1": "VARCHAR", "11": "VARCHAR", "12": "VARCHAR", "13": "VARCHAR",'
        || ' "15": "VARCHAR", "17": "VARCHAR", "18": "VARCHAR", "19": "VARCHAR",'
        || ' "20": "VARCHAR", "30": "VARCHAR", "31": "VARCHAR", "32": "VARCHAR",'
        || ' "37": "VARCHAR", "38": "VARCHAR", "39": "VARCHAR", "40": "VARCHAR",'
        || ' "41": "VARCHAR", "44": "VARCHAR", "48": "VARCHAR", "49": "VARCHAR",'
        || ' "52": "VARCHAR", "54": "VARCHAR", "55": "VARCHAR", "56": "VARCHAR",'
        || ' "58": "VARCHAR", "59": "VARCHAR", "60": "VARCHAR", "65": "VARCHAR",'
        || ' "99": "VARCHAR", "103": "VARCHAR", "120": "VARCHAR", "122": "VARCHAR", "137": "JSON",'
        || ' "138": "JSON", "150": "VARCHAR", "167": "VARCHAR", "200": "VARCHAR",'
        || ' "201": "VARCHAR", "202": "VARCHAR", "207": "VARCHAR", "231": "VARCHAR",'
        || ' "442": "VARCHAR", "460": "VARCHAR", "461": "VARCHAR", "479": "VARCHAR",'
        || ' "541": "VARCHAR", "851": "VARCHAR"}'
    );

create or replace temp macro fix_field(fields, tag) as nullif(struct_extract(fields, tag), '');

-- the values of a tag that may stand several times
create or replace temp macro fix_values(fields, tag) as
    case json_type(struct_extract(fields, tag))
        when 'ARRAY' then cast(struct_extract(fields, tag) as varchar[])
        when 'VARCHAR' then [struct_extract(fields, tag) ->> '$']
        else []
    end;

-- UTCTimestamp: 20260302-09:00:00.123456
create or replace temp macro fix_time(t) as
    case
        when regexp_full_match(t, '[0-9]{8}-[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?')
            then left(t, 4) || '-' || substr(t, 5, 2) || '-' || substr(t, 7, 2) || 'T'
                || substr(t, 10) || 'Z'
        else t
    end;

create or replace temp macro fix_side(code) as
    case
        when code in ('1', '3') then 'BUY'
        when code in ('2', '4', '5', '6') then 'SELL'
        else 'Side ' || code
    end;

create or replace temp macro fix_short_side(code) as
    case code when '5' then 'SELL_SHORT' when '6' then 'SELL_SHORT_EXEMPT' end;

create or replace temp macro fix_order_type(code) as
    case
        when code in ('1', '5', 'A', 'C', 'K') then 'MARKET'
        when code in ('2', '7', '8', 'B', 'D', 'E', 'F', 'I', 'P') then 'LIMIT'
        when code = '3' then 'STOP'
        when code = '4' then 'STOP_LIMIT'
        when code = 'J' then 'TAKE_PROFIT'
    end;

create or replace temp macro fix_time_in_force(code, instructions) as
    case
        when list_contains(string_split(instructions, ' '), '6') then 'GTX'
        when code in ('0', '7') then 'DAY'
        when code = '1' then 'GTC'
        when code = '3' then 'IOC'
        when code = '4' then 'FOK'
        when code = '5' then 'GTX'
        when code = '6' then 'GTD'
    end;

-- the status an OrdStatus leaves an order in; null where it says what is going on, not what is
create or replace temp macro fix_status(code) as
    case code
        when '0' then 'ACCEPTED' when '1' then 'PARTIAL' when '2' then 'FILLED'
        when '4' then 'CANCELLED' when '8' then 'REJECTED' when 'A' then 'PENDING'
        when 'C' then 'EXPIRED'
    end;

create or replace temp macro fix_status_word(code) as
    case code
        when '0' then 'New' when '1' then 'PartiallyFilled' when '2' then 'Filled'
        when '3' then 'DoneForDay' when '4' then 'Canceled' when '5' then 'Replaced'
        when '6' then 'PendingCancel' when '7' then 'Stopped' when '8' then 'Rejected'
        when '9' then 'Suspended' when 'A' then 'PendingNew' when 'B' then 'Calculated'
        when 'C' then 'Expired' when 'D' then 'AcceptedForBidding' when 'E' then 'PendingReplace'
        else code
    end;

create or replace temp macro fix_event_type(exec_type, ord_status) as
    case exec_type
        when 'A' then 'SUBMITTED' when 'E' then 'SUBMITTED' when '6' then 'SUBMITTED'
        when '0' then 'ACCEPTED' when 'L' then 'ACCEPTED' when '5' then 'REPLACED'
        when '4' then 'CANCELLED' when '8' then 'REJECTED' when 'C' then 'EXPIRED'
        when 'F' then case ord_status when '2' then 'FILLED' else 'EXECUTED' end
        when 'G' then 'CORRECTED' when 'H' then 'BUSTED' else 'RESTATED'
    end;

-- what an ExecType says that its event's type does not
create or replace temp macro fix_event_word(exec_type) as
    case exec_type
        when 'E' then 'pending replace' when '6' then 'pending cancel' when '3' then 'done for day'
        when '7' then 'stopped' when '9' then 'suspended' when 'B' then 'calculated'
        when 'L' then 'triggered'
    end;

-- base and quote of BASE/QUOTE or BASE-QUOTE
create or replace temp macro fix_pair(symbol) as
    case
        when regexp_full_match(symbol, '[A-Z]{3}/[A-Z]{3}') then string_split(symbol, '/')
        when regexp_full_match(symbol, '[A-Z0-9]{2,12}[/-][A-Z0-9]{3,5}')
            and ingest_quote_currency(symbol) = regexp_extract(symbol, '[/-](.*)$', 1)
            then [
                regexp_extract(symbol, '^(.*)[/-]', 1), regexp_extract(symbol, '[/-](.*)$', 1)
            ]
    end;
