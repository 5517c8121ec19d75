-- Security advisories.
CREATE TABLE advisories (
    id BIGINT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    ids TEXT NOT NULL,
    severity TEXT,
    disposition TEXT NOT NULL,
    services TEXT NOT NULL,
    -- The emergency window that patches it, or the past one that has.
    window_id BIGINT REFERENCES windows (id),
    details TEXT NOT NULL,
    public TEXT NOT NULL,
    -- When the embargo ends; NULL: there is none.
    publish_at TIMESTAMPTZ,
    published_at TIMESTAMPTZ,
    withdrawn_at TIMESTAMPTZ,
    withdrawn_because TEXT NOT NULL,
    requester TEXT NOT NULL,
    place TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX advisories_unpublished ON advisories (publish_at, id) WHERE published_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX advisories_window ON advisories (window_id, id) WHERE window_id IS NOT NULL;

-- Where the permanent fix of each service is; no window: it waits for one to be planned.
CREATE TABLE advisory_fixes (
    advisory_id BIGINT NOT NULL REFERENCES advisories (id),
    service TEXT NOT NULL,
    window_id BIGINT REFERENCES windows (id),
    item BIGINT,
    -- Only windows that start after this count.
    after_at TIMESTAMPTZ NOT NULL,
    fixed_at TIMESTAMPTZ,
    PRIMARY KEY (advisory_id, service)
);
CREATE INDEX advisory_fixes_open ON advisory_fixes (advisory_id) WHERE fixed_at IS NULL;

-- Every change item that an advisory made: it gets its name when the advisory becomes public.
CREATE TABLE advisory_items (
    advisory_id BIGINT NOT NULL REFERENCES advisories (id),
    window_id BIGINT NOT NULL REFERENCES windows (id),
    item BIGINT NOT NULL,
    PRIMARY KEY (advisory_id, window_id, item)
);
