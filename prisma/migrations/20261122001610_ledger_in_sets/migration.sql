-- Many transfers are booked by one statement. What was proven row by row, and at commit, is now proven once a statement,
-- over all that it added: a transfer must therefore come with its entries in one statement.
DROP TRIGGER "entry_books_itself" ON "billing"."entry";
DROP TRIGGER "entry_balances" ON "billing"."entry";
DROP TRIGGER "transfer_has_entries" ON "billing"."transfer";
DROP FUNCTION "billing".book_entry();
DROP FUNCTION "billing".check_entry();
DROP FUNCTION "billing".check_transfer();

-- The balance in between counts as well: what was not there cannot be spent before it comes.
ALTER TABLE "billing"."entry"
  ADD CONSTRAINT "entry_wallet_not_negative" CHECK ("tenant_id" IS NULL OR "balance_after" >= 0);

CREATE FUNCTION "billing".check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  empty uuid;
BEGIN
  EXECUTE 'SELECT t.id FROM added t
            WHERE NOT EXISTS (SELECT FROM "billing"."entry" e WHERE e.transfer_id = t.id)' INTO empty;
  IF empty IS NOT NULL THEN
    RAISE EXCEPTION 'transfer % has no entries', empty USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "transfers_have_entries" AFTER INSERT ON "billing"."transfer"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "billing".check_transfers();

-- Entries move the balances themselves, and no other statement can, so a balance cannot say anything else than they do.
-- The statements are planned anew each time: a plan for a single entry is ruinous for ten thousand. For the same reason
-- none asks for one row only: there is none, as a rule, and looking for the first of none is slow.
CREATE FUNCTION "billing".book_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong record;
BEGIN
  EXECUTE 'SELECT e.transfer_id, a.id IS NULL OR t.id IS NULL AS strays FROM added e
             LEFT JOIN "billing"."ledger_account" a ON a.id = e.account_id
             LEFT JOIN "billing"."transfer" t ON t.id = e.transfer_id
            WHERE a.id IS NULL OR t.id IS NULL OR e.tenant_id IS DISTINCT FROM a.tenant_id OR a.tenant_id <> t.tenant_id' INTO wrong;
  IF wrong.strays THEN
    RAISE EXCEPTION 'an entry of transfer % lacks its transfer or its account', wrong.transfer_id
      USING ERRCODE = 'foreign_key_violation';
  ELSIF wrong.transfer_id IS NOT NULL THEN
    RAISE EXCEPTION 'transfer % touches a wallet of another tenant', wrong.transfer_id USING ERRCODE = 'check_violation';
  END IF;

  EXECUTE 'SELECT e.transfer_id, a.currency, sum(e.amount) AS total
             FROM added e JOIN "billing"."ledger_account" a ON a.id = e.account_id
            GROUP BY e.transfer_id, a.currency HAVING sum(e.amount) <> 0' INTO wrong;
  IF wrong.transfer_id IS NOT NULL THEN
    RAISE EXCEPTION 'transfer % does not balance: % % are left over', wrong.transfer_id, wrong.total, wrong.currency
      USING ERRCODE = 'check_violation';
  END IF;

  EXECUTE 'SELECT r.account_id, r.sequence
             FROM (SELECT e.account_id, e.sequence, e.balance_after,
                          a.sequence + row_number() OVER entries AS next_sequence,
                          a.balance + sum(e.amount) OVER entries AS next_balance
                     FROM added e JOIN "billing"."ledger_account" a ON a.id = e.account_id
                   WINDOW entries AS (PARTITION BY e.account_id ORDER BY e.sequence)) r
            WHERE r.sequence <> r.next_sequence OR r.balance_after <> r.next_balance' INTO wrong;
  IF wrong.account_id IS NOT NULL THEN
    RAISE EXCEPTION 'entry % of ledger account % does not continue it', wrong.sequence, wrong.account_id
      USING ERRCODE = 'check_violation';
  END IF;

  EXECUTE 'UPDATE "billing"."ledger_account" a
              SET balance = a.balance + moved.amount, sequence = a.sequence + moved.entries
             FROM (SELECT account_id, sum(amount) AS amount, count(*) AS entries FROM added GROUP BY account_id) moved
            WHERE a.id = moved.account_id';
  RETURN NULL;
END
$$;
CREATE TRIGGER "entries_book_themselves" AFTER INSERT ON "billing"."entry"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "billing".book_entries();

-- The function above looks for what entries refer to, all at once; a foreign key would ask entry by entry, and take as
-- long as all the rest. What they refer to cannot go: transfers refuse it already, and so do accounts now.
ALTER TABLE "billing"."entry" DROP CONSTRAINT "entry_account_id_fkey", DROP CONSTRAINT "entry_transfer_id_fkey";
CREATE TRIGGER "ledger_account_stays" BEFORE DELETE OR TRUNCATE ON "billing"."ledger_account"
  FOR EACH STATEMENT EXECUTE FUNCTION "billing".refuse_change();
