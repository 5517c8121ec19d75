INSERT INTO refused_mailboxes (address, reason, refused_at) VALUES
    ('gone@example.com', '550 5.1.1 no such user', '2026-11-01T08:00:00+00:00');
