-- KuCoin balances, as GET /api/v1/accounts and /api/v1/accounts/:accountId answer them. Loaded
-- `--as statement`.
--
-- A balance is what is held of a currency, available and on hold, in all accounts of a load (main,
-- trade, margin) together, each of which counts once; where one is told with two balances, none is
-- taken. The answer tells no moment: say it with --to, the moment after.
--
-- shape: balance
-- reads: json
-- recognised by: data.currency+data.available+data.holds, available+holds+currency
-- venue: kucoin
-- macros: accounts

with final as (
    from accounts_balances(
        '$.data', '$.data', '$.id', '$.available', '$.balance', null, '/api/v1/accounts'
    )
)

select * from final
