CREATE TYPE "trading"."broker_order_type" AS ENUM ('MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT');
CREATE TYPE "trading"."broker_product" AS ENUM ('CNC', 'MIS', 'NRML');
CREATE TYPE "trading"."broker_validity" AS ENUM ('DAY', 'IOC');
CREATE TYPE "trading"."broker_order_status" AS ENUM ('SENT', 'PENDING', 'TRIGGER_PENDING', 'OPEN', 'FILLED', 'CANCELLED', 'REJECTED', 'NOT_PLACED');
CREATE TYPE "trading"."broker_doubt" AS ENUM ('UNANSWERED', 'NOT_FOUND');

-- What is believed of orders at a broker. No tenant's: the account there is the platform's.
CREATE TABLE "trading"."broker_order" (
  "id" UUID NOT NULL,
  "tag" TEXT NOT NULL,
  "symbol" TEXT NOT NULL,
  "side" "trading"."order_side" NOT NULL,
  "type" "trading"."broker_order_type" NOT NULL,
  "product" "trading"."broker_product" NOT NULL,
  "validity" "trading"."broker_validity" NOT NULL,
  "asked_quantity" BIGINT NOT NULL,
  "asked_limit" BIGINT,
  "asked_trigger" BIGINT,
  "quantity" BIGINT NOT NULL,
  "limit_price" BIGINT,
  "trigger_price" BIGINT,
  "venue_order_id" TEXT,
  "status" "trading"."broker_order_status" NOT NULL,
  "doubt" "trading"."broker_doubt",
  "doubted_at" TIMESTAMPTZ(3),
  "absences" INTEGER NOT NULL,
  "filled_quantity" BIGINT NOT NULL,
  "updated_at" TIMESTAMPTZ(3),
  "heard_at" TIMESTAMPTZ(3) NOT NULL,
  "message" TEXT,
  "is_settled" BOOLEAN NOT NULL,

  CONSTRAINT "broker_order_pkey" PRIMARY KEY ("id"),
  CHECK ("quantity" > 0 AND "filled_quantity" >= 0 AND "absences" >= 0),
  CHECK (("doubt" IS NULL) = ("doubted_at" IS NULL))
);

CREATE TABLE "trading"."broker_fill" (
  "order_id" UUID NOT NULL,
  "trade_id" TEXT NOT NULL,
  "price" BIGINT NOT NULL,
  "quantity" BIGINT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,

  CONSTRAINT "broker_fill_pkey" PRIMARY KEY ("order_id", "trade_id"),
  CHECK ("price" > 0 AND "quantity" > 0)
);

CREATE UNIQUE INDEX "broker_order_tag_key" ON "trading"."broker_order"("tag");

CREATE UNIQUE INDEX "broker_order_venue_order_id_key" ON "trading"."broker_order"("venue_order_id");

CREATE INDEX "broker_order_is_settled_idx" ON "trading"."broker_order"("is_settled");
CREATE INDEX "broker_order_heard_at_idx" ON "trading"."broker_order"("heard_at");

ALTER TABLE "trading"."broker_fill" ADD CONSTRAINT "broker_fill_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "trading"."broker_order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

REVOKE ALL ON "trading"."broker_order", "trading"."broker_fill" FROM gridworks_app;
-- A trade is never taken back, and an order never forgotten.
REVOKE DELETE ON "trading"."broker_order" FROM gridworks_system;
REVOKE UPDATE, DELETE ON "trading"."broker_fill" FROM gridworks_system;
