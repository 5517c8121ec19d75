INSERT INTO counters (name, value) VALUES ('advisory', 2);
INSERT INTO advisories (id, title, ids, severity, disposition, services, window_id, details, public, publish_at,
    published_at, withdrawn_at, withdrawn_because, requester, place, created_at)
VALUES
    (1, 'OpenSSL', '["CVE-2026-0001","GHSA-1"]', 'critical', 'mitigated', '["jira","wiki"]', NULL, 'rce', 'Keys were safe.',
     '2026-12-01T12:00:00+00:00', NULL, NULL, '', 'anna', 'console', '2026-11-01T08:00:00+00:00'),
    (2, 'Wiki', '[]', NULL, 'patched', '["wiki"]', 1, '', '', NULL, '2026-11-02T08:00:00+00:00',
     '2026-11-03T08:00:00+00:00', 'wrong', 'anna', 'console', '2026-11-02T08:00:00+00:00');
INSERT INTO advisory_fixes (advisory_id, service, window_id, item, after_at, fixed_at)
VALUES
    (1, 'jira', 1, 2, '2026-11-01T08:00:00+00:00', '2026-12-06T18:00:00+00:00'),
    (1, 'wiki', NULL, NULL, '2026-11-01T08:00:00+00:00', NULL);
INSERT INTO advisory_items (advisory_id, window_id, item) VALUES (1, 1, 2);
