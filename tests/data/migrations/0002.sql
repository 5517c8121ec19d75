INSERT INTO counters (name, value) VALUES ('delivery', 2);
INSERT INTO deliveries (id, subject, queue, sequence, class, message, occasion, lead, audience, channel, due_at,
    state, reason, error, attempts, claim_at, lease_owner, in_doubt, sent_at, remote_id, created_at)
VALUES
    (1, 'MW-1', 'MW-1', 1, 'message', 'announcement', '14d', '14d', 'customers', 'builtin:general',
     '2026-11-22T08:00:00+00:00', 'sent', NULL, NULL, 1, '2026-11-22T08:01:00+00:00', NULL, FALSE,
     '2026-11-22T08:00:01+00:00', '1', '2026-11-01T08:00:00+00:00'),
    (2, 'MW-2', 'MW-2', 0, 'sync', 'issue_open', '2', NULL, '', 'tracker:builtin', '2026-11-01T08:00:00+00:00', 'due', NULL,
     NULL, 0, '2026-11-01T08:00:00+00:00', NULL, FALSE, NULL, NULL, '2026-11-01T08:00:00+00:00');
