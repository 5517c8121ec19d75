-- When the digest is owed next, channel by channel. The rule is kept beside it: where another one is configured since, its
-- times count from then on. No next time: the rule has come to its end.
CREATE TABLE digests (
    channel TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    next_at TIMESTAMPTZ
);

CREATE INDEX deliveries_digest ON deliveries (channel, due_at, id) WHERE subject = 'digest';
