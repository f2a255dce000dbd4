-- Coinbase Advanced balances, as GET /api/v3/brokerage/accounts and /accounts/:account_id answer
-- them. Loaded `--as statement`.
--
-- A balance is what is held of a currency, available and on hold, in all accounts of a load
-- together, each of which counts once: load all pages of an answer at once. Where the last page
-- says that there are more (has_next), or an account is told with two balances, none is taken. The
-- answer does not tell the moment it is of, as updated_at is the account's: say it with --to, the
-- moment after.
--
-- shape: balance
-- reads: json
-- recognised by: accounts.available_balance, account.available_balance+account.currency
-- recognised by: available_balance+hold+currency
-- venue: coinbase
-- macros: accounts

with final as (
    from accounts_balances(
        '$.accounts', '$.account', '$.uuid', '$.available_balance.value',
        '$.available_balance.value', '$.hold.value', '/api/v3/brokerage/accounts'
    )
)

select * from final
