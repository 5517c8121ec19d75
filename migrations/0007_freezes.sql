-- Periods in which nothing is scheduled without approval; whole days such as `2026-12-18`.
CREATE TABLE freezes (
    id BIGINT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    services TEXT NOT NULL,
    regions TEXT NOT NULL,
    kinds TEXT NOT NULL,
    added_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    removed_at TIMESTAMPTZ
);
CREATE INDEX freezes_last_day ON freezes (last_day) WHERE removed_at IS NULL;
