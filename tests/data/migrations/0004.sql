INSERT INTO counters (name, value) VALUES ('post', 1);
INSERT INTO builtin_channels (name, posts, last_at) VALUES ('general', 1, '2026-11-22T08:00:01+00:00');
INSERT INTO builtin_posts (id, channel, subject, delivery_id, text, posted_at, edited_at)
VALUES (1, 'general', 'MW-1', 1, 'Jira 10.3 upgrade', '2026-11-22T08:00:01+00:00', NULL);
INSERT INTO builtin_issues (subject, title, body, is_open, close_reason, opened_at, updated_at, closed_at)
VALUES ('MW-1', 'MW-1 Jira 10.3 upgrade', '- [x] Jira to 10.3.2', FALSE, 'completed', '2026-11-01T08:00:00+00:00',
        '2026-12-06T15:30:00+00:00', '2026-12-06T15:30:00+00:00');
