-- What trading's risk state has released for a withdrawal, and what became of that. Written with the buying power.
CREATE TYPE "trading"."released_status" AS ENUM ('RELEASED', 'RESTORED', 'CLOSED');
CREATE TABLE "trading"."withdrawal" (
  "id"        UUID                        NOT NULL,
  "tenant_id" UUID                        NOT NULL,
  "user_id"   UUID                        NOT NULL,
  "amount"    BIGINT                      NOT NULL,
  "status"    "trading"."released_status" NOT NULL,
  CONSTRAINT "withdrawal_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "withdrawal_of_something" CHECK ("amount" > 0)
);
CREATE INDEX "withdrawal_under_way" ON "trading"."withdrawal" ("user_id") WHERE "status" = 'RELEASED';
CALL "events".separate_tenants('"trading"."withdrawal"');
REVOKE INSERT, UPDATE, DELETE ON "trading"."withdrawal" FROM gridworks_app;
REVOKE DELETE ON "trading"."withdrawal" FROM gridworks_system;

CREATE TYPE "billing"."withdrawal_status" AS ENUM ('REQUESTED', 'RELEASED', 'POSTED', 'REFUSED', 'CANCELLED');
CREATE TABLE "billing"."withdrawal" (
  "id"           UUID                          NOT NULL,
  "tenant_id"    UUID                          NOT NULL,
  "user_id"      UUID                          NOT NULL,
  "client_id"    TEXT                          NOT NULL,
  "amount"       BIGINT                        NOT NULL,
  "status"       "billing"."withdrawal_status" NOT NULL,
  "requested_at" TIMESTAMPTZ(3)                NOT NULL,
  CONSTRAINT "withdrawal_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "withdrawal_of_something" CHECK ("amount" > 0)
);
CREATE UNIQUE INDEX "withdrawal_user_id_client_id_key" ON "billing"."withdrawal" ("user_id", "client_id");
CREATE INDEX "withdrawal_user_id_id_idx" ON "billing"."withdrawal" ("user_id", "id");
CALL "events".separate_tenants('"billing"."withdrawal"');
REVOKE INSERT, UPDATE, DELETE ON "billing"."withdrawal" FROM gridworks_app;
REVOKE DELETE ON "billing"."withdrawal" FROM gridworks_system;

-- Money that left a wallet and no bank has yet: whoever sends payouts empties it.
INSERT INTO "billing"."ledger_account" ("id", "kind", "currency") VALUES (gen_random_uuid(), 'PAYOUTS_TO_SEND', 'INR');

-- As before, and what trading has released for a withdrawal that the ledger has not posted is counted beside the buying
-- power: both rows are written with the balance they belong to.
CREATE OR REPLACE FUNCTION "billing".conservation_proof()
  RETURNS TABLE (violation text, subject text, expected numeric, actual numeric)
  LANGUAGE plpgsql STABLE
  -- A plan for places of the log that are not known would read all of it.
  SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  wallets   record;
  accounts  record;
  positions record;
  is_alone  boolean;
BEGIN
  SELECT * INTO wallets FROM "events".heard_by('billing.wallets');
  is_alone := NOT FOUND;
  SELECT * INTO accounts FROM "events".heard_by('trading.accounts');
  -- Where trading keeps no books there is nothing to compare.
  IF NOT FOUND THEN RETURN; END IF;
  SELECT * INTO positions FROM "events".heard_by('trading.positions');

  RETURN QUERY
  WITH log AS MATERIALIZED (
    SELECT l.topic, (l.payload ->> 'userId')::uuid AS user_id, l.payload,
           (l.xid, l.pos) > (accounts.xid, accounts.pos) AS is_new_to_accounts,
           (l.xid, l.pos) > (positions.xid, positions.pos) AS is_new_to_positions
      FROM "events"."log" l
     WHERE l.topic IN ('orders.created', 'orders.modified', 'orders.executed', 'wallets.credited', 'orders.adjusted')
       AND (l.xid, l.pos) > (CASE WHEN is_alone THEN '0'::xid8 ELSE least(wallets.xid, accounts.xid, positions.xid) END, 0)
  ), credit AS (
    SELECT user_id, (payload ->> 'amount')::bigint AS amount, is_new_to_accounts
      FROM log WHERE topic = 'wallets.credited'
  ), hold AS (
    SELECT user_id, (payload ->> 'hold')::bigint AS amount
      FROM log WHERE topic = 'orders.created' AND (is_alone OR NOT EXISTS (
        SELECT FROM "billing"."order_hold" h WHERE h.order_id = (log.payload ->> 'orderId')::uuid))
    UNION ALL
    SELECT user_id, (payload ->> 'promised')::bigint
      FROM log WHERE topic = 'orders.modified' AND (is_alone OR NOT EXISTS (
        SELECT FROM "billing"."order_hold" h WHERE h.order_id = (log.payload ->> 'orderId')::uuid
           AND h.modified >= (log.payload ->> 'sequence')::bigint))
  ), fill AS (
    SELECT user_id, payload ->> 'symbol' AS symbol, (payload ->> 'product')::"trading"."order_product" AS product,
           CASE payload ->> 'side' WHEN 'BUY' THEN 1 ELSE -1 END * (payload ->> 'quantity')::bigint AS quantity,
           CASE payload ->> 'side' WHEN 'BUY' THEN 1 ELSE -1 END * (payload ->> 'value')::bigint AS value,
           'order:' || (payload ->> 'orderId') || ':fill:' || (payload ->> 'tradeId') AS key, is_new_to_positions
      FROM log WHERE topic = 'orders.executed'
  ), cash AS (
    SELECT user_id, sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT a.user_id, a.balance AS expected, 0::bigint AS actual
              FROM "billing"."ledger_account" a WHERE a.kind = 'WALLET_AVAILABLE' AND a.currency = 'INR' AND NOT is_alone
            UNION ALL SELECT user_id, amount, 0 FROM credit WHERE is_alone
            UNION ALL SELECT user_id, -amount, 0 FROM hold
            UNION ALL SELECT t.user_id, 0, t.buying_power FROM "trading"."account" t
            UNION ALL SELECT user_id, 0, amount FROM credit WHERE is_new_to_accounts
            UNION ALL
            SELECT r.user_id, 0, r.amount FROM "trading"."withdrawal" r WHERE r.status = 'RELEASED' AND NOT EXISTS (
              SELECT FROM "billing"."withdrawal" w WHERE w.id = r.id AND w.status = 'POSTED')) part
     GROUP BY user_id
  ), stock AS (
    SELECT user_id, symbol, product, sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT i.user_id, i.symbol, i.product, i.quantity AS expected, 0::bigint AS actual
              FROM "trading"."inventory" i
            UNION ALL SELECT p.user_id, p.symbol, p.product, 0, p.quantity FROM "trading"."position" p
            UNION ALL SELECT user_id, symbol, product, 0, quantity FROM fill WHERE is_new_to_positions) part
     GROUP BY user_id, symbol, product
  ), paid AS (
    SELECT sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT a.balance AS expected, 0::bigint AS actual
              FROM "billing"."ledger_account" a WHERE a.kind = 'CLEARING' AND a.currency = 'INR' AND NOT is_alone
            UNION ALL
            SELECT value, 0 FROM fill WHERE is_alone OR NOT EXISTS (
              SELECT FROM "billing"."transfer" t WHERE t.key = fill.key)
            UNION ALL SELECT 0, p.cost - p.realised FROM "trading"."position" p
            UNION ALL SELECT 0, value FROM fill WHERE is_new_to_positions) part
  )
  SELECT 'buying power is not the available cash', user_id::text, expected, actual
    FROM cash WHERE expected <> actual
  UNION ALL
  SELECT 'a position is not the shares at the exchange', concat_ws(' ', user_id, symbol, product), expected, actual
    FROM stock WHERE expected <> actual
     -- Of other units than the position yet.
     AND NOT EXISTS (SELECT FROM log WHERE topic = 'orders.adjusted' AND is_new_to_positions
                        AND log.user_id = stock.user_id AND log.payload ->> 'symbol' = stock.symbol)
  UNION ALL
  SELECT 'positions at cost are not what was paid for them', 'INR', expected, actual
    FROM paid WHERE expected <> actual;
END
$$;

-- As before, with what waits to be paid out.
CREATE OR REPLACE FUNCTION "billing".conservation_sums() RETURNS TABLE (item text, amount numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH ledger AS (
    SELECT CASE WHEN a.kind::text LIKE 'CHARGE%' THEN 'charges' ELSE a.kind::text END AS kind, sum(a.balance) AS amount
      FROM "billing"."ledger_account" a WHERE a.currency = 'INR' GROUP BY 1
  ), position AS (
    SELECT coalesce(sum(p.cost), 0) AS cost, coalesce(sum(p.realised), 0) AS realised FROM "trading"."position" p
  )
  SELECT line.item, coalesce(line.amount, 0)
    FROM (VALUES
      (1, 'cash', (SELECT amount FROM ledger WHERE kind = 'WALLET_AVAILABLE')),
      (2, 'holds', (SELECT amount FROM ledger WHERE kind = 'WALLET_HELD')),
      (3, 'charges', (SELECT amount FROM ledger WHERE kind = 'charges')),
      (4, 'positions at cost', (SELECT cost FROM position)),
      (5, 'profit taken', (SELECT -realised FROM position)),
      (6, 'put in', (SELECT amount FROM ledger WHERE kind = 'PAPER_EQUITY')),
      (7, 'payouts to send', (SELECT amount FROM ledger WHERE kind = 'PAYOUTS_TO_SEND')),
      (8, 'on the way', (SELECT amount FROM ledger WHERE kind = 'CLEARING') - (SELECT cost - realised FROM position))
    ) AS line (place, item, amount)
   ORDER BY line.place;
END;
