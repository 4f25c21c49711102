-- A portfolio is told by its owner's trades in order of time.
CREATE INDEX "trade_user_id_at_id_idx" ON "trading"."trade" ("user_id", "at", "id");
