INSERT INTO webhooks_disabled (name, address, disabled_at) VALUES ('crm', '5e884898', '2026-11-01T08:00:00+00:00');
