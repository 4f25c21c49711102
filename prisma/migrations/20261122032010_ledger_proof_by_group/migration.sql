-- The same proofs as before, each entry looked at once: with its account, line by line, and with its transfer, one look a
-- transfer. What is looked for by key is looked for by key (OFFSET 0 keeps it apart): the planner would otherwise rather
-- read a whole table of transfers than some thousand of them.
CREATE OR REPLACE FUNCTION "billing".check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  empty uuid;
BEGIN
  EXECUTE 'SELECT t.id FROM added t
             LEFT JOIN LATERAL (SELECT e.transfer_id FROM "billing"."entry" e WHERE e.transfer_id = t.id LIMIT 1) e ON true
            WHERE e.transfer_id IS NULL' INTO empty;
  IF empty IS NOT NULL THEN
    RAISE EXCEPTION 'transfer % has no entries', empty USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;

-- Entries move the balances themselves, and no other statement can, so a balance cannot say anything else than they do.
-- The statements are planned anew each time: a plan for a single entry is ruinous for ten thousand. For the same reason
-- none asks for one row only: there is none, as a rule, and looking for the first of none is slow.
CREATE OR REPLACE FUNCTION "billing".book_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong record;
BEGIN
  EXECUTE 'SELECT made.transfer_id, made.currency, made.total, made.broken,
                  made.lacks_account OR t.id IS NULL AS strays, made.is_foreign OR t.tenant_id <> ANY (made.tenants) AS is_foreign
             FROM (SELECT line.transfer_id, line.currency, sum(line.amount) AS total,
                          (array_agg(line.account_id) FILTER (WHERE NOT line.continues))[1] AS broken,
                          bool_or(line.lacks_account) AS lacks_account, bool_or(line.is_foreign) AS is_foreign,
                          array_agg(line.tenant_id) FILTER (WHERE line.tenant_id IS NOT NULL) AS tenants
                     FROM (SELECT e.account_id, e.transfer_id, e.amount, a.currency, a.tenant_id, a.id IS NULL AS lacks_account,
                                  e.tenant_id IS DISTINCT FROM a.tenant_id AS is_foreign,
                                  e.sequence = a.sequence + row_number() OVER entries
                                    AND e.balance_after = a.balance + sum(e.amount) OVER entries AS continues
                             FROM added e LEFT JOIN "billing"."ledger_account" a ON a.id = e.account_id
                           WINDOW entries AS (PARTITION BY e.account_id ORDER BY e.sequence)) line
                    GROUP BY line.transfer_id, line.currency) made
             LEFT JOIN LATERAL (
               SELECT t.id, t.tenant_id FROM "billing"."transfer" t WHERE t.id = made.transfer_id OFFSET 0) t ON true
            WHERE made.total <> 0 OR made.broken IS NOT NULL OR made.lacks_account OR t.id IS NULL OR made.is_foreign
               OR t.tenant_id <> ANY (made.tenants)' INTO wrong;
  IF wrong.strays THEN
    RAISE EXCEPTION 'an entry of transfer % lacks its transfer or its account', wrong.transfer_id
      USING ERRCODE = 'foreign_key_violation';
  ELSIF wrong.is_foreign THEN
    RAISE EXCEPTION 'transfer % touches a wallet of another tenant', wrong.transfer_id USING ERRCODE = 'check_violation';
  ELSIF wrong.total <> 0 THEN
    RAISE EXCEPTION 'transfer % does not balance: % % are left over', wrong.transfer_id, wrong.total, wrong.currency
      USING ERRCODE = 'check_violation';
  ELSIF wrong.broken IS NOT NULL THEN
    RAISE EXCEPTION 'an entry of transfer % to ledger account % does not continue it', wrong.transfer_id, wrong.broken
      USING ERRCODE = 'check_violation';
  END IF;

  EXECUTE 'UPDATE "billing"."ledger_account" a
              SET balance = a.balance + moved.amount, sequence = a.sequence + moved.entries
             FROM (SELECT account_id, sum(amount) AS amount, count(*) AS entries FROM added GROUP BY account_id) moved
            WHERE a.id = moved.account_id';
  RETURN NULL;
END
$$;
