-- While a consumer hears events anew: the last of those that it had heard before.
ALTER TABLE "events"."consumer"
  ADD COLUMN "repeat_xid" xid8,
  ADD COLUMN "repeat_pos" BIGINT,
  ADD CONSTRAINT "consumer_repeats_up_to_a_place" CHECK (("repeat_xid" IS NULL) = ("repeat_pos" IS NULL));

-- How far a consumer has come in one partition of a stream of Kafka, in places of the log. The log is relayed in order,
-- and at least once; what is not beyond the mark was handled.
CREATE TABLE "events"."partition_mark" (
  "consumer"  TEXT    NOT NULL,
  "stream"    TEXT    NOT NULL,
  "partition" INTEGER NOT NULL,
  "xid"       xid8    NOT NULL,
  "pos"       BIGINT  NOT NULL,
  CONSTRAINT "partition_mark_pkey" PRIMARY KEY ("consumer", "stream", "partition")
);
