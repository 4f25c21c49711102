-- Words by themselves: what a transaction adds to an enumeration can be used by the next one only.
ALTER TYPE "billing"."ledger_account_kind" ADD VALUE 'WALLET_MARGIN' AFTER 'WALLET_HELD';
ALTER TYPE "billing"."ledger_account_kind" ADD VALUE 'DUES' AFTER 'WALLET_MARGIN';
ALTER TYPE "billing"."ledger_account_kind" ADD VALUE 'MARGIN_FUNDING' AFTER 'CLEARING';
ALTER TYPE "billing"."transfer_kind" ADD VALUE 'MARGIN';
