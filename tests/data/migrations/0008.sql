INSERT INTO told (window_id, round, customer, told_by, told_at)
VALUES (1, 1, 'ACME', 'mikko', '2026-11-23T08:00:00+00:00');
