-- Orders from before were placed by their owners while the exchange was open.
ALTER TABLE "trading"."order"
  ADD COLUMN "after_market" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "origin" "trading"."order_origin" NOT NULL DEFAULT 'USER',
  DROP CONSTRAINT "order_state",
  ADD CONSTRAINT "order_state" CHECK (
    CASE "status"
      WHEN 'AMO_PENDING' THEN "filled_quantity" = 0 AND "after_market"
      WHEN 'TRIGGER_PENDING' THEN "filled_quantity" = 0 AND "trigger_price" IS NOT NULL
      WHEN 'OPEN' THEN "filled_quantity" = 0
      WHEN 'PARTIALLY_FILLED' THEN 0 < "filled_quantity" AND "filled_quantity" < "quantity"
      WHEN 'FILLED' THEN "filled_quantity" = "quantity"
      ELSE 0 <= "filled_quantity" AND "filled_quantity" < "quantity"
    END AND ("status" = 'CANCELLED') = ("cancel_reason" IS NOT NULL)
  );
ALTER TABLE "trading"."order"
  ALTER COLUMN "after_market" DROP DEFAULT,
  ALTER COLUMN "origin" DROP DEFAULT;
