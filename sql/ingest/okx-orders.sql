-- OKX orders, as GET /api/v5/trade/order, orders-pending, orders-history and orders-history-archive
-- answer them.
--
-- An order with its terms, and its state as an event; liquidation and auto-deleveraging (category)
-- are the event's reason. The last fill, the average price and the sum of fees that an order tells
-- are not made fills of: load okx-fills. A spot order for an amount of quote currency has a
-- quantity once it has ended, what was got. Derivatives are counted in contracts, whose size no row
-- tells: declare them.
--
-- shape: order
-- reads: json
-- recognised by: instId+ordId+state+cTime
-- records: data
-- venue: okx
-- macros: okx

with final as (
    select
        row_id,
        case
            when order_id is null or venue_status is null
                then 'not_an_order it has no ordId and state: is it an answer of /trade/orders-…?'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        order_id,
        client_order_id,
        side,
        order_type,
        quantity,
        filled_quantity,
        average_price,
        limit_price,
        time_in_force,
        status,
        venue_status,
        reason,
        created_at,
        updated_at
    from okx_orders()
)

select * from final
