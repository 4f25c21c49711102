-- Positions of the day under margin: what is held for them, at the exchange and in the wallet, in place of their value. They
-- may be of units that were sold before they were bought.
ALTER TABLE "trading"."account"
  ADD COLUMN "margin" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "dues"   BIGINT NOT NULL DEFAULT 0,
  -- Who owes has nothing, and who has something left holds all that is to be held.
  ADD CONSTRAINT "account_margin" CHECK ("margin" >= 0 AND "dues" >= 0 AND ("dues" = 0 OR "buying_power" + "margin" = 0));

ALTER TABLE "trading"."inventory"
  ADD COLUMN "cost"   BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "margin" BIGINT NOT NULL DEFAULT 0,
  DROP CONSTRAINT "inventory_held",
  ADD CONSTRAINT "inventory_held" CHECK (
    0 <= "held" AND 0 <= "margin" AND ("product" = 'MIS' OR "held" <= "quantity" AND "cost" = 0 AND "margin" = 0)
  );

ALTER TABLE "trading"."position"
  DROP CONSTRAINT "position_quantity_check",
  DROP CONSTRAINT "position_cost_check",
  ADD CONSTRAINT "position_direction" CHECK (
    CASE sign("quantity") WHEN 1 THEN "cost" >= 0 WHEN -1 THEN "product" = 'MIS' AND "cost" <= 0 ELSE "cost" = 0 END
  );

-- What somebody owes is a claim of the house: it belongs to no tenant's wallet, and is never above nothing.
ALTER TABLE "billing"."ledger_account"
  DROP CONSTRAINT "ledger_account_wallet_is_owned",
  DROP CONSTRAINT "ledger_account_wallet_not_negative",
  ADD CONSTRAINT "ledger_account_wallet_is_owned" CHECK (
    ("kind" IN ('WALLET_AVAILABLE', 'WALLET_HELD', 'WALLET_MARGIN', 'DUES')) = ("user_id" IS NOT NULL)
    AND ("kind" IN ('WALLET_AVAILABLE', 'WALLET_HELD', 'WALLET_MARGIN')) = ("tenant_id" IS NOT NULL)
  ),
  ADD CONSTRAINT "ledger_account_wallet_not_negative" CHECK (
    CASE WHEN "kind" = 'DUES' THEN "balance" <= 0 ELSE "user_id" IS NULL OR "balance" >= 0 END
  );

-- What the house puts up for purchases under margin, and keeps of what short sales brought.
INSERT INTO "billing"."ledger_account" ("id", "kind", "currency") VALUES (gen_random_uuid(), 'MARGIN_FUNDING', 'INR');

-- As before, and of positions under margin: what is held for them, what is owed, and what the house put up is the same at
-- the exchange and in the ledger, with all that one of them has told and the other not heard of.
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
     WHERE l.topic IN ('orders.created', 'orders.modified', 'orders.executed', 'orders.cancelled', 'orders.margined',
                       'wallets.credited', 'orders.adjusted')
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
  ), move AS (
    SELECT user_id, (move ->> 'margin')::bigint AS margin, (move ->> 'dues')::bigint AS dues,
           (move ->> 'realised')::bigint AS realised
      FROM (SELECT user_id, CASE topic WHEN 'orders.margined' THEN payload ELSE payload -> 'move' END AS move
              FROM log
             WHERE (topic = 'orders.margined' OR payload -> 'move' IS NOT NULL) AND (is_alone OR NOT CASE topic
               WHEN 'orders.margined' THEN EXISTS (
                 SELECT FROM "billing"."transfer" t WHERE t.key = 'margin:' || (log.payload ->> 'reference'))
               WHEN 'orders.executed' THEN EXISTS (
                 SELECT FROM "billing"."transfer" t
                  WHERE t.key = 'order:' || (log.payload ->> 'orderId') || ':fill:' || (log.payload ->> 'tradeId'))
               ELSE EXISTS (
                 SELECT FROM "billing"."order_hold" h WHERE h.order_id = (log.payload ->> 'orderId')::uuid
                    AND CASE topic WHEN 'orders.created' THEN true
                                   WHEN 'orders.modified' THEN h.modified >= (log.payload ->> 'sequence')::bigint
                                   ELSE h.done END) END)) unheard
  ), fill AS (
    SELECT user_id, payload ->> 'symbol' AS symbol, (payload ->> 'product')::"trading"."order_product" AS product,
           CASE payload ->> 'side' WHEN 'BUY' THEN 1 ELSE -1 END * (payload ->> 'quantity')::bigint AS quantity,
           CASE payload ->> 'side' WHEN 'BUY' THEN 1 ELSE -1 END * (payload ->> 'value')::bigint AS value,
           'order:' || (payload ->> 'orderId') || ':fill:' || (payload ->> 'tradeId') AS key, is_new_to_positions,
           payload -> 'move' IS NOT NULL AS is_margined
      FROM log WHERE topic = 'orders.executed'
  ), cash AS (
    SELECT user_id, sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT a.user_id, a.balance AS expected, 0::bigint AS actual
              FROM "billing"."ledger_account" a WHERE a.kind = 'WALLET_AVAILABLE' AND a.currency = 'INR' AND NOT is_alone
            UNION ALL SELECT user_id, amount, 0 FROM credit WHERE is_alone
            UNION ALL SELECT user_id, -amount, 0 FROM hold
            UNION ALL SELECT user_id, realised + dues - margin, 0 FROM move
            UNION ALL SELECT t.user_id, 0, t.buying_power FROM "trading"."account" t
            UNION ALL SELECT user_id, 0, amount FROM credit WHERE is_new_to_accounts
            UNION ALL
            SELECT r.user_id, 0, r.amount FROM "trading"."withdrawal" r WHERE r.status = 'RELEASED' AND NOT EXISTS (
              SELECT FROM "billing"."withdrawal" w WHERE w.id = r.id AND w.status = 'POSTED')) part
     GROUP BY user_id
  ), margin AS (
    SELECT user_id, sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT a.user_id, a.balance AS expected, 0::bigint AS actual
              FROM "billing"."ledger_account" a WHERE a.kind = 'WALLET_MARGIN' AND a.currency = 'INR' AND NOT is_alone
            UNION ALL SELECT user_id, margin, 0 FROM move
            UNION ALL SELECT t.user_id, 0, t.margin FROM "trading"."account" t) part
     GROUP BY user_id
  ), dues AS (
    SELECT user_id, sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT a.user_id, -a.balance AS expected, 0::bigint AS actual
              FROM "billing"."ledger_account" a WHERE a.kind = 'DUES' AND a.currency = 'INR' AND NOT is_alone
            UNION ALL SELECT user_id, dues, 0 FROM move
            UNION ALL SELECT t.user_id, 0, t.dues FROM "trading"."account" t) part
     GROUP BY user_id
  ), required AS (
    SELECT t.user_id, coalesce(sum(i.margin), 0) AS expected, t.margin AS actual, t.buying_power
      FROM "trading"."account" t LEFT JOIN "trading"."inventory" i ON i.user_id = t.user_id AND i.product = 'MIS'
     GROUP BY t.user_id
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
  ), funded AS (
    SELECT sum(expected) AS expected, sum(actual) AS actual
      FROM (SELECT a.balance AS expected, 0::bigint AS actual
              FROM "billing"."ledger_account" a WHERE a.kind = 'MARGIN_FUNDING' AND a.currency = 'INR' AND NOT is_alone
            UNION ALL SELECT -realised, 0 FROM move
            UNION ALL
            SELECT -value, 0 FROM fill WHERE is_margined AND (is_alone OR NOT EXISTS (
              SELECT FROM "billing"."transfer" t WHERE t.key = fill.key))
            UNION ALL SELECT 0, -i.cost FROM "trading"."inventory" i) part
  )
  SELECT 'buying power is not the available cash', user_id::text, expected, actual
    FROM cash WHERE expected <> actual
  UNION ALL
  SELECT 'the margin at the exchange is not the margin in the wallet', user_id::text, expected, actual
    FROM margin WHERE expected <> actual
  UNION ALL
  SELECT 'the dues at the exchange are not those in the ledger', user_id::text, expected, actual
    FROM dues WHERE expected <> actual
  UNION ALL
  -- Less than that is held only where nothing is left to hold it with.
  SELECT 'the margin is not what positions and orders are to hold', user_id::text, expected, actual
    FROM required WHERE actual > expected OR (actual < expected AND buying_power > 0)
  UNION ALL
  SELECT 'positions under margin at cost are not what the house put up', 'INR', expected, actual
    FROM funded WHERE expected <> actual
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

-- As before, with margin, what it funds, and what is owed.
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
      (3, 'margin', (SELECT amount FROM ledger WHERE kind = 'WALLET_MARGIN')),
      (4, 'dues', (SELECT amount FROM ledger WHERE kind = 'DUES')),
      (5, 'charges', (SELECT amount FROM ledger WHERE kind = 'charges')),
      (6, 'positions at cost', (SELECT cost FROM position)),
      (7, 'put up for margin', (SELECT amount FROM ledger WHERE kind = 'MARGIN_FUNDING')),
      (8, 'profit taken', (SELECT -realised FROM position)),
      (9, 'put in', (SELECT amount FROM ledger WHERE kind = 'PAPER_EQUITY')),
      (10, 'payouts to send', (SELECT amount FROM ledger WHERE kind = 'PAYOUTS_TO_SEND')),
      (11, 'on the way', (SELECT amount FROM ledger WHERE kind = 'CLEARING') - (SELECT cost - realised FROM position))
    ) AS line (place, item, amount)
   ORDER BY line.place;
END;
