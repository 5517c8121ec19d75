-- The ledger: what is owed, what was sent, and why something was not.
CREATE TABLE deliveries (
    id BIGINT NOT NULL PRIMARY KEY,
    -- What it is about, such as `MW-1`.
    subject TEXT NOT NULL,
    -- Within a queue and channel the order is kept: the plan for its phases, else the subject itself.
    queue TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    class TEXT NOT NULL,
    message TEXT NOT NULL,
    occasion TEXT NOT NULL,
    lead TEXT,
    audience TEXT NOT NULL,
    channel TEXT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    -- What a change of the clocks did to the due time.
    note TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    attempts BIGINT NOT NULL,
    -- When a sender may take it: the due time, the time of the next attempt, or the end of the lease.
    claim_at TIMESTAMPTZ NOT NULL,
    lease_owner TEXT,
    -- It may have arrived although nobody recorded it: the channel is asked before it is sent again.
    in_doubt BOOLEAN NOT NULL,
    sent_at TIMESTAMPTZ,
    remote_id TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (subject, sequence, message, occasion, audience, channel)
);

-- Partial, so that taking the next row costs the same however much was sent before.
CREATE INDEX deliveries_claim ON deliveries (claim_at, id) WHERE state IN ('due', 'retrying', 'sending');
CREATE INDEX deliveries_order ON deliveries (queue, channel, due_at, id)
    WHERE state IN ('due', 'retrying', 'sending');
CREATE INDEX deliveries_lease ON deliveries (lease_owner) WHERE state = 'sending';
CREATE INDEX deliveries_unfinished ON deliveries (state) WHERE state IN ('due', 'retrying', 'sending', 'dead');
CREATE INDEX deliveries_subject ON deliveries (subject, due_at, id);
