CREATE TABLE "trading"."adjustment" (
  "id"           UUID           NOT NULL,
  "symbol"       TEXT           NOT NULL,
  "ex_date"      DATE           NOT NULL,
  "split_factor" DECIMAL        NOT NULL,
  "at"           TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "adjustment_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "adjustment_split_factor" CHECK ("split_factor" > 0)
);
CREATE UNIQUE INDEX "adjustment_symbol_ex_date_key" ON "trading"."adjustment" ("symbol", "ex_date");
