-- Words by themselves: what a transaction adds to an enumeration can be used by the next one only.
ALTER TYPE "billing"."ledger_account_kind" ADD VALUE 'PAYOUTS_TO_SEND' AFTER 'PAPER_EQUITY';
ALTER TYPE "billing"."transfer_kind" ADD VALUE 'WITHDRAWAL';
