-- Each service outside has a sender of its own, so that one that hangs keeps nobody else waiting.
ALTER TABLE deliveries ADD COLUMN lane TEXT NOT NULL DEFAULT 'inside';
UPDATE deliveries SET lane = 'github' WHERE channel LIKE 'github:%';
DROP INDEX deliveries_claim;
CREATE INDEX deliveries_claim ON deliveries (lane, claim_at, id) WHERE state IN ('due', 'retrying', 'sending');

-- What stands somewhere else is found again by its id there.
CREATE INDEX deliveries_remote ON deliveries (remote_id) WHERE remote_id IS NOT NULL;
