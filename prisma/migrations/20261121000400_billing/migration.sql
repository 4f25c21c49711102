CREATE TYPE "billing"."ledger_account_kind" AS ENUM (
  'WALLET_AVAILABLE', 'WALLET_HELD', 'CLEARING', 'PAPER_EQUITY',
  'CHARGE_BROKERAGE', 'CHARGE_STT', 'CHARGE_EXCHANGE', 'CHARGE_SEBI', 'CHARGE_STAMP_DUTY', 'CHARGE_GST'
);
CREATE TYPE "billing"."transfer_kind" AS ENUM ('OPENING_CREDIT', 'HOLD', 'FILL', 'CHARGES', 'RELEASE');
CREATE TYPE "billing"."ledger_currency" AS ENUM ('INR', 'USD');

CREATE TABLE "billing"."ledger_account" (
  "id"        UUID                            NOT NULL,
  "tenant_id" UUID,
  "user_id"   UUID,
  "kind"      "billing"."ledger_account_kind" NOT NULL,
  "currency"  "billing"."ledger_currency"     NOT NULL,
  "balance"   BIGINT                          NOT NULL DEFAULT 0,
  "sequence"  BIGINT                          NOT NULL DEFAULT 0,
  CONSTRAINT "ledger_account_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "ledger_account_wallet_is_owned" CHECK (
    ("kind" IN ('WALLET_AVAILABLE', 'WALLET_HELD')) = ("user_id" IS NOT NULL)
    AND ("user_id" IS NULL) = ("tenant_id" IS NULL)
  ),
  -- The house may owe or be owed; a wallet never goes below nothing.
  CONSTRAINT "ledger_account_wallet_not_negative" CHECK ("user_id" IS NULL OR "balance" >= 0)
);
-- Nulls are not distinct: the house, too, has one account of a kind and currency.
CREATE UNIQUE INDEX "ledger_account_user_id_kind_currency_key"
  ON "billing"."ledger_account" ("user_id", "kind", "currency") NULLS NOT DISTINCT;
CALL "events".separate_tenants('"billing"."ledger_account"');

CREATE TABLE "billing"."transfer" (
  "id"        UUID                      NOT NULL,
  "tenant_id" UUID                      NOT NULL,
  "kind"      "billing"."transfer_kind" NOT NULL,
  "key"       TEXT                      NOT NULL,
  "order_id"  UUID,
  "at"        TIMESTAMPTZ(3)            NOT NULL,
  CONSTRAINT "transfer_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "transfer_key_key" ON "billing"."transfer" ("key");
CREATE INDEX "transfer_order_id_idx" ON "billing"."transfer" ("order_id");
CALL "events".separate_tenants('"billing"."transfer"');

CREATE TABLE "billing"."entry" (
  "account_id"    UUID   NOT NULL,
  "sequence"      BIGINT NOT NULL,
  "transfer_id"   UUID   NOT NULL,
  "tenant_id"     UUID,
  "amount"        BIGINT NOT NULL,
  "balance_after" BIGINT NOT NULL,
  CONSTRAINT "entry_pkey" PRIMARY KEY ("account_id", "sequence"),
  CONSTRAINT "entry_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "billing"."ledger_account" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "entry_transfer_id_fkey" FOREIGN KEY ("transfer_id") REFERENCES "billing"."transfer" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "entry_amount_not_zero" CHECK ("amount" <> 0)
);
CREATE UNIQUE INDEX "entry_transfer_id_account_id_key" ON "billing"."entry" ("transfer_id", "account_id");
CALL "events".separate_tenants('"billing"."entry"');

CREATE TABLE "billing"."order_hold" (
  "order_id"  UUID    NOT NULL,
  "tenant_id" UUID    NOT NULL,
  "user_id"   UUID    NOT NULL,
  "held"      BIGINT  NOT NULL,
  "settled"   BIGINT  NOT NULL DEFAULT 0,
  "done"      BOOLEAN NOT NULL DEFAULT false,
  CONSTRAINT "order_hold_pkey" PRIMARY KEY ("order_id"),
  CONSTRAINT "order_hold_not_negative" CHECK ("held" >= 0 AND "settled" >= 0),
  CONSTRAINT "order_hold_done_holds_nothing" CHECK (NOT "done" OR "held" = 0)
);
CREATE INDEX "order_hold_user_id_idx" ON "billing"."order_hold" ("user_id");
CALL "events".separate_tenants('"billing"."order_hold"');

CREATE TABLE "billing"."plan" (
  "tier"        TEXT   NOT NULL,
  "name"        TEXT   NOT NULL,
  "monthly_fee" BIGINT NOT NULL,
  "features"    TEXT[],
  CONSTRAINT "plan_pkey" PRIMARY KEY ("tier"),
  CONSTRAINT "plan_monthly_fee_not_negative" CHECK ("monthly_fee" >= 0)
);

-- An entry books itself: it takes the account's next number, moves its balance and keeps the result. So a balance
-- cannot say anything else than the entries do.
CREATE FUNCTION "billing".book_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "billing"."ledger_account" SET balance = balance + NEW.amount, sequence = sequence + 1
   WHERE id = NEW.account_id
  RETURNING balance, sequence, tenant_id INTO NEW.balance_after, NEW.sequence, NEW.tenant_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no ledger account %', NEW.account_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "entry_books_itself" BEFORE INSERT ON "billing"."entry"
  FOR EACH ROW EXECUTE FUNCTION "billing".book_entry();

CREATE FUNCTION "billing".guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One level down is the trigger of an entry; anything else is somebody's hand.
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'ledger accounts change by entries only' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "ledger_account_changes_by_entries" BEFORE UPDATE ON "billing"."ledger_account"
  FOR EACH ROW EXECUTE FUNCTION "billing".guard_account();
CREATE FUNCTION "billing".guard_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.balance <> 0 OR NEW.sequence <> 0 THEN
    RAISE EXCEPTION 'a ledger account opens empty' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "ledger_account_opens_empty" BEFORE INSERT ON "billing"."ledger_account"
  FOR EACH ROW EXECUTE FUNCTION "billing".guard_opening();

-- Whoever asks, the owner included: what was booked stays. A mistake is mended by a transfer back.
CREATE FUNCTION "billing".refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "transfer_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "billing"."transfer"
  FOR EACH STATEMENT EXECUTE FUNCTION "billing".refuse_change();
CREATE TRIGGER "entry_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "billing"."entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "billing".refuse_change();

-- Proven at commit, when all entries of a transfer are there: it has some, they sum to zero in each currency, and
-- no wallet of another tenant is touched.
CREATE FUNCTION "billing".check_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "billing"."entry" WHERE transfer_id = NEW.id) THEN
    RAISE EXCEPTION 'transfer % has no entries', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "transfer_has_entries" AFTER INSERT ON "billing"."transfer"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "billing".check_transfer();

CREATE FUNCTION "billing".check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong record;
BEGIN
  SELECT a.currency, sum(e.amount) AS total, bool_or(e.tenant_id <> t.tenant_id) AS strays INTO wrong
    FROM "billing"."transfer" t
    JOIN "billing"."entry" e ON e.transfer_id = t.id
    JOIN "billing"."ledger_account" a ON a.id = e.account_id
   WHERE t.id = NEW.transfer_id
   GROUP BY a.currency HAVING sum(e.amount) <> 0 OR bool_or(e.tenant_id <> t.tenant_id) LIMIT 1;
  IF wrong.strays THEN
    RAISE EXCEPTION 'transfer % touches a wallet of another tenant', NEW.transfer_id USING ERRCODE = 'check_violation';
  ELSIF wrong.currency IS NOT NULL THEN
    RAISE EXCEPTION 'transfer % does not balance: % % are left over', NEW.transfer_id, wrong.total, wrong.currency
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "entry_balances" AFTER INSERT ON "billing"."entry"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "billing".check_entry();

-- Every way in which the ledger could disagree with itself; no row is the proof that it does not. It reads the whole
-- ledger, so it is for audits and tests, and sees what the role that asks may see.
CREATE FUNCTION "billing".ledger_proof()
  RETURNS TABLE (violation text, subject text, expected numeric, actual numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 'a transfer does not balance', e.transfer_id || ' ' || a.currency::text, 0::numeric, sum(e.amount)
    FROM "billing"."entry" e JOIN "billing"."ledger_account" a ON a.id = e.account_id
   GROUP BY e.transfer_id, a.currency HAVING sum(e.amount) <> 0
  UNION ALL
  SELECT 'all accounts of a currency do not sum to zero', a.currency::text, 0::numeric, sum(a.balance)
    FROM "billing"."ledger_account" a GROUP BY a.currency HAVING sum(a.balance) <> 0
  UNION ALL
  SELECT 'a balance is not the sum of its entries', a.id::text, coalesce(sum(e.amount), 0), a.balance::numeric
    FROM "billing"."ledger_account" a LEFT JOIN "billing"."entry" e ON e.account_id = a.id
   GROUP BY a.id HAVING coalesce(sum(e.amount), 0) <> a.balance
  UNION ALL
  SELECT 'the entries of an account have gaps', a.id::text, a.sequence::numeric, count(e.sequence)::numeric
    FROM "billing"."ledger_account" a LEFT JOIN "billing"."entry" e ON e.account_id = a.id
   GROUP BY a.id HAVING count(e.sequence) <> a.sequence OR coalesce(max(e.sequence), 0) <> a.sequence
  UNION ALL
  SELECT 'a balance after an entry is not the sum so far', r.account_id || ' ' || r.sequence, r.so_far, r.balance_after::numeric
    FROM (SELECT e.account_id, e.sequence, e.balance_after,
                 sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.sequence) AS so_far
            FROM "billing"."entry" e) r
   WHERE r.so_far <> r.balance_after
  UNION ALL
  SELECT 'what is held is not what orders hold', a.user_id::text, coalesce(sum(h.held), 0), a.balance::numeric
    FROM "billing"."ledger_account" a LEFT JOIN "billing"."order_hold" h ON h.user_id = a.user_id
   WHERE a.kind = 'WALLET_HELD' AND a.currency = 'INR'
   GROUP BY a.id HAVING coalesce(sum(h.held), 0) <> a.balance;
END;

-- Callers read; only event reactions write, and nobody rewrites.
REVOKE INSERT, UPDATE, DELETE
  ON "billing"."ledger_account", "billing"."transfer", "billing"."entry", "billing"."order_hold", "billing"."plan"
  FROM gridworks_app;
REVOKE UPDATE, DELETE ON "billing"."ledger_account", "billing"."transfer", "billing"."entry" FROM gridworks_system;
GRANT UPDATE ("balance", "sequence") ON "billing"."ledger_account" TO gridworks_system;
REVOKE DELETE ON "billing"."order_hold" FROM gridworks_system;

-- The house. CLEARING faces every fill: money that bought goes in, money that a sale brings comes out.
INSERT INTO "billing"."ledger_account" ("id", "kind", "currency")
SELECT gen_random_uuid(), kind, 'INR'
  FROM unnest(enum_range(NULL::"billing"."ledger_account_kind")) AS kind
 WHERE kind NOT IN ('WALLET_AVAILABLE', 'WALLET_HELD');
