INSERT INTO counters (name, value) VALUES ('inbound', 3);
INSERT INTO inbox (source, id, position, line, body, received_at, state, attempts, claim_at, lease_owner, in_doubt, error,
    done_at)
VALUES
    ('github', 'guid-1', 1, 'github:example/crm#7', '', '2026-12-06T14:00:00+00:00', 'done', 1,
     '2026-12-06T14:01:00+00:00', NULL, FALSE, NULL, '2026-12-06T14:00:01+00:00'),
    ('github', 'guid-2', 2, 'github:example/crm#7', '{"action":"edited"}', '2026-12-06T14:00:02+00:00', 'working', 1,
     '2026-12-06T14:01:02+00:00', 'worker', FALSE, NULL, NULL),
    ('github', 'guid-3', 3, 'github:example/crm#8', '{"action":"closed"}', '2026-12-06T14:00:03+00:00', 'waiting', 1,
     '2026-12-06T14:00:30+00:00', NULL, TRUE, '502', NULL);
