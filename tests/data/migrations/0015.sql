UPDATE counters SET value = 4711 WHERE name = 'subscriptions';
INSERT INTO counters (name, value) VALUES ('subscription', 2);
INSERT INTO subscriptions (id, channel, services, regions, since, wish, asked_at, token, token_hash, created_by,
    created_at, changed, plan_after)
VALUES
    (1, 'slack:#ce', '["wiki"]', '[]', '2026-11-01T08:00:00+00:00', NULL, NULL, 'token-1', 'hash-1', 'anna',
     '2026-11-01T08:00:00+00:00', 4711, 3),
    (2, 'email:anna@example.com', '[]', '[]', NULL,
     '{"choice":{"services":["wiki"],"regions":["eu"]},"asked_at":"2026-11-01T08:00:00Z","asks":1}',
     '2026-11-01T08:00:00+00:00', 'token-2', 'hash-2', 'the public page', '2026-11-01T08:00:00+00:00', 0, NULL);
