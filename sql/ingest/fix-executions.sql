-- FIX 4.4 and 5.0 logs: ExecutionReport messages (35=8), their fields ended by SOH or |, with or
-- without a log's own words before them.
--
-- Each report is a step of its order, by ExecType (150); F is also a fill, G a correction and H a
-- bust of the one that ExecRefID (19) names. New, or Rejected without a New in the load, is the
-- order with its terms where it tells them. A fill is known by its ExecID (17): the same report
-- again, resent (PossDup, PossResend) or not, is a duplicate. The venue is --venue, or who sent the
-- report (SenderCompID); the account is Account (1) of any report of the order in the load, or else
-- --account, or TargetCompID; where a fill was made (LastMkt, SecurityExchange) is in the event's
-- data. Commission (12) and MiscFeeAmt (137) are added; below zero is a rebate; a commission per
-- unit is times LastQty. They are in CommCurrency, or else in Currency (15). A symbol is followed
-- by its maturity, and an option's right and strike, where there are such. A future or option
-- (SecurityType, CFICode) is of ContractMultiplier, settled in its Currency; else BASE/QUOTE is a
-- spot pair, and a stock (SecurityType, Product, CFICode) is of Currency; any other must be
-- declared, such as what has a ContractMultiplier and is not said to be a contract. Status reports
-- (I) and clearing steps (J, K) are passed over, as are other messages and lines without one.
--
-- shape: event, order, fill
-- reads: fix
-- records: 35=8
-- repeats: yes
-- macros: fix

with tags as (
    select
        row_id,
        fix_tags(record) as m
    from ingest_raw
),

-- kept, as each field would be taken out of the message again wherever it is used
messages as materialized (
    select
        row_id,
        m,
        -- before FIX 4.4 a fill's ExecType was 1 or 2, and ExecTransType said the rest
        case
            when fix_field(m, '20') = '1' then 'H'
            when fix_field(m, '20') = '2' then 'G'
            when fix_field(m, '20') = '3' then 'I'
            when fix_field(m, '150') in ('1', '2') then 'F'
            else fix_field(m, '150')
        end as exec_type,
        fix_field(m, '17') as exec_id,
        fix_field(m, '19') as exec_ref,
        fix_field(m, '39') as ord_status,
        fix_field(m, '49') as sender,
        fix_field(m, '56') as target,
        coalesce(
            case when fix_field(m, '37') not in ('NONE', '0') then fix_field(m, '37') end,
            fix_field(m, '11')
        ) as order_id,
        fix_field(m, '11') as client_order_id,
        fix_side(fix_field(m, '54')) as side,
        coalesce(nullif(fix_field(m, '55'), '[N/A]'), fix_field(m, '48')) as root,
        coalesce(fix_field(m, '541'), fix_field(m, '200')) as maturity,
        fix_field(m, '15') as currency,
        fix_field(m, '167') as security_type,
        ingest_unless_zero(fix_field(m, '38')) as order_quantity,
        ingest_unless_zero(fix_field(m, '44')) as limit_price,
        fix_order_type(fix_field(m, '40')) as order_type,
        ingest_unless_zero(fix_field(m, '32')) as last_quantity,
        fix_field(m, '31') as last_price,
        fix_field(m, '12') as commission,
        coalesce(fix_field(m, '13'), '3') as commission_type,
        fix_values(m, '137') as other_fees,
        fix_values(m, '138') as other_currencies,
        coalesce(fix_field(m, '479'), fix_field(m, '15')) as commission_currency,
        fix_time(coalesce(
            fix_field(m, '60'), fix_field(m, '122'), fix_field(m, '52')
        )) as happened_at
    from tags
),

instruments as (
    select
        *,
        concat_ws(
            ' ', root, fix_field(m, '65'), maturity,
            case fix_field(m, '201') when '0' then 'P' when '1' then 'C' end, fix_field(m, '202')
        ) as symbol,
        fix_pair(root) as root_pair,
        coalesce(fix_field(m, '231'), '1') as contract_multiplier,
        coalesce(security_type, '') in ('CS', 'PS', 'ETF', 'ETN', 'ADR', 'REIT', 'MF')
        or coalesce(fix_field(m, '460'), '') = '5'
        or starts_with(coalesce(fix_field(m, '461'), ''), 'E') as is_stock,
        coalesce(security_type, '') in ('FUT', 'OPT', 'OOF', 'OOP')
        or left(coalesce(fix_field(m, '461'), ''), 1) in ('F', 'O') as is_derivative,
        coalesce(security_type, '') in ('OPT', 'OOF', 'OOP')
        or left(coalesce(fix_field(m, '461'), ''), 1) = 'O'
        or fix_field(m, '201') is not null as is_option
    from messages
    where exec_type is null or exec_type not in ('I', 'J', 'K')
),

kinds as (
    select
        * exclude (root_pair, contract_multiplier, is_stock),
        -- an option on a share is of the product equity, too
        is_stock and not is_derivative as is_stock,
        case
            when maturity is null and not is_derivative
                and ingest_decimal(contract_multiplier) = 1
                then root_pair
        end as pair,
        -- one that settles in what it is a contract on is inverse
        is_derivative and fix_field(m, '231') is not null
        and coalesce(fix_field(m, '120'), currency) = currency as is_contract,
        coalesce(root_pair[1], root) as underlying
    from instruments
),

fees as (
    select
        *,
        case
            when commission is null or ingest_decimal(commission) = 0 then '0'
            when commission_type = '3' then commission
            when commission_type = '1' then ingest_product(commission, last_quantity)
        end as own_fee,
        list_distinct(list_concat(
            other_currencies,
            case when len(other_fees) > len(other_currencies) then [currency] else [] end,
            case when ingest_decimal(commission) <> 0 then [commission_currency] else [] end
        )) as fee_currencies
    from kinds
),

steps as (
    select
        * exclude (pair, is_stock, is_derivative, is_option, is_contract, underlying),
        0 as item,
        case
            when pair is not null then pair[1]
            -- a share or an option is of nothing but itself: BTC is a fund's ticker, too
            when is_stock then symbol || '.' || currency
            when is_contract and is_option then symbol
            when is_contract then underlying
        end as base_currency,
        case when pair is not null then pair[2] when is_stock or is_contract then currency end
            as quote_currency,
        case
            when pair is not null or is_stock then 'SPOT' when is_contract then 'LINEAR'
        end as instrument_type,
        case when pair is null and not is_stock and is_contract then fix_field(m, '231') end
            as multiplier,
        sender as default_venue,
        target as default_account,
        coalesce(
            fix_field(m, '1'), max(fix_field(m, '1')) over (partition by sender, order_id)
        ) as account,
        case
            when exec_type is null or exec_id is null
                then 'not_an_execution it has no ExecType (150) and ExecID (17)'
            when exec_type not in (
                '0', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'L'
            )
                then 'unknown_execution ExecType (150) ' || exec_type || ' is no step of an order '
                || 'known here'
            when fix_field(m, '442') = '3'
                then 'multileg_summary it sums up a multileg order (442=3): its legs are reported '
                || 'apart (442=2)'
            when pair is not null and currency = pair[2] and (
                security_type in ('FOR', 'FXSPOT', 'FXFWD', 'FXSWAP', 'FXNDF')
                or fix_field(m, '460') = '4'
            )
                then 'quantity_in_quote it deals in ' || currency || ' (15), so that its quantity '
                || 'is an amount of the quote currency'
        end as refusal,
        row_number() over (
            partition by sender, order_id, exec_type in ('0', '8')
            order by exec_type, happened_at, row_id
        ) as nth
    from fees
),

trades as (
    select
        sender,
        exec_id,
        min(last_quantity) as quantity,
        min(last_price) as price
    from steps
    where exec_type in ('F', 'G')
    group by sender, exec_id
),

final as (
    select
        row_id,
        item,
        'event' as shape,
        refusal,
        default_venue,
        default_account,
        account,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        multiplier,
        order_id,
        side,
        exec_id as event_id,
        fix_event_type(exec_type, ord_status) as event_type,
        case
            when exec_type in ('5', 'D') then case ord_status when '2' then 'FILLED' end
            else fix_status(ord_status)
        end as status,
        fix_status_word(ord_status) as venue_status,
        nullif(concat_ws(': ', fix_event_word(exec_type), fix_field(m, '58')), '') as reason,
        case when exec_type = '8' then fix_field(m, '103') end as error_code,
        case when exec_type not in ('6', 'E') then order_quantity end as order_quantity,
        case when exec_type not in ('6', 'E') then limit_price end as limit_price,
        cast(json_merge_patch('{}', to_json(struct_pack(
            client_order_id := client_order_id,
            original_client_order_id := fix_field(m, '41'),
            reference_exec_id := exec_ref,
            last_market := fix_field(m, '30'),
            security_exchange := fix_field(m, '207'),
            side := fix_short_side(fix_field(m, '54'))
        ))) as varchar) as data,
        happened_at as occurred_at
    from steps
    union all by name
    select
        row_id,
        item,
        'order' as shape,
        default_venue,
        default_account,
        account,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        multiplier,
        order_id,
        client_order_id,
        side,
        order_type,
        order_quantity as quantity,
        limit_price,
        ingest_unless_zero(fix_field(m, '99')) as stop_price,
        fix_time_in_force(fix_field(m, '59'), fix_field(m, '18')) as time_in_force,
        happened_at as created_at
    from steps
    where exec_type in ('0', '8') and nth = 1 and refusal is null
        and order_type is not null and order_quantity is not null
        and (order_type = 'MARKET' or coalesce(limit_price, fix_field(m, '99')) is not null)
    union all by name
    select
        steps.row_id,
        steps.item,
        'fill' as shape,
        case
            when steps.refusal is not null then steps.refusal
            when steps.own_fee is null
                then 'unknown_commission CommType (13) ' || steps.commission_type
                || ' does not tell the amount'
            when len(steps.fee_currencies) > 1
                then 'several_fee_currencies its fees are in '
                || array_to_string(list_sort(steps.fee_currencies), ' and ')
                || ', and a fill has one fee currency'
        end as refusal,
        steps.default_venue,
        steps.default_account,
        steps.account,
        steps.symbol,
        steps.base_currency,
        steps.quote_currency,
        steps.instrument_type,
        steps.multiplier,
        steps.order_id,
        steps.exec_id as fill_id,
        steps.side,
        coalesce(
            steps.last_quantity, case when steps.exec_type = 'H' then trades.quantity end
        ) as quantity,
        coalesce(
            case when steps.exec_type = 'H' then ingest_unless_zero(steps.last_price)
                else steps.last_price end,
            case when steps.exec_type = 'H' then trades.price end
        ) as price,
        case
            when len(steps.other_fees) = 0 then steps.own_fee
            when len(steps.other_fees) = 1 and steps.own_fee = '0' then steps.other_fees[1]
            else cast(
                list_sum(list_transform(
                    list_append(steps.other_fees, steps.own_fee),
                    lambda fee: ingest_decimal(fee)
                )) as varchar
            )
        end as fee_amount,
        coalesce(steps.fee_currencies[1], steps.quote_currency) as fee_currency,
        case fix_field(steps.m, '851') when '1' then 'MAKER' when '2' then 'TAKER' end
            as liquidity,
        steps.happened_at as executed_at,
        case steps.exec_type
            when 'G' then 'CORRECTION' when 'H' then 'BUST' else 'TRADE'
        end as kind,
        case when steps.exec_type in ('G', 'H') then steps.exec_ref end as corrects_fill_id
    from steps
    left join trades
        on steps.exec_type = 'H' and steps.exec_ref = trades.exec_id
        and steps.sender = trades.sender
    where steps.exec_type in ('F', 'G', 'H')
)

select * from final
