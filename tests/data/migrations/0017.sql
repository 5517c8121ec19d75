INSERT INTO digests (channel, rule, next_at) VALUES ('builtin:ops', 'Europe/Helsinki DTSTART:20200106T090000 CRON:0 9 * * 1', '2026-11-23T07:00:00+00:00');
