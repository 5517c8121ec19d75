INSERT INTO counters (name, value) VALUES ('window', 2), ('event', 1);
INSERT INTO services (id, added_at) VALUES
    ('wiki', '2026-11-01T08:00:00+00:00'), ('jira', '2026-11-01T08:00:00+00:00');
INSERT INTO windows (id, title, kind, services, environment, regions, starts_at, ends_at, zone, downtime_least_s,
    downtime_most_s, downtime_per, downtimes, impact, category, rollback, customers, links, poc, requester, place, state, outcome, sequence,
    sequence_at, revision, actual_start, actual_end, actual_downtime_s, attended_at, no_shows, overruns, published,
    request, told_round, created_at, next_action_at, last_item_number, length_s)
VALUES
    (1, 'Jira 10.3 upgrade', 'scheduled', '["jira","wiki"]', 'production', '["eu"]', '2026-12-06T14:00:00+00:00',
     '2026-12-06T18:00:00+00:00', 'Europe/Helsinki', 3600, 3600, 'tenant', '{"wiki":"15m"}', 'Jira is unavailable', 'security', 'snapshot', '[]',
     '["https://example.com/jira"]', 'mikko', 'anna', 'console', 'completed', 'success', 1, '2026-11-02T08:00:00+00:00', 4,
     '2026-12-06T14:00:00+00:00', '2026-12-06T15:30:00+00:00', 1800, '2026-12-06T13:59:00+00:00', 0, 0, NULL,
     NULL, 1, '2026-11-01T08:00:00+00:00', NULL, 2, 14400),
    (2, 'Monthly break', 'no_downtime', '["wiki"]', 'production', '[]', '2026-12-13T14:00:00+00:00',
     '2026-12-13T18:00:00+00:00', 'UTC', NULL, NULL, NULL, '{}', '', NULL, '', '[]', '[]', NULL, 'anna', 'console', 'scheduled', NULL, 0,
     '2026-11-01T08:00:00+00:00', 0, NULL, NULL, NULL, NULL, 0, 0,
     '{"sequence":0,"starts_at":"2026-12-13T15:00:00Z","ends_at":"2026-12-13T18:00:00Z","zone":"UTC","services":["wiki"],
       "regions":[],"environment":"production","kind":"no_downtime"}',
     '{"sequence":1,"by":"anna","place":"console","at":"2026-11-01T08:00:00Z","reason":"vendor",
       "findings":[{"finding":"always"}],"expires_at":"2026-12-13T14:00:00Z","event":2}',
     0, '2026-11-01T08:00:00+00:00', '2026-12-13T14:00:00+00:00', 0, 14400);
INSERT INTO window_services (window_id, service) VALUES (1, 'jira'), (1, 'wiki'), (2, 'wiki');
INSERT INTO window_regions (window_id, region) VALUES (1, 'eu');
INSERT INTO change_items (window_id, number, text, kind, from_version, to_version, advisories, assignee, parent, done_by,
    done_at, late, created_at)
VALUES
    (1, 1, 'Jira', 'upgrade', NULL, NULL, '[]', NULL, NULL, NULL, NULL, FALSE, '2026-11-03T08:00:00+00:00'),
    (1, 2, 'Jira to 10.3.2', 'security', '9.12', '10.3.2', '["CVE-2026-1234"]', 'mikko', 1, 'mikko',
     '2026-12-06T15:00:00+00:00', TRUE, '2026-11-03T08:00:00+00:00');
INSERT INTO events (id, subject, at, actor, place, what)
VALUES (1, 'MW-1', '2026-11-01T08:00:00+00:00', 'anna', 'console', '{"what":"scheduled"}');
