-- One row per book and trade: what its fills and the lots they closed make of it.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_books('int_trades', 'int_trades.book_key = changed.book_key '
        ~ 'and (int_trades.is_open or changed.changed_from <= int_trades.closed_at)'),
    slice_rows_of=ref('int_book_fills') | string,
) }}
with
{% if is_incremental() -%}
-- an open trade whose fills all came before the change goes on from what they made of it
carried as (
    select
        trades.*,
        case when trades.is_long then trades.entry_quantity - trades.exit_quantity
            else trades.exit_quantity - trades.entry_quantity
        end as position
    from {{ this }} as trades
    inner join {{ ref('int_changed_books') }} as changed
        on trades.book_key = changed.book_key
        and trades.last_filled_at < changed.changed_from
    where trades.is_open
),

-- trades that were closed before the change stay as they are
kept as (
    select
        trades.book_key,
        max(trades.trade_number) as trade_number
    from {{ this }} as trades
    inner join {{ ref('int_changed_books') }} as changed
        on trades.book_key = changed.book_key
        and trades.closed_at < changed.changed_from
    where trades.book_key not in (select book_key from carried)
    group by trades.book_key
),

-- where a book's trades are numbered and its fills taken from: the fill that closed the last of
-- them opens the next one with what it had left
bases as (
    select
        kept.book_key,
        kept.trade_number,
        closed.closed_at,
        closed.closing_fill_id,
        closed.closing_place,
        coalesce(turned.opening_quantity, 0) as quantity_left
    from kept
    inner join {{ this }} as closed
        on kept.book_key = closed.book_key
        and kept.trade_number = closed.trade_number
    left join {{ this }} as turned
        on closed.book_key = turned.book_key
        and closed.trade_number + 1 = turned.trade_number
        and closed.closing_fill_id = turned.opening_fill_id
    union all
    select
        book_key,
        trade_number - 1,
        last_filled_at,
        null,
        null,
        0
    from carried
),

-- books whose trades hold fills from the change on: this table may be newer than others are
ahead as (
    select distinct trades.book_key
    from {{ this }} as trades
    inner join {{ ref('int_changed_books') }} as changed
        on trades.book_key = changed.book_key
        and trades.last_filled_at >= changed.changed_from
),

-- the first moment of a book of which fills are taken
firsts as (
    select
        case
            -- all it had before the change are in the trades that it is carried on from, or kept
            when changed.is_appended and ahead.book_key is null then changed.changed_from
            else coalesce(bases.closed_at, timestamp '0001-01-01 00:00:00')
        end as first_at
    from {{ ref('int_changed_books') }} as changed
    left join bases on changed.book_key = bases.book_key
    left join ahead on changed.book_key = ahead.book_key
),

{% endif -%}
changes as (
    select
        fills.book_key,
        fills.fill_id,
        fills.executed_at,
        fills.place_in_moment,
        fills.price,
        {%- if is_incremental() %}
        case
            when fills.fill_id = bases.closing_fill_id
                then fills.fee - {{ prorate(
                    'fills.fee', '(fills.quantity - bases.quantity_left)', 'fills.quantity'
                ) }}
            else fills.fee
        end as fee,
        case when fills.is_buy then 1 else -1 end
        * case
            when fills.fill_id = bases.closing_fill_id then bases.quantity_left
            else fills.quantity
        end as change,
        {%- else %}
        fills.fee,
        case when fills.is_buy then fills.quantity else -fills.quantity end as change,
        {%- endif %}
        false as is_carried
    from {{ ref('int_book_fills') }} as fills
    {%- if is_incremental() %}
    inner join {{ ref('int_changed_books') }} as changed on fills.book_key = changed.book_key
    left join bases on fills.book_key = bases.book_key
    {%- endif %}
    where fills.quantity > 0
        {%- if is_incremental() %}
        -- says the same once more, so that few fills are joined
        and fills.executed_at >= (select min(first_at) from firsts)
        and (
            bases.book_key is null
            or fills.executed_at > bases.closed_at
            or (
                fills.executed_at = bases.closed_at
                and (
                    fills.place_in_moment > bases.closing_place
                    or (fills.fill_id = bases.closing_fill_id and bases.quantity_left > 0)
                )
            )
        )
        {%- else %}
        and {{ in_slice('fills.book_key') }}
        {%- endif %}
    {%- if is_incremental() %}
    union all
    select
        book_key,
        opening_fill_id,
        last_filled_at,
        0,
        null,
        0,
        position,
        true
    from carried
    {%- endif %}
),

-- One window over all books, which DuckDB runs more than twice as fast as one a book; so what the
-- books before it hold in the end is taken off.
held_before as (
    select
        book_key,
        coalesce(
            sum(sum(change)) over (
                order by book_key
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as quantity
    from changes
    group by book_key
),

summed as (
    select
        *,
        row_number() over book_order as fill_number,
        sum(change) over book_order as summed_quantity
    from changes
    window book_order as (
        order by book_key, executed_at, place_in_moment
        rows between unbounded preceding and current row
    )
),

positioned as (
    select
        summed.*,
        summed.summed_quantity - held_before.quantity as position_after,
        summed.summed_quantity - held_before.quantity - summed.change as position_before
    from summed
    inner join held_before on summed.book_key = held_before.book_key
),

turned as (
    select
        *,
        (position_before < 0 and position_after > 0)
        or (position_before > 0 and position_after < 0) as is_flip
    from positioned
),

-- a trade is opened from flat, or by a fill that turns the position around
numbered as (
    select
        *,
        cast(sum(case when is_flip or position_before = 0 then 1 else 0 end) over (
            order by fill_number
            rows between unbounded preceding and current row
        ) as bigint) as trade_key,
        case
            when is_flip
                then {{ prorate('fee', 'abs(position_before)', 'abs(change)') }}
        end as closing_fee
    from turned
),

-- such a fill closes one trade and opens the next, with a part of its units and its fee each
legs as (
    select
        trade_key,
        book_key,
        fill_id,
        executed_at,
        place_in_moment,
        price,
        position_after > 0 or (position_after = 0 and position_before > 0) as is_long,
        is_flip or abs(position_after) > abs(position_before) as is_entry,
        case when is_flip then abs(position_after) else abs(change) end as quantity,
        case when is_flip then fee - closing_fee else fee end as fee,
        abs(position_after) as held_quantity,
        is_carried
    from numbered
    union all
    select
        trade_key - 1,
        book_key,
        fill_id,
        executed_at,
        place_in_moment,
        price,
        position_before > 0,
        false,
        abs(position_before),
        closing_fee,
        0,
        false
    from numbered
    where is_flip
),

-- of an inverse instrument contracts are worth base units
sized as (
    select
        legs.*,
        books.is_inverse,
        {{ short_product('legs.quantity', 'legs.price') }} as short_value,
        case when books.is_inverse
            then {{ contract_size('legs.quantity', 'books.multiplier') }}
        end as inverse_size
    from legs
    inner join {{ ref('int_books') }} as books on legs.book_key = books.book_key
),

priced as (
    select
        *,
        case
            when is_inverse
                then {{ base_value('inverse_size', 'price') }}
            else {{ rounded_product('quantity', 'price', 'short_value') }}
        end as value,
        case
            when is_inverse then 0
            else {{ product_rest('quantity', 'price', 'short_value') }}
        end as value_rest
    from sized
),

parts as (
    select
        trade_key,
        min(book_key) as book_key,
        bool_and(is_long) as is_long,
        min(held_quantity) as least_held,
        max(held_quantity) as max_quantity,
        min(executed_at) as opened_at,
        max(executed_at) as last_filled_at,
        max(case when is_entry and held_quantity = quantity then fill_id end)
            as opening_fill_id,
        max(case when is_entry and held_quantity = quantity then quantity end)
            as opening_quantity,
        max(case when held_quantity = 0 then fill_id end) as closing_fill_id,
        max(case when held_quantity = 0 then place_in_moment end) as closing_place,
        count(*) as fill_count,
        sum(case when is_entry then quantity else 0 end) as entry_quantity,
        sum(case when is_entry then value else 0 end) as entry_value,
        sum(case when is_entry then value_rest else 0 end) as entry_rest,
        sum(case when is_entry then 0 else quantity end) as exit_quantity,
        sum(case when is_entry then 0 else value end) as exit_value,
        sum(case when is_entry then 0 else value_rest end) as exit_rest,
        min(case when is_entry then price end) as lowest_entry,
        max(case when is_entry then price end) as highest_entry,
        min(case when not is_entry then price end) as lowest_exit,
        max(case when not is_entry then price end) as highest_exit,
        {{ sum_known('fee') }} as fees,
        cast(0 as decimal(38, 12)) as gross_pnl
    from priced
    where not is_carried
    group by trade_key
    {%- if is_incremental() %}
    union all
    select
        legs.trade_key,
        carried.book_key,
        carried.is_long,
        legs.held_quantity,
        carried.max_quantity,
        carried.opened_at,
        carried.last_filled_at,
        carried.opening_fill_id,
        carried.opening_quantity,
        null,
        null,
        carried.fill_count,
        carried.entry_quantity,
        carried.entry_value,
        carried.entry_rest,
        carried.exit_quantity,
        carried.exit_value,
        carried.exit_rest,
        carried.lowest_entry,
        carried.highest_entry,
        carried.lowest_exit,
        carried.highest_exit,
        carried.fees,
        carried.gross_pnl
    from carried
    inner join legs on carried.book_key = legs.book_key and legs.is_carried
    {%- endif %}
),

totals as (
    select
        trade_key,
        min(book_key) as book_key,
        bool_and(is_long) as is_long,
        min(least_held) > 0 as is_open,
        max(max_quantity) as max_quantity,
        min(opened_at) as opened_at,
        max(last_filled_at) as last_filled_at,
        max(opening_fill_id) as opening_fill_id,
        max(opening_quantity) as opening_quantity,
        max(closing_fill_id) as closing_fill_id,
        max(closing_place) as closing_place,
        cast(sum(fill_count) as bigint) as fill_count,
        sum(entry_quantity) as entry_quantity,
        sum(entry_value) as entry_value,
        sum(entry_rest) as entry_rest,
        sum(exit_quantity) as exit_quantity,
        sum(exit_value) as exit_value,
        sum(exit_rest) as exit_rest,
        min(lowest_entry) as lowest_entry,
        max(highest_entry) as highest_entry,
        min(lowest_exit) as lowest_exit,
        max(highest_exit) as highest_exit,
        {{ sum_known('fees') }} as fees,
        sum(gross_pnl) as gross_before
    from parts
    group by trade_key
),

-- a lot is closed in the trade that opened it, whichever way lots are matched
realized as (
    select
        legs.trade_key,
        sum(matches.gross_pnl) as gross_pnl
    from {{ ref('lot_matches') }} as matches
    inner join legs
        on matches.closing_fill_id = legs.fill_id
        and not legs.is_entry
        and not legs.is_carried
    {%- if is_incremental() %}
    -- says the same once more, so that few matches are joined
    where
        matches.closed_at >= (
            select min(new_legs.executed_at) from legs as new_legs
            where not new_legs.is_carried
        )
    {%- endif %}
    group by legs.trade_key
),

valued as (
    select
        totals.*,
        books.is_inverse,
        {{ contract_size('totals.entry_quantity', 'books.multiplier') }} as size,
        totals.gross_before + coalesce(realized.gross_pnl, 0) as gross_pnl,
        row_number() over (
            partition by totals.book_key
            order by totals.trade_key
        ) {%- if is_incremental() %} + coalesce(bases.trade_number, 0) {%- endif %} as trade_number
    from totals
    inner join {{ ref('int_books') }} as books on totals.book_key = books.book_key
    left join realized on totals.trade_key = realized.trade_key
    {%- if is_incremental() %}
    left join bases on totals.book_key = bases.book_key
    {%- endif %}
),

final as (
    select
        book_key,
        trade_number,
        is_long,
        is_open,
        opened_at,
        last_filled_at,
        case when not is_open then last_filled_at end as closed_at,
        opening_fill_id,
        opening_quantity,
        closing_fill_id,
        closing_place,
        fill_count,
        size,
        entry_quantity,
        exit_quantity,
        max_quantity,
        entry_value,
        entry_rest,
        exit_value,
        exit_rest,
        case
            when is_inverse then {{ harmonic_price(
                'size', 'entry_value', 'lowest_entry', 'highest_entry'
            ) }}
            else {{ mean_price('entry_value', 'entry_rest', 'entry_quantity') }}
        end as entry_price,
        case
            when is_open then null
            when is_inverse then {{ harmonic_price(
                'size', 'exit_value', 'lowest_exit', 'highest_exit'
            ) }}
            else {{ mean_price('exit_value', 'exit_rest', 'exit_quantity') }}
        end as exit_price,
        lowest_entry,
        highest_entry,
        lowest_exit,
        highest_exit,
        least(lowest_entry, lowest_exit) as lowest_price,
        greatest(highest_entry, highest_exit) as highest_price,
        gross_pnl,
        fees
    from valued
)

select * from final
