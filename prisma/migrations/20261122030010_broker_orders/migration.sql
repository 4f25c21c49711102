-- Orders that a broker carries out: it may turn them down, and says why.
CREATE TYPE "trading"."reject_reason" AS ENUM ('FUNDS_INSUFFICIENT', 'HOLDINGS_INSUFFICIENT', 'PRICE_OUT_OF_BAND', 'NOT_PLACED', 'OTHER');
ALTER TABLE "trading"."order"
  ADD COLUMN "reject_reason" "trading"."reject_reason",
  DROP CONSTRAINT "order_state",
  ADD CONSTRAINT "order_state" CHECK (
    CASE "status"
      WHEN 'AMO_PENDING' THEN "filled_quantity" = 0 AND "after_market"
      WHEN 'PENDING' THEN "filled_quantity" = 0
      WHEN 'TRIGGER_PENDING' THEN "filled_quantity" = 0 AND "trigger_price" IS NOT NULL
      WHEN 'OPEN' THEN "filled_quantity" = 0
      WHEN 'PARTIALLY_FILLED' THEN 0 < "filled_quantity" AND "filled_quantity" < "quantity"
      WHEN 'FILLED' THEN "filled_quantity" = "quantity"
      ELSE 0 <= "filled_quantity" AND "filled_quantity" < "quantity"
    END AND ("status" = 'CANCELLED') = ("cancel_reason" IS NOT NULL)
    AND ("status" = 'REJECTED') = ("reject_reason" IS NOT NULL)
  );

-- What is promised to open sales is held, order by order. Reads every order there is.
CREATE OR REPLACE FUNCTION "trading".stock_proof()
  RETURNS TABLE (violation text, subject text, expected numeric, actual numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 'what is held is not what sales wait for', concat_ws(' ', user_id, symbol, product), sum(waiting), sum(held)
    FROM (SELECT o.user_id, o.symbol, o.product, o.quantity - o.filled_quantity AS waiting, 0 AS held
            FROM "trading"."order" o WHERE o.side = 'SELL' AND o.status NOT IN ('FILLED', 'CANCELLED', 'REJECTED')
          UNION ALL
          SELECT i.user_id, i.symbol, i.product, 0, i.held FROM "trading"."inventory" i) part
   GROUP BY user_id, symbol, product HAVING sum(waiting) <> sum(held);
END;
