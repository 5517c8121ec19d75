INSERT INTO counters (name, value) VALUES ('series', 1);
INSERT INTO series (id, state, rule, zone, shift_s, length_s, template, made_until, requester, place, created_at,
    next_make_at)
VALUES
    (1, 'active', 'DTSTART:20261213T160000
RRULE:FREQ=MONTHLY;BYDAY=2SU', 'Europe/Helsinki', -3600, 14400,
     '{"title":"Monthly break","kind":"scheduled","services":["wiki"],"environment":"production","regions":[],
       "downtime":"1h","downtimes":{},"impact":"","category":null,"rollback":"","customers":[],"links":[],"poc":null,
       "items":[{"text":"Patches","kind":"os_patches","from_version":null,"to_version":null,"advisories":[],
       "assignee":null,"parent":null}]}',
     '2026-12-13T16:00:00', 'anna', 'console', '2026-11-01T08:00:00+00:00', '2026-12-13T14:00:00+00:00');
UPDATE windows SET series_id = 1, occurrence = '2026-12-13T16:00:00', detached = TRUE WHERE id = 2;
