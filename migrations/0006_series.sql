-- Series: recurrences that make windows ahead of time.
CREATE TABLE series (
    id BIGINT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    rule TEXT NOT NULL,
    zone TEXT NOT NULL,
    shift_s BIGINT NOT NULL,
    length_s BIGINT NOT NULL,
    template TEXT NOT NULL,
    -- On the wall clock of the zone, such as `2026-12-13T16:00:00`.
    made_until TEXT,
    requester TEXT NOT NULL,
    place TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- When more windows must be made; NULL: no more.
    next_make_at TIMESTAMPTZ
);
CREATE INDEX series_next_make ON series (next_make_at, id) WHERE next_make_at IS NOT NULL;

ALTER TABLE windows ADD COLUMN series_id BIGINT REFERENCES series (id);
-- On the wall clock of the series, such as `2026-12-13T16:00:00`.
ALTER TABLE windows ADD COLUMN occurrence TEXT;
ALTER TABLE windows ADD COLUMN detached BOOLEAN NOT NULL DEFAULT FALSE;
-- Unique: an occurrence is made once, whoever makes it.
CREATE UNIQUE INDEX windows_occurrence ON windows (series_id, occurrence) WHERE series_id IS NOT NULL;
