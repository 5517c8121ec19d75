-- Who has told which customer of a window. A new round begins when all must be told anew.
CREATE TABLE told (
    window_id BIGINT NOT NULL REFERENCES windows (id),
    round BIGINT NOT NULL,
    customer TEXT NOT NULL,
    told_by TEXT NOT NULL,
    told_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (window_id, round, customer)
);
