-- The load of a service in every hour of a week in UTC, Monday first, as it was last measured.
CREATE TABLE traffic (
    service TEXT NOT NULL PRIMARY KEY,
    measured_at TIMESTAMPTZ NOT NULL,
    loads TEXT NOT NULL
);
