-- Addresses at which nobody is, as the server that takes mail said; they get nothing until somebody says so.
CREATE TABLE refused_mailboxes (
    address TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    refused_at TIMESTAMPTZ NOT NULL
);
