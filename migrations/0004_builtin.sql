-- The built-in console: channels with posts.
CREATE TABLE builtin_channels (
    name TEXT NOT NULL PRIMARY KEY,
    posts BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE builtin_posts (
    id BIGINT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES builtin_channels (name),
    -- What it is about, such as `MW-1`.
    subject TEXT,
    delivery_id BIGINT,
    text TEXT NOT NULL,
    posted_at TIMESTAMPTZ NOT NULL,
    edited_at TIMESTAMPTZ
);
CREATE INDEX builtin_posts_channel ON builtin_posts (channel, id);
-- Unique: a delivery can never become two posts.
CREATE UNIQUE INDEX builtin_posts_delivery ON builtin_posts (delivery_id) WHERE delivery_id IS NOT NULL;

-- The built-in tracker: one change-list issue per window or plan.
CREATE TABLE builtin_issues (
    subject TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    close_reason TEXT,
    opened_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ
);
CREATE INDEX builtin_issues_opened ON builtin_issues (opened_at, subject);
CREATE INDEX builtin_issues_open ON builtin_issues (opened_at, subject) WHERE is_open;
