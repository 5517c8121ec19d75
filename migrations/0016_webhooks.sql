-- Addresses of webhooks that answered 410 Gone: nothing is sent there any more. Another address under the same name is
-- another row, so that it begins enabled.
CREATE TABLE webhooks_disabled (
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    disabled_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (name, address)
);
