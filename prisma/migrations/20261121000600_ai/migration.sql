CREATE TYPE "ai"."candle_interval" AS ENUM ('ONE_DAY');

CREATE TABLE "ai"."candle" (
  "symbol"   TEXT                   NOT NULL,
  "interval" "ai"."candle_interval" NOT NULL,
  "start"    TIMESTAMPTZ(3)         NOT NULL,
  "open"     BIGINT                 NOT NULL,
  "high"     BIGINT                 NOT NULL,
  "low"      BIGINT                 NOT NULL,
  "close"    BIGINT                 NOT NULL,
  "volume"   BIGINT                 NOT NULL,
  CONSTRAINT "candle_pkey" PRIMARY KEY ("symbol", "interval", "start"),
  CONSTRAINT "candle_is_one" CHECK (
    0 < "low" AND "low" <= LEAST("open", "close") AND GREATEST("open", "close") <= "high" AND "volume" >= 0
  )
);

CREATE TABLE "ai"."series" (
  "symbol"   TEXT                   NOT NULL,
  "interval" "ai"."candle_interval" NOT NULL,
  "revision" BIGINT                 NOT NULL,
  CONSTRAINT "series_pkey" PRIMARY KEY ("symbol", "interval")
);

-- A read model: events alone write it.
REVOKE INSERT, UPDATE, DELETE ON "ai"."candle", "ai"."series" FROM gridworks_app;
