-- Plans: windows announced together as phases of one change.
CREATE TABLE plans (
    id BIGINT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    -- By whom, when and why its later phases are held; NULL: they are not.
    held TEXT,
    requester TEXT NOT NULL,
    place TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    sequence BIGINT NOT NULL,
    sequence_at TIMESTAMPTZ NOT NULL
);

ALTER TABLE windows ADD COLUMN plan_id BIGINT REFERENCES plans (id);
CREATE INDEX windows_plan ON windows (plan_id, starts_at, id) WHERE plan_id IS NOT NULL;

-- Questions and answers of a window or plan. Their numbers are counted in `counters`, so that none is given twice.
CREATE TABLE questions (
    subject TEXT NOT NULL,
    number BIGINT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    answered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subject, number)
);
