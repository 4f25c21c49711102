-- Orders from before had nothing of this: they show all, may trade at once, and the newcomer left.
ALTER TABLE "trading"."order"
  ADD COLUMN "trigger_price" BIGINT,
  ADD COLUMN "display_quantity" BIGINT,
  ADD COLUMN "post_only" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "self_trade_prevention" "trading"."self_trade_prevention" NOT NULL DEFAULT 'CANCEL_NEWEST',
  ADD COLUMN "good_till" DATE,
  DROP CONSTRAINT "order_price",
  DROP CONSTRAINT "order_state",
  ADD CONSTRAINT "order_terms" CHECK (
    ("type" IN ('LIMIT', 'STOP_LIMIT')) = ("limit_price" IS NOT NULL) AND "limit_price" > 0
    AND ("type" IN ('STOP', 'STOP_LIMIT')) = ("trigger_price" IS NOT NULL) AND "trigger_price" > 0
    AND "display_quantity" > 0
    AND ("validity" = 'GTD') = ("good_till" IS NOT NULL)
  ),
  ADD CONSTRAINT "order_state" CHECK (
    CASE "status"
      WHEN 'TRIGGER_PENDING' THEN "filled_quantity" = 0 AND "trigger_price" IS NOT NULL
      WHEN 'OPEN' THEN "filled_quantity" = 0
      WHEN 'PARTIALLY_FILLED' THEN 0 < "filled_quantity" AND "filled_quantity" < "quantity"
      WHEN 'FILLED' THEN "filled_quantity" = "quantity"
      ELSE 0 <= "filled_quantity" AND "filled_quantity" < "quantity"
    END AND ("status" = 'CANCELLED') = ("cancel_reason" IS NOT NULL)
  );
ALTER TABLE "trading"."order"
  ALTER COLUMN "post_only" DROP DEFAULT,
  ALTER COLUMN "self_trade_prevention" DROP DEFAULT;

-- What an order was for is part of its history, now that it can change.
ALTER TABLE "trading"."order_event"
  ADD COLUMN "quantity" BIGINT,
  ADD COLUMN "limit_price" BIGINT,
  ADD COLUMN "trigger_price" BIGINT,
  ADD COLUMN "display_quantity" BIGINT;
-- The owner's own statements obey the tenants' rule as well, and would see no row; only for this one they do not.
ALTER TABLE "trading"."order_event" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "trading"."order" NO FORCE ROW LEVEL SECURITY;
UPDATE "trading"."order_event" event SET "quantity" = known."quantity", "limit_price" = known."limit_price"
  FROM "trading"."order" known WHERE known."id" = event."order_id";
ALTER TABLE "trading"."order_event" FORCE ROW LEVEL SECURITY;
ALTER TABLE "trading"."order" FORCE ROW LEVEL SECURITY;
ALTER TABLE "trading"."order_event" ALTER COLUMN "quantity" SET NOT NULL;

-- The last modification that was booked, as the number of its event; a hold from before has none.
ALTER TABLE "billing"."order_hold" ADD COLUMN "modified" BIGINT NOT NULL DEFAULT 0;
