-- Words by themselves: what a transaction adds to an enumeration can be used by the next one only.
ALTER TYPE "trading"."order_status" ADD VALUE 'PENDING' BEFORE 'TRIGGER_PENDING';
ALTER TYPE "trading"."order_status" ADD VALUE 'UNKNOWN' BEFORE 'FILLED';
ALTER TYPE "trading"."order_status" ADD VALUE 'REJECTED';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'CONFIRMED' BEFORE 'TRIGGERED';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'DOUBTED' BEFORE 'EXECUTED';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'CANCEL_REQUESTED' BEFORE 'CANCELLED';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'REJECTED';
ALTER TYPE "trading"."cancel_reason" ADD VALUE 'BROKER';
