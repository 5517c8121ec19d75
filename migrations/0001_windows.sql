-- Ids are counted here: both databases then give the same numbers, without holes from their own sequences.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE services (
    id TEXT NOT NULL PRIMARY KEY,
    added_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE windows (
    id BIGINT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    services TEXT NOT NULL,
    environment TEXT NOT NULL,
    regions TEXT NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    zone TEXT NOT NULL,
    downtime_least_s BIGINT,
    downtime_most_s BIGINT,
    -- What is down for so long, one after the other, such as `tenant`.
    downtime_per TEXT,
    -- Where it differs, by service.
    downtimes TEXT NOT NULL,
    impact TEXT NOT NULL,
    category TEXT,
    rollback TEXT NOT NULL,
    customers TEXT NOT NULL,
    links TEXT NOT NULL,
    poc TEXT,
    requester TEXT NOT NULL,
    place TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    sequence BIGINT NOT NULL,
    sequence_at TIMESTAMPTZ NOT NULL,
    revision BIGINT NOT NULL,
    actual_start TIMESTAMPTZ,
    actual_end TIMESTAMPTZ,
    actual_downtime_s BIGINT,
    attended_at TIMESTAMPTZ,
    no_shows BIGINT NOT NULL,
    overruns BIGINT NOT NULL,
    -- What the public still sees, and what an approver is asked, while a change waits for approval.
    published TEXT,
    request TEXT,
    told_round BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- When the clock will next do something to it; NULL: nothing until somebody acts.
    next_action_at TIMESTAMPTZ,
    -- Item numbers are never given twice, also after an item is removed.
    last_item_number BIGINT NOT NULL DEFAULT 0,
    -- From start to end, in seconds: how far back of an instant a window may begin that lasts until then.
    length_s BIGINT NOT NULL
);

CREATE INDEX windows_start ON windows (starts_at, id);
CREATE INDEX windows_end ON windows (ends_at, starts_at);
CREATE INDEX windows_open ON windows (starts_at, id)
    WHERE state IN ('pending', 'scheduled', 'in_progress', 'verifying');
CREATE INDEX windows_longest ON windows (length_s)
    WHERE state IN ('pending', 'scheduled', 'in_progress', 'verifying');
CREATE INDEX windows_running ON windows (starts_at, id) WHERE state IN ('in_progress', 'verifying');
CREATE INDEX windows_completed ON windows (actual_end, id) WHERE state = 'completed';
CREATE INDEX windows_next_action ON windows (next_action_at, id) WHERE next_action_at IS NOT NULL;

-- The same as windows.services and windows.regions, to find windows by them.
CREATE TABLE window_services (
    window_id BIGINT NOT NULL REFERENCES windows (id),
    service TEXT NOT NULL,
    PRIMARY KEY (window_id, service)
);
CREATE INDEX window_services_service ON window_services (service, window_id);

CREATE TABLE window_regions (
    window_id BIGINT NOT NULL REFERENCES windows (id),
    region TEXT NOT NULL,
    PRIMARY KEY (window_id, region)
);

CREATE TABLE change_items (
    window_id BIGINT NOT NULL REFERENCES windows (id),
    number BIGINT NOT NULL,
    text TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_version TEXT,
    to_version TEXT,
    advisories TEXT NOT NULL,
    assignee TEXT,
    parent BIGINT,
    done_by TEXT,
    done_at TIMESTAMPTZ,
    late BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (window_id, number),
    FOREIGN KEY (window_id, parent) REFERENCES change_items (window_id, number)
);
CREATE INDEX change_items_assignee ON change_items (assignee, window_id) WHERE assignee IS NOT NULL;

CREATE TABLE events (
    id BIGINT NOT NULL PRIMARY KEY,
    -- The id of a window, plan, series or freeze, such as `MW-1`.
    subject TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT NOT NULL,
    place TEXT NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX events_subject ON events (subject, id);
