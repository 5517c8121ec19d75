INSERT INTO counters (name, value) VALUES ('freeze', 2);
INSERT INTO freezes (id, title, first_day, last_day, services, regions, kinds, added_by, created_at, removed_at)
VALUES
    (1, 'Fair', '2026-12-01', '2026-12-02', '[]', '[]', '[]', 'anna', '2026-11-01T08:00:00+00:00',
     '2026-11-02T08:00:00+00:00'),
    (2, 'Year end', '2026-12-18', '2027-01-07', '["wiki"]', '["eu"]', '["scheduled"]', 'anna',
     '2026-11-01T08:00:00+00:00', NULL);
