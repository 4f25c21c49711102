CREATE TYPE "trading"."gtt_status" AS ENUM ('ACTIVE', 'TRIGGERED', 'PLACED', 'REFUSED', 'CANCELLED');

CREATE TABLE "trading"."gtt" (
  "id"                  UUID                        NOT NULL,
  "tenant_id"           UUID                        NOT NULL,
  "user_id"             UUID                        NOT NULL,
  "client_gtt_id"       TEXT                        NOT NULL,
  "symbol"              TEXT                        NOT NULL,
  "side"                "trading"."order_side"      NOT NULL,
  "product"             "trading"."order_product"   NOT NULL,
  "condition"           "trading"."alert_condition" NOT NULL,
  "trigger_price"       BIGINT                      NOT NULL CHECK ("trigger_price" > 0),
  "limit_price"         BIGINT                      NOT NULL CHECK ("limit_price" > 0),
  "quantity"            BIGINT                      NOT NULL CHECK ("quantity" > 0),
  "other_condition"     "trading"."alert_condition",
  "other_trigger_price" BIGINT CHECK ("other_trigger_price" > 0),
  "other_limit_price"   BIGINT CHECK ("other_limit_price" > 0),
  "other_quantity"      BIGINT CHECK ("other_quantity" > 0),
  "status"              "trading"."gtt_status"      NOT NULL,
  "created_at"          TIMESTAMPTZ(3)              NOT NULL,
  "triggered_at"        TIMESTAMPTZ(3),
  "triggered_leg"       SMALLINT CHECK ("triggered_leg" IN (0, 1)),
  "triggered_price"     BIGINT,
  "order_id"            UUID,
  "refusal_code"        TEXT,
  CONSTRAINT "gtt_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "gtt_other_leg" CHECK (num_nulls("other_condition", "other_trigger_price", "other_limit_price", "other_quantity") IN (0, 4)),
  CONSTRAINT "gtt_state" CHECK (
    ("status" IN ('ACTIVE', 'CANCELLED')) = ("triggered_at" IS NULL)
    AND num_nulls("triggered_at", "triggered_leg", "triggered_price") IN (0, 3)
    AND ("status" = 'PLACED') = ("order_id" IS NOT NULL) AND ("status" = 'REFUSED') = ("refusal_code" IS NOT NULL)
  )
);
CREATE UNIQUE INDEX "gtt_user_id_client_gtt_id_key" ON "trading"."gtt" ("user_id", "client_gtt_id");
CREATE INDEX "gtt_status_idx" ON "trading"."gtt" ("status");
CALL "events".separate_tenants('"trading"."gtt"');

-- Users make them and take them back; what became of one is the market's to say, and stays.
REVOKE DELETE ON "trading"."gtt" FROM gridworks_app, gridworks_system;
REVOKE UPDATE ON "trading"."gtt" FROM gridworks_app;
GRANT UPDATE ("status") ON "trading"."gtt" TO gridworks_app;
