INSERT INTO counters (name, value) VALUES ('token', 1);
INSERT INTO answers (key, status, body, at) VALUES ('key-1', 200, '{}', '2026-11-01T08:00:00+00:00');
INSERT INTO repeats (fingerprint, at, subject, event_id, body)
VALUES ('anna: done MW-1 2', '2026-11-01T08:00:00+00:00', 'MW-1', 1, '{}');
INSERT INTO tokens (id, name, hash, role, expires_at, created_at, revoked_at)
VALUES (1, 'ci', '5e884898', 'engineer', '2027-11-01T08:00:00+00:00', '2026-11-01T08:00:00+00:00', NULL);
