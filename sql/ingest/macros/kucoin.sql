-- What KuCoin's answers have in common.

-- what an answer says went wrong, to be written behind a reason
create or replace temp macro kucoin_complaint(record) as
    coalesce(' The venue says: ' || nullif(record ->> '$.msg', ''), '');
