-- Words by themselves: what a transaction adds to an enumeration can be used by the next one only.
ALTER TYPE "trading"."order_type" ADD VALUE 'STOP';
ALTER TYPE "trading"."order_type" ADD VALUE 'STOP_LIMIT';
ALTER TYPE "trading"."order_validity" ADD VALUE 'GTC';
ALTER TYPE "trading"."order_validity" ADD VALUE 'GTD';
ALTER TYPE "trading"."order_status" ADD VALUE 'TRIGGER_PENDING' BEFORE 'OPEN';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'TRIGGERED' BEFORE 'EXECUTED';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'MODIFIED' BEFORE 'EXECUTED';
CREATE TYPE "trading"."self_trade_prevention" AS ENUM ('CANCEL_NEWEST', 'CANCEL_OLDEST', 'CANCEL_BOTH', 'DECREMENT');
