CREATE TYPE "trading"."exchange" AS ENUM ('NSE', 'BSE');
CREATE TYPE "trading"."instrument_kind" AS ENUM ('EQUITY', 'INDEX', 'ETF');
CREATE TYPE "trading"."candle_interval" AS ENUM ('ONE_MINUTE', 'ONE_DAY');
CREATE TYPE "trading"."candle_source" AS ENUM ('SEED', 'IMPORT', 'LIVE');
CREATE TYPE "trading"."corporate_action_kind" AS ENUM ('SPLIT_OR_BONUS', 'DIVIDEND');
CREATE TYPE "trading"."order_side" AS ENUM ('BUY', 'SELL');
CREATE TYPE "trading"."order_type" AS ENUM ('LIMIT', 'MARKET');
CREATE TYPE "trading"."order_product" AS ENUM ('CNC', 'MIS');
CREATE TYPE "trading"."order_validity" AS ENUM ('DAY', 'IOC', 'FOK');
CREATE TYPE "trading"."order_status" AS ENUM ('OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED');
CREATE TYPE "trading"."order_event_kind" AS ENUM ('CREATED', 'EXECUTED', 'CANCELLED');
CREATE TYPE "trading"."cancel_reason" AS ENUM ('USER', 'MARKET_REST', 'TIME_IN_FORCE', 'SELF_TRADE');

CREATE TABLE "trading"."instrument" (
  "symbol"          TEXT                        NOT NULL,
  "name"            TEXT                        NOT NULL,
  "exchange"        "trading"."exchange"        NOT NULL,
  "kind"            "trading"."instrument_kind" NOT NULL,
  "isin"            TEXT,
  "currency"        TEXT                        NOT NULL,
  "sector"          TEXT,
  "tick_size"       BIGINT                      NOT NULL CHECK ("tick_size" > 0),
  "lot_size"        INTEGER                     NOT NULL CHECK ("lot_size" > 0),
  "reference_price" BIGINT                      NOT NULL CHECK ("reference_price" > 0),
  "created_at"      TIMESTAMPTZ(3)              NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "instrument_pkey" PRIMARY KEY ("symbol")
);

CREATE TABLE "trading"."candle" (
  "symbol"   TEXT                        NOT NULL,
  "interval" "trading"."candle_interval" NOT NULL,
  "start"    TIMESTAMPTZ(3)              NOT NULL,
  "open"     BIGINT                      NOT NULL,
  "high"     BIGINT                      NOT NULL,
  "low"      BIGINT                      NOT NULL,
  "close"    BIGINT                      NOT NULL,
  "volume"   BIGINT                      NOT NULL CHECK ("volume" >= 0),
  "source"   "trading"."candle_source"   NOT NULL,
  CONSTRAINT "candle_pkey" PRIMARY KEY ("symbol", "interval", "start"),
  CONSTRAINT "candle_range" CHECK (0 < "low" AND "low" <= least("open", "close") AND greatest("open", "close") <= "high")
);

CREATE TABLE "trading"."holiday" (
  "exchange" "trading"."exchange" NOT NULL,
  "date"     DATE                 NOT NULL,
  CONSTRAINT "holiday_pkey" PRIMARY KEY ("exchange", "date")
);

CREATE TABLE "trading"."corporate_action" (
  "symbol"       TEXT                              NOT NULL,
  "ex_date"      DATE                              NOT NULL,
  "kind"         "trading"."corporate_action_kind" NOT NULL,
  "price_factor" DECIMAL                           NOT NULL CHECK ("price_factor" > 0),
  "split_factor" DECIMAL                           NOT NULL CHECK ("split_factor" > 0),
  "source"       TEXT                              NOT NULL,
  CONSTRAINT "corporate_action_pkey" PRIMARY KEY ("symbol", "ex_date")
);

CREATE TABLE "trading"."account" (
  "user_id"      UUID   NOT NULL,
  "tenant_id"    UUID   NOT NULL,
  "buying_power" BIGINT NOT NULL CHECK ("buying_power" >= 0),
  CONSTRAINT "account_pkey" PRIMARY KEY ("user_id")
);
CALL "events".separate_tenants('"trading"."account"');

CREATE TABLE "trading"."order" (
  "id"              UUID                       NOT NULL,
  "tenant_id"       UUID                       NOT NULL,
  "user_id"         UUID                       NOT NULL,
  "client_order_id" TEXT                       NOT NULL,
  "symbol"          TEXT                       NOT NULL,
  "exchange"        "trading"."exchange"       NOT NULL,
  "side"            "trading"."order_side"     NOT NULL,
  "type"            "trading"."order_type"     NOT NULL,
  "product"         "trading"."order_product"  NOT NULL,
  "validity"        "trading"."order_validity" NOT NULL,
  "quantity"        BIGINT                     NOT NULL CHECK ("quantity" > 0),
  "limit_price"     BIGINT,
  "status"          "trading"."order_status"   NOT NULL,
  "filled_quantity" BIGINT                     NOT NULL,
  "turnover"        BIGINT                     NOT NULL CHECK ("turnover" >= 0),
  "hold"            BIGINT                     NOT NULL CHECK ("hold" >= 0),
  "cancel_reason"   "trading"."cancel_reason",
  "placed_at"       TIMESTAMPTZ(3)             NOT NULL,
  "arrival"         BIGSERIAL                  NOT NULL,
  CONSTRAINT "order_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "order_symbol_fkey" FOREIGN KEY ("symbol") REFERENCES "trading"."instrument" ("symbol") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "order_price" CHECK (("type" = 'LIMIT') = ("limit_price" IS NOT NULL) AND "limit_price" > 0),
  CONSTRAINT "order_state" CHECK (
    CASE "status"
      WHEN 'OPEN' THEN "filled_quantity" = 0
      WHEN 'PARTIALLY_FILLED' THEN 0 < "filled_quantity" AND "filled_quantity" < "quantity"
      WHEN 'FILLED' THEN "filled_quantity" = "quantity"
      ELSE 0 <= "filled_quantity" AND "filled_quantity" < "quantity"
    END AND ("status" = 'CANCELLED') = ("cancel_reason" IS NOT NULL)
  )
);
CREATE UNIQUE INDEX "order_user_id_client_order_id_key" ON "trading"."order" ("user_id", "client_order_id");
CREATE INDEX "order_user_id_arrival_idx" ON "trading"."order" ("user_id", "arrival");
CREATE INDEX "order_status_arrival_idx" ON "trading"."order" ("status", "arrival");
CALL "events".separate_tenants('"trading"."order"');

CREATE TABLE "trading"."trade" (
  "id"           UUID                   NOT NULL,
  "tenant_id"    UUID                   NOT NULL,
  "user_id"      UUID                   NOT NULL,
  "order_id"     UUID                   NOT NULL,
  "execution_id" UUID                   NOT NULL,
  "symbol"       TEXT                   NOT NULL,
  "side"         "trading"."order_side" NOT NULL,
  "price"        BIGINT                 NOT NULL CHECK ("price" > 0),
  "quantity"     BIGINT                 NOT NULL CHECK ("quantity" > 0),
  "at"           TIMESTAMPTZ(3)         NOT NULL,
  CONSTRAINT "trade_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "trade_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "trading"."order" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "trade_order_id_at_idx" ON "trading"."trade" ("order_id", "at");
CREATE INDEX "trade_execution_id_idx" ON "trading"."trade" ("execution_id");
CALL "events".separate_tenants('"trading"."trade"');

CREATE TABLE "trading"."order_event" (
  "user_id"         UUID                         NOT NULL,
  "sequence"        BIGINT                       NOT NULL CHECK ("sequence" > 0),
  "tenant_id"       UUID                         NOT NULL,
  "order_id"        UUID                         NOT NULL,
  "kind"            "trading"."order_event_kind" NOT NULL,
  "at"              TIMESTAMPTZ(3)               NOT NULL,
  "status"          "trading"."order_status"     NOT NULL,
  "filled_quantity" BIGINT                       NOT NULL,
  "turnover"        BIGINT                       NOT NULL,
  "trade_id"        UUID,
  CONSTRAINT "order_event_pkey" PRIMARY KEY ("user_id", "sequence"),
  CONSTRAINT "order_event_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "trading"."order" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "order_event_trade_id_fkey" FOREIGN KEY ("trade_id") REFERENCES "trading"."trade" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT "order_event_trade" CHECK (("kind" = 'EXECUTED') = ("trade_id" IS NOT NULL))
);
CREATE INDEX "order_event_order_id_sequence_idx" ON "trading"."order_event" ("order_id", "sequence");
CALL "events".separate_tenants('"trading"."order_event"');

CREATE TABLE "trading"."inventory" (
  "user_id"   UUID                      NOT NULL,
  "tenant_id" UUID                      NOT NULL,
  "symbol"    TEXT                      NOT NULL,
  "product"   "trading"."order_product" NOT NULL,
  "quantity"  BIGINT                    NOT NULL,
  "held"      BIGINT                    NOT NULL,
  CONSTRAINT "inventory_pkey" PRIMARY KEY ("user_id", "symbol", "product"),
  CONSTRAINT "inventory_held" CHECK (0 <= "held" AND "held" <= "quantity")
);
CALL "events".separate_tenants('"trading"."inventory"');

CREATE TABLE "trading"."position" (
  "id"         UUID                      NOT NULL,
  "tenant_id"  UUID                      NOT NULL,
  "user_id"    UUID                      NOT NULL,
  "symbol"     TEXT                      NOT NULL,
  "product"    "trading"."order_product" NOT NULL,
  "quantity"   BIGINT                    NOT NULL CHECK ("quantity" >= 0),
  "cost"       BIGINT                    NOT NULL CHECK ("cost" >= 0),
  "realised"   BIGINT                    NOT NULL,
  "updated_at" TIMESTAMPTZ(3)            NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "position_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "position_user_id_symbol_product_key" ON "trading"."position" ("user_id", "symbol", "product");
CALL "events".separate_tenants('"trading"."position"');

CREATE TABLE "trading"."exchange_writer" (
  "id"    SMALLINT NOT NULL CHECK ("id" = 1),
  "epoch" BIGINT   NOT NULL,
  CONSTRAINT "exchange_writer_pkey" PRIMARY KEY ("id")
);

-- Callers only read; the exchange, the projections and the import write.
REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "trading" FROM gridworks_app;
REVOKE ALL ON "trading"."exchange_writer" FROM gridworks_app;
-- History is appended to, never rewritten.
REVOKE UPDATE, DELETE ON "trading"."order_event", "trading"."trade" FROM gridworks_system;
