-- Replies by the key of the request: the same key gets the same reply.
CREATE TABLE answers (
    key TEXT NOT NULL PRIMARY KEY,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX answers_at ON answers (at);

-- What was last asked by whom, to notice that the same was typed twice.
CREATE TABLE repeats (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    subject TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX repeats_at ON repeats (at);

-- API tokens; the token itself is never stored.
CREATE TABLE tokens (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    expires_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
