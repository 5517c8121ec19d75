//! The keys that this version knows, section by section: the one place that says so.

/// A section and its keys.
pub(super) struct Known {
    /// How the section is written, with `<…>` for names of one's own; empty for the top of the file.
    pub(super) title: &'static str,
    pub(super) keys: &'static [&'static str],
}

pub(super) const TOP: Known = Known {
    title: "",
    keys: &[
        "server",
        "database",
        "organisation",
        "region",
        "service",
        "policy",
        "audience",
        "customer",
        "people",
        "roles",
        "prometheus",
        "github",
        "slack",
        "discord",
        "alertmanager",
        "pagerduty",
        "webhook",
        "smtp",
        "statuspage",
        "status_page",
        "templates",
        "digest",
    ],
};
pub(super) const SERVER: Known = Known { title: "[server]", keys: &["listen", "public_url"] };
pub(super) const DATABASE: Known = Known { title: "[database]", keys: &["url", "url_file"] };
pub(super) const ORGANISATION: Known = Known {
    title: "[organisation]",
    keys: &[
        "name",
        "time_zone",
        "working_week",
        "working_hours",
        "holidays",
        "holidays_file",
        "ops",
        "support",
        "language",
    ],
};
pub(super) const REGION: Known = Known {
    title: "[[region]]",
    keys: &["id", "name", "time_zone", "working_week", "working_hours", "holidays", "holidays_file"],
};
pub(super) const SERVICE: Known = Known {
    title: "[[service]]",
    keys: &[
        "id",
        "name",
        "regions",
        "environment",
        "time_zone",
        "quiet_hours",
        "quiet_query",
        "repository",
        "alert_matchers",
        "pagerduty",
        "statuspage_component",
    ],
};
pub(super) const POLICY: Known = Known {
    title: "[policy.<kind>]",
    keys: &[
        "notice",
        "approval",
        "announce",
        "remind",
        "reminders_on",
        "change_list",
        "auto_start",
        "auto_complete",
        "overrun_chase",
        "service",
    ],
};
pub(super) const SERVICE_POLICY: Known = Known {
    title: "[policy.<kind>.service.<id>]",
    keys: &[
        "notice",
        "approval",
        "announce",
        "remind",
        "reminders_on",
        "change_list",
        "auto_start",
        "auto_complete",
        "overrun_chase",
    ],
};
pub(super) const AUDIENCE: Known = Known {
    title: "[[audience]]",
    keys: &[
        "name",
        "channels",
        "services",
        "regions",
        "announce",
        "remind",
        "change_list",
        "messages",
        "send_hours",
        "time_zone",
        "internal",
        "mention",
        "language",
        "style",
    ],
};
pub(super) const CUSTOMER: Known =
    Known { title: "[[customer]]", keys: &["id", "name", "services", "regions", "contacts", "owner"] };
pub(super) const PERSON: Known =
    Known { title: "[people.<id>]", keys: &["time_zone", "github", "slack", "discord", "email"] };
pub(super) const ROLES: Known =
    Known { title: "[roles]", keys: &["viewer", "engineer", "scheduler", "approver", "admin"] };
pub(super) const PROMETHEUS: Known = Known { title: "[prometheus]", keys: &["url"] };
pub(super) const GITHUB: Known = Known {
    title: "[github]",
    keys: &[
        "api_url",
        "app_id",
        "private_key",
        "private_key_file",
        "token",
        "token_file",
        "webhook_secret",
        "webhook_secret_file",
        "repositories",
        "poll",
        "sub_issues",
    ],
};
pub(super) const SLACK: Known = Known {
    title: "[slack]",
    keys: &[
        "api_url",
        "bot_token",
        "bot_token_file",
        "signing_secret",
        "signing_secret_file",
        "app_token",
        "app_token_file",
        "workspace",
    ],
};
pub(super) const SLACK_WORKSPACE: Known = Known {
    title: "[[slack.workspace]]",
    keys: &[
        "id",
        "bot_token",
        "bot_token_file",
        "signing_secret",
        "signing_secret_file",
        "app_token",
        "app_token_file",
    ],
};
pub(super) const DIGEST: Known = Known { title: "[digest]", keys: &["cron", "channels"] };
pub(super) const DISCORD: Known = Known {
    title: "[discord]",
    keys: &["api_url", "bot_token", "bot_token_file", "application_id", "public_key", "guilds", "gateway", "events"],
};
pub(super) const SMTP: Known = Known {
    title: "[smtp]",
    keys: &[
        "host",
        "port",
        "tls",
        "username",
        "password",
        "password_file",
        "from",
        "reply_to",
        "ca_file",
        "per_domain",
        "calendar_method",
    ],
};

pub(super) const ALERTMANAGER: Known = Known {
    title: "[alertmanager]",
    keys: &["url", "label", "username", "password", "password_file", "bearer_token", "bearer_token_file"],
};
pub(super) const PAGERDUTY: Known = Known { title: "[pagerduty]", keys: &["api_url", "token", "token_file", "from"] };

pub(super) const WEBHOOK: Known = Known {
    title: "[[webhook]]",
    keys: &[
        "name",
        "url",
        "secret",
        "secret_file",
        "previous_secret",
        "previous_secret_file",
        "allow_private",
        "format",
    ],
};

pub(super) const STATUSPAGE: Known =
    Known { title: "[statuspage]", keys: &["api_url", "page_id", "api_key", "api_key_file", "notify"] };
pub(super) const STATUS_PAGE: Known = Known {
    title: "[[status_page]]",
    keys: &[
        "name",
        "url",
        "secret",
        "secret_file",
        "headers",
        "create",
        "create_body",
        "update",
        "update_body",
        "delete",
        "delete_body",
        "id",
        "list",
        "list_items",
        "notify",
    ],
};

pub(super) const TEMPLATES: Known = Known { title: "[templates]", keys: &["folder"] };

const SECTIONS: &[&Known] = &[
    &SERVER,
    &DATABASE,
    &ORGANISATION,
    &REGION,
    &SERVICE,
    &POLICY,
    &SERVICE_POLICY,
    &AUDIENCE,
    &CUSTOMER,
    &PERSON,
    &ROLES,
    &PROMETHEUS,
    &GITHUB,
    &SLACK,
    &SLACK_WORKSPACE,
    &DIGEST,
    &DISCORD,
    &ALERTMANAGER,
    &PAGERDUTY,
    &WEBHOOK,
    &SMTP,
    &STATUSPAGE,
    &STATUS_PAGE,
    &TEMPLATES,
];

/// Every key that is accepted, with the section it stands in as it is written: `("[server]", "listen")`.
pub fn known_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = SECTIONS.iter().flat_map(|section| section.keys.iter().map(|key| (section.title, *key)));
    // Sections of their own: a policy's `service`, and the blocks of Slack's workspaces.
    rows.filter(|row| ![(POLICY.title, "service"), (SLACK.title, "workspace")].contains(row))
}

/// The one section that knows this key, where exactly one does.
pub(super) fn home_of(key: &str) -> Option<&'static str> {
    let mut homes = SECTIONS.iter().filter(|section| section.keys.contains(&key));
    let home = homes.next()?;
    homes.next().is_none().then_some(home.title)
}

/// The candidate that looks most like what was written, when one does.
pub(super) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this likeness (1 is equal) a suggestion puzzles more than it helps.
    const ALIKE: f64 = 0.6;
    let written: String = written.chars().take(64).collect::<String>().to_lowercase().replace('-', "_");
    let scored = candidates
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&written, &name.replace('-', "_")), name));
    let best =
        scored.filter(|(score, _)| *score >= ALIKE).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, name)| name)
}
