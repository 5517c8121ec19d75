-- Channels that asked to be told, at most one row of each. `since` is when it began to hear of what the row says; without
-- it nothing was ever confirmed. `wish` is what was asked for by mail and waits for its owner until two days after
-- `asked_at`. While `plan_after` is set, the ladders of windows with higher numbers do not follow the row yet; `changed` is
-- the stamp of the change that they have to follow.
CREATE TABLE subscriptions (
    id BIGINT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL UNIQUE,
    services TEXT NOT NULL,
    regions TEXT NOT NULL,
    since TIMESTAMPTZ,
    wish TEXT,
    asked_at TIMESTAMPTZ,
    token TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    changed BIGINT NOT NULL,
    plan_after BIGINT
);
CREATE INDEX subscriptions_asked ON subscriptions (asked_at) WHERE asked_at IS NOT NULL;
CREATE INDEX subscriptions_plan ON subscriptions (id) WHERE plan_after IS NOT NULL;

-- A stamp that no other state of the subscriptions has.
INSERT INTO counters (name, value) VALUES ('subscriptions', 0);

-- What is still owed to one that unsubscribes, and the windows that a new one may concern.
CREATE INDEX deliveries_subscribers ON deliveries (channel) WHERE audience = 'subscribers';
CREATE INDEX windows_open_id ON windows (id) WHERE state IN ('pending', 'scheduled', 'in_progress', 'verifying');
