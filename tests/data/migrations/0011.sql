INSERT INTO github_issues (repository, number, remote, subject, role, item, body, seen_at, is_open, left_open, locked, gone)
VALUES
    ('example/crm', 7, 3011, 'MW-1', 'list', 0, '- [x] Jira to 10.3.2', '2026-12-06T15:30:00+00:00', FALSE, FALSE, TRUE, FALSE),
    ('example/crm', 8, 3012, 'MW-1', 'item', 2, 'Wiki to 9', '2026-12-06T15:00:00+00:00', TRUE, TRUE, FALSE, FALSE);
INSERT INTO github_comments (subject, repository, what, remote) VALUES ('MW-1', 'example/crm', 'status', 5001);
INSERT INTO github_conversations (repository, thread, reply, reaction, runs, done)
VALUES ('example/crm', 'comment/123', 5002, NULL, '[{"line":"/maintenance done 3","nth":0,"ok":true,"said":"Done."}]', FALSE);
INSERT INTO marks (name, value) VALUES ('github:etag:example/crm', 'W/"7"');
