UPDATE counters SET value = 3 WHERE name = 'delivery';
INSERT INTO deliveries (id, subject, queue, sequence, class, message, occasion, lead, audience, channel, lane, due_at,
    state, reason, error, attempts, claim_at, lease_owner, in_doubt, sent_at, remote_id, created_at)
VALUES
    (3, 'MW-3', 'MW-3', 0, 'sync', 'issue_open', '2', NULL, '', 'github:example/crm', 'github', '2026-11-01T08:00:00+00:00',
     'due', NULL, NULL, 0, '2026-11-01T08:00:00+00:00', NULL, FALSE, NULL, NULL, '2026-11-01T08:00:00+00:00');
