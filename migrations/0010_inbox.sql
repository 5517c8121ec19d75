-- What other programs sent here. It is stored before anything is done about it, so that the sender is answered at once;
-- the sender's own id keeps what it sends twice from being done twice.
CREATE TABLE inbox (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    -- The order in which it came.
    position BIGINT NOT NULL,
    -- Within a line the order is kept, such as `github:example/crm#7`.
    line TEXT NOT NULL,
    -- Empty once it is done or given up.
    body TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- When it may be worked on: when it came, the time of the next attempt, or the end of the lease.
    claim_at TIMESTAMPTZ NOT NULL,
    lease_owner TEXT,
    -- It may have been worked on although nobody recorded it.
    in_doubt BOOLEAN NOT NULL,
    error TEXT,
    done_at TIMESTAMPTZ,
    PRIMARY KEY (source, id)
);

-- Partial, so that taking the next one costs the same however much came before.
CREATE INDEX inbox_claim ON inbox (source, claim_at, position) WHERE state IN ('waiting', 'working');
CREATE INDEX inbox_line ON inbox (source, line, position) WHERE state IN ('waiting', 'working');
CREATE INDEX inbox_lease ON inbox (lease_owner, source) WHERE state = 'working';
CREATE INDEX inbox_over ON inbox (done_at) WHERE done_at IS NOT NULL;
