-- Words by themselves: what a transaction adds to an enumeration can be used by the next one only.
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'MODIFY_REQUESTED' BEFORE 'MODIFIED';
ALTER TYPE "trading"."order_event_kind" ADD VALUE 'MODIFY_REFUSED' BEFORE 'DOUBTED';
ALTER TYPE "trading"."reject_reason" ADD VALUE 'FREEZE_QUANTITY_EXCEEDED' BEFORE 'NOT_PLACED';
ALTER TYPE "trading"."reject_reason" ADD VALUE 'SESSION_CLOSED' BEFORE 'NOT_PLACED';
ALTER TYPE "trading"."reject_reason" ADD VALUE 'INSTRUMENT_NOT_TRADABLE' BEFORE 'NOT_PLACED';
