-- Words by themselves: what a transaction adds to an enumeration can be used by the next one only.
ALTER TYPE "trading"."order_status" ADD VALUE 'AMO_PENDING' BEFORE 'TRIGGER_PENDING';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'ENTERED' BEFORE 'TRIGGERED';
ALTER TYPE "trading"."cancel_reason" ADD VALUE 'OUT_OF_BAND';
ALTER TYPE "trading"."cancel_reason" ADD VALUE 'SQUARE_OFF';
ALTER TYPE "trading"."cancel_reason" ADD VALUE 'MARKET_HALTED';
CREATE TYPE "trading"."order_origin" AS ENUM ('USER', 'SQUARE_OFF');
