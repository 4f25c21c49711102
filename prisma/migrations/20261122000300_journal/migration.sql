CREATE TABLE "trading"."journal" (
  "sequence" BIGINT         NOT NULL CHECK ("sequence" > 0),
  "at"       TIMESTAMPTZ(3) NOT NULL,
  "command"  JSONB          NOT NULL,
  "digest"   TEXT           NOT NULL,
  CONSTRAINT "journal_pkey" PRIMARY KEY ("sequence")
);

-- JSON, not JSONB: it is written and read as a whole, and its text is compared with nothing.
CREATE TABLE "trading"."journal_snapshot" (
  "sequence" BIGINT         NOT NULL CHECK ("sequence" >= 0),
  "at"       TIMESTAMPTZ(3) NOT NULL,
  "state"    JSON           NOT NULL,
  "hash"     TEXT           NOT NULL,
  CONSTRAINT "journal_snapshot_pkey" PRIMARY KEY ("sequence")
);

-- Both hold every tenant's orders: they are the exchange's own. What happened stays; a snapshot can be made again.
REVOKE ALL ON "trading"."journal", "trading"."journal_snapshot" FROM gridworks_app;
REVOKE UPDATE, DELETE ON "trading"."journal" FROM gridworks_system;

-- One writer writes orders with their trades and events, whole, in one transaction from its own state. Checking each
-- reference once more costs as much as the row.
ALTER TABLE "trading"."order_event" DROP CONSTRAINT "order_event_order_id_fkey", DROP CONSTRAINT "order_event_trade_id_fkey";
ALTER TABLE "trading"."trade" DROP CONSTRAINT "trade_order_id_fkey";
ALTER TABLE "trading"."order" DROP CONSTRAINT "order_symbol_fkey";
-- Nobody looks for orders by status alone any more, or for trades by execution; without the status in an index most
-- changes of an order need no index at all, where its page has room.
DROP INDEX "trading"."order_status_arrival_idx", "trading"."trade_execution_id_idx";
ALTER TABLE "trading"."order" SET (fillfactor = 80);
