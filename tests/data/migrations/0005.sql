INSERT INTO counters (name, value) VALUES ('plan', 1), ('question PL-1', 2);
INSERT INTO plans (id, title, state, held, requester, place, created_at, published_at, sequence, sequence_at)
VALUES (1, 'Move to the cloud', 'published', '{"by":"mikko","at":"2026-12-06T16:00:00Z","reason":"disk"}', 'anna',
        'console', '2026-11-01T08:00:00+00:00', '2026-11-02T08:00:00+00:00', 1, '2026-11-03T08:00:00+00:00');
UPDATE windows SET plan_id = 1 WHERE id = 1;
INSERT INTO questions (subject, number, question, answer, answered_by, answered_at)
VALUES ('PL-1', 2, 'Will my links break?', 'No', 'anna', '2026-11-02T08:00:00+00:00');
