INSERT INTO traffic (service, measured_at, loads) VALUES ('wiki', '2026-11-01T08:00:00+00:00', '[1.5,2.0]');
