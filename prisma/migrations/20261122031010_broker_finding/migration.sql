-- Orders at a broker of which an operator said what became of them.
CREATE TYPE "trading"."broker_finding" AS ENUM ('ABSENT', 'FOUND');
ALTER TABLE "trading"."broker_order" ADD COLUMN "finding" "trading"."broker_finding";
