CREATE TABLE "trading"."watchlist" (
  "id"        UUID   NOT NULL,
  "tenant_id" UUID   NOT NULL,
  "user_id"   UUID   NOT NULL,
  "name"      TEXT   NOT NULL,
  "symbols"   TEXT[],
  CONSTRAINT "watchlist_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "watchlist_user_id_name_key" ON "trading"."watchlist" ("user_id", "name");
CALL "events".separate_tenants('"trading"."watchlist"');

CREATE TYPE "trading"."alert_condition" AS ENUM ('AT_OR_ABOVE', 'AT_OR_BELOW');
CREATE TYPE "trading"."alert_status" AS ENUM ('ACTIVE', 'TRIGGERED', 'CANCELLED');

CREATE TABLE "trading"."price_alert" (
  "id"              UUID                        NOT NULL,
  "tenant_id"       UUID                        NOT NULL,
  "user_id"         UUID                        NOT NULL,
  "client_alert_id" TEXT                        NOT NULL,
  "symbol"          TEXT                        NOT NULL,
  "condition"       "trading"."alert_condition" NOT NULL,
  "price"           BIGINT                      NOT NULL CHECK ("price" > 0),
  "status"          "trading"."alert_status"    NOT NULL,
  "created_at"      TIMESTAMPTZ(3)              NOT NULL,
  "triggered_at"    TIMESTAMPTZ(3),
  "triggered_price" BIGINT,
  "sequence"        BIGINT CHECK ("sequence" > 0),
  CONSTRAINT "price_alert_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "price_alert_state" CHECK (
    ("status" = 'TRIGGERED') = ("sequence" IS NOT NULL)
    AND ("sequence" IS NULL) = ("triggered_at" IS NULL) AND ("sequence" IS NULL) = ("triggered_price" IS NULL)
  )
);
CREATE UNIQUE INDEX "price_alert_user_id_client_alert_id_key" ON "trading"."price_alert" ("user_id", "client_alert_id");
CREATE UNIQUE INDEX "price_alert_user_id_sequence_key" ON "trading"."price_alert" ("user_id", "sequence");
CREATE INDEX "price_alert_user_id_status_idx" ON "trading"."price_alert" ("user_id", "status");
CALL "events".separate_tenants('"trading"."price_alert"');

-- Users keep lists and alerts of their own; what has been triggered is the market's to say, and stays.
REVOKE DELETE ON "trading"."price_alert" FROM gridworks_app, gridworks_system;
REVOKE UPDATE ON "trading"."price_alert" FROM gridworks_app;
GRANT UPDATE ("status") ON "trading"."price_alert" TO gridworks_app;
