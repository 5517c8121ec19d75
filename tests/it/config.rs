//! The configuration: what is read, what holds where nothing is written, and how mistakes are told.

mod check;
mod customers;
mod demo;
mod discord;
mod environment;
mod github;
mod mail;
mod manual;
mod policy;
mod quiet;
mod silence;
mod slack;
mod webhook;
mod working;

use std::path::{Path, PathBuf};

use maintbot::config::{Config, Problem, Problems, known_keys};
use maintbot::domain::access::Role;
use maintbot::domain::calendar::Zone;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::organisation::AutoComplete;
use secrecy::ExposeSecret;

const NO_ENVIRONMENT: [(&str, &str); 0] = [];
const FILE: &str = "maintbot.toml";

fn read(text: &str) -> Result<Config, Problems> {
    Config::from_text(Path::new(FILE), text, NO_ENVIRONMENT)
}

fn with_environment(text: &str, environment: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::from_text(Path::new(FILE), text, environment.iter().copied())
}

fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(text: &str) -> Vec<Problem> {
    read(text).expect_err("this configuration is wrong").0
}

fn lines(text: &str) -> Vec<String> {
    problems(text).iter().map(ToString::to_string).collect()
}

/// The only problem of a text, as printed.
fn problem(text: &str) -> String {
    let all = lines(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.concat()
}

/// The keys of all problems of a text.
fn keys(text: &str) -> Vec<String> {
    problems(text).into_iter().map(|problem| problem.key).collect()
}

/// Announcement, reminders, change list, start, completion and chase of a kind's policy, as written.
fn rules(config: &Config, kind: &str) -> String {
    written(&config.organisation.policies[kind])
}

fn written(policy: &maintbot::domain::organisation::Policy) -> String {
    let remind: Vec<String> = policy.remind.iter().map(ToString::to_string).collect();
    format!(
        "{} [{}] {} {} {} {}m",
        policy.announce,
        remind.join(" "),
        policy.change_list,
        policy.auto_start,
        policy.auto_complete,
        policy.overrun_chase.num_minutes()
    )
}

#[test]
fn without_a_file_everything_has_a_default() {
    let config = Config::load(None, NO_ENVIRONMENT).expect("defaults are good");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_url, None);
    assert_eq!(config.database.url.expose_secret(), "sqlite://maintbot.db");
    let organisation = &config.organisation;
    assert_eq!(organisation.public_url, "http://127.0.0.1:8080");
    assert_eq!((organisation.name.as_str(), organisation.zone.name()), ("Our organisation", "UTC"));
    assert_eq!(organisation.ops.iter().map(ToString::to_string).collect::<Vec<_>>(), ["builtin:ops"]);
    assert!(organisation.services.is_empty() && organisation.regions.is_empty() && organisation.roles.is_none());
    let [everyone] = organisation.audiences.as_slice() else { panic!("one audience") };
    assert_eq!((everyone.name.as_str(), everyone.channels[0].to_string()), ("everyone", "builtin:maintenance".into()));
    assert!(!everyone.internal && everyone.messages.is_none() && everyone.services.is_empty());
    assert_eq!(format!("{:?}", Config::with_defaults()), format!("{config:?}"));
}

#[test]
fn the_kinds_have_the_rules_of_the_lifecycle() {
    let config = Config::with_defaults();
    assert_eq!(rules(&config, "scheduled"), "14d [7d 3d 1d] 7d true false 15m");
    assert_eq!(rules(&config, "emergency"), "at_once [1h] at_once true false 15m");
    assert_eq!(rules(&config, "no_downtime"), "1d [] 7d true false 15m");
    assert_eq!(config.organisation.policies.len(), 3);
}

#[test]
fn a_default_holds_for_each_key_that_is_missing() {
    let config = good("[policy.emergency]\nremind = []\n[policy.scheduled]\nauto_complete = \"at_end\"\n");
    assert_eq!(rules(&config, "emergency"), "at_once [] at_once true false 15m");
    assert_eq!(rules(&config, "scheduled"), "14d [7d 3d 1d] 7d true at_end 15m");
    assert_eq!(config.organisation.policies["scheduled"].auto_complete, AutoComplete::AtEnd);
}

#[test]
fn a_kind_of_ones_own_starts_from_the_defaults_of_scheduled() {
    let config = good("[policy.scheduled]\nannounce = \"21d\"\n[policy.firmware]\noverrun_chase = false\n");
    assert_eq!(rules(&config, "firmware"), "14d [7d 3d 1d] 7d true false 0m");
}

#[test]
fn a_policy_for_one_service_overrides_the_policy_of_its_kind() {
    let config = good(
        "[policy.scheduled]\nannounce = \"21d\"\nauto_start = false\n[policy.scheduled.service.crm]\nremind = [\"2d\"]\n",
    );
    let own = &config.organisation.service_policies[&("scheduled".to_owned(), "crm".to_owned())];
    assert_eq!(written(own), "21d [2d] 7d false false 15m");
}

#[test]
fn everything_that_can_be_written_arrives_in_the_organisation() {
    let config = good(
        r#"
        [server]
        listen = "[::1]:9000"
        public_url = "https://maintenance.example.com/status/"
        [organisation]
        name = "Example Cloud"
        time_zone = "europe/helsinki"
        ops = ["builtin:ops", "log:ops"]
        [[region]]
        id = "eu"
        [[service]]
        id = "crm"
        name = "CRM"
        regions = ["eu"]
        environment = "production"
        time_zone = "Asia/Tokyo"
        [[audience]]
        name = "staff"
        channels = ["builtin:staff"]
        services = ["crm"]
        regions = ["eu"]
        announce = "at_once"
        change_list = "5wd"
        messages = ["change_list", "announcement"]
        internal = true
        [people.anna]
        time_zone = "Europe/Lisbon"
        [roles]
        viewer = ["*"]
        admin = ["anna"]
        "#,
    );
    let organisation = &config.organisation;
    assert_eq!(organisation.public_url, "https://maintenance.example.com/status");
    assert_eq!((organisation.zone.name(), organisation.working.zone.name()), ("Europe/Helsinki", "Europe/Helsinki"));
    assert_eq!(organisation.ops.len(), 2);
    assert_eq!(organisation.regions["eu"].name, "eu");
    let crm = &organisation.services["crm"];
    assert_eq!((crm.name.as_str(), crm.environment.as_deref()), ("CRM", Some("production")));
    assert_eq!(crm.zone.as_ref().map(Zone::name), Some("Asia/Tokyo"));
    let [staff] = organisation.audiences.as_slice() else { panic!("one audience") };
    assert_eq!(staff.announce.map(|lead| lead.to_string()).as_deref(), Some("at_once"));
    assert_eq!((staff.remind.as_ref(), staff.change_list.map(|lead| lead.to_string())), (None, Some("5wd".into())));
    assert!(staff.internal && staff.wants(MessageKind::ChangeList) && !staff.wants(MessageKind::Reminder));
    assert_eq!(organisation.people["anna"].zone.as_ref().map(Zone::name), Some("Europe/Lisbon"));
    let roles = organisation.roles.as_ref().expect("roles are written");
    assert_eq!((roles[&Role::Admin].as_slice(), roles.len()), (&["anna".to_owned()][..], 2));
}

#[test]
fn an_unknown_key_names_file_line_and_nearest_key() {
    let text = "[server]\n\n[policy.scheduled]\nannouncee = \"14d\"\n";
    assert_eq!(
        problem(text),
        "maintbot.toml:4: unknown key `announcee` in [policy.scheduled]; did you mean `announce`?"
    );
    let found = &problems(text)[0];
    assert_eq!((found.line, found.column, found.key.as_str()), (Some(4), Some(1), "policy.scheduled.announcee"));
}

#[test]
fn an_unknown_section_names_those_that_there_are() {
    assert_eq!(
        problem("[organization]\nname = \"x\"\n"),
        "maintbot.toml:1: unknown section [organization]; did you mean `organisation`?"
    );
    let other = problem("\n[telegraph]\ntoken = \"hunter2\"\n");
    assert!(
        other.starts_with("maintbot.toml:2: unknown section [telegraph]; this version knows server, database,"),
        "{other}"
    );
    assert!(!other.contains("hunter2"));
}

#[test]
fn keys_of_features_that_this_version_lacks_are_unknown() {
    for (text, key) in [
        ("[[freeze]]\ntitle = \"Year end\"", "freeze"),
        ("[prometheus]\nurl = \"http://p\"\ntoken = \"x\"", "prometheus.token"),
    ] {
        let found = problems(text);
        assert_eq!(found.iter().map(|p| p.key.as_str()).collect::<Vec<_>>(), [key], "{text}");
        assert!(found[0].message.contains("unknown") && found[0].hint.is_some(), "{}", found[0]);
    }
}

#[test]
fn a_key_outside_its_section_is_sent_home() {
    assert_eq!(
        problem("listen = \"127.0.0.1:1\"\n"),
        "maintbot.toml:1: unknown key `listen` outside any section; it belongs in [server]"
    );
}

#[test]
fn all_errors_come_at_once_in_the_order_of_the_file() {
    let text = r#"[server]
listen = "localhost:8080"
public_url = "ftp://example.com"

[organisation]
time_zone = "Europe/Helsinky"
ops = ["slack:#ops", "tracker:builtin"]

[[service]]
id = "CRM"

[[service]]
name = 7

[policy.scheduled]
announce = "two weeks"
remind = ["7d", "0d"]
auto_start = "yes"
auto_complete = true
overrun_chase = "0m"

[[audience]]
name = "staff"
channels = []
messages = ["anouncement", "starting"]

[roles]
boss = ["anna"]
"#;
    let expected = [
        "maintbot.toml:2: `listen` in [server]: `localhost:8080` is not an address and a port; write 127.0.0.1:8080",
        "maintbot.toml:3: `public_url` in [server]: the address must begin with http:// or https://; write for example https://maintenance.example.com",
        "maintbot.toml:6: `time_zone` in [organisation]: \"Europe/Helsinky\" is not a time zone; did you mean Europe/Helsinki?",
        "maintbot.toml:7: `ops` in [organisation]: `slack:#ops` cannot be reached without Slack; add [slack] with bot_token, and with signing_secret or app_token",
        "maintbot.toml:7: `ops` in [organisation]: `tracker:builtin` holds change lists and nobody reads there; write builtin:NAME",
        "maintbot.toml:10: `id` in [[service]]: `CRM` is not made of lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most 64; write `crm`",
        "maintbot.toml:12: [[service]] needs `id`; write id = \"crm\"",
        "maintbot.toml:13: `name` in [[service]]: text in quotes is wanted here, not a number; write name = \"CRM\"",
        "maintbot.toml:16: `announce` in [policy.scheduled]: \"two weeks\" is not a lead time: it starts with a number; write for example 14d, 12h, 15m, 7d@09:00 or 5wd (working days); or `at_once`",
        "maintbot.toml:17: `remind` in [policy.scheduled]: \"0d\" is not a lead time: it cannot be zero; write for example 14d, 12h, 15m, 7d@09:00 or 5wd (working days)",
        "maintbot.toml:18: `auto_start` in [policy.scheduled]: true or false, without quotes, is wanted here, not text; write auto_start = true",
        "maintbot.toml:19: `auto_complete` in [policy.scheduled]: false, \"all_done\" or \"at_end\" is wanted here, not true; write auto_complete = \"all_done\"",
        "maintbot.toml:20: `overrun_chase` in [policy.scheduled]: a length of zero is none; write for example 4h, 90m or 1d 4h; or false to turn it off",
        "maintbot.toml:24: `channels` in [[audience]]: the list is empty; write channels = [\"builtin:maintenance\"]",
        "maintbot.toml:25: `messages` in [[audience]]: `anouncement` is not a message; did you mean `announcement`? There are announcement, reminder, change_list, change_list_update, started, moved, extended, cancelled, completed, note, advisory",
        "maintbot.toml:25: `messages` in [[audience]]: `starting` is not for audiences; did you mean `started`? There are announcement, reminder, change_list, change_list_update, started, moved, extended, cancelled, completed, note, advisory",
        "maintbot.toml:28: unknown key `boss` in [roles]; this version knows viewer, engineer, scheduler, approver, admin",
    ];
    assert_eq!(lines(text), expected);
}

#[test]
fn services_and_regions_named_elsewhere_must_exist_once_any_is_declared() {
    let text = r#"
[[region]]
id = "eu"
[[service]]
id = "crm"
regions = ["us"]
[policy.scheduled.service.cmr]
announce = "1d"
[[audience]]
name = "a"
channels = ["builtin:a"]
services = ["wiki"]
regions = ["eu"]
"#;
    assert_eq!(
        lines(text),
        [
            "maintbot.toml:6: `regions` in [[service]]: no [[region]] has the id `us`; add a [[region]] with id = \"us\"",
            "maintbot.toml:7: the name of a service: no [[service]] has the id `cmr`; did you mean `crm`?",
            "maintbot.toml:12: `services` in [[audience]]: no [[service]] has the id `wiki`; add a [[service]] with id = \"wiki\"",
        ]
    );
    good(
        "[[audience]]\nname = \"a\"\nchannels = [\"builtin:a\"]\nservices = [\"anything\"]\nregions = [\"anywhere\"]\n",
    );
}

#[test]
fn an_id_is_there_once_and_ops_is_no_audience() {
    let twice = "[[service]]\nid = \"crm\"\n[[service]]\nid = \"crm\"\n";
    assert_eq!(
        problem(twice),
        "maintbot.toml:4: `id` in [[service]]: `crm` is there already, at line 2; each needs its own"
    );
    assert!(problem("[[audience]]\nname = \"ops\"\nchannels = [\"builtin:x\"]\n").contains("internal messages"));
    assert!(problem("[organisation]\nops = [\"builtin:a\", \"builtin:a\"]\n").contains("`builtin:a` is there twice"));
    assert!(problem("[policy.Own]\n").contains("write `own`"));
    assert!(problem("[people.\"a b\"]\n").contains("write `a-b`"));
}

#[test]
fn a_section_of_the_wrong_shape_is_told_how_to_be_written() {
    assert!(problem("[service]\nid = \"crm\"\n").contains("`service` is written as [[service]], once for each"));
    assert!(problem("server = 3\n").contains("[server] must be a section with keys, not a number"));
    assert!(problem("[[server]]\n").contains("[server] must be a section with keys, not a list"));
    assert!(problem("policy = true\n").contains("[policy.<name>] must be a section"));
    assert!(problem("service = [\"crm\"]\n").contains("[[service]] must be a section with keys, not text"));
    assert!(problem("[organisation]\nops = \"builtin:ops\"\n").ends_with("write ops = [\"builtin:ops\"]"));
}

#[test]
fn text_that_is_not_toml_is_told_with_its_line() {
    let found = lines("[server]\nlisten = \"127.0.0.1:1\n[database]\nurl = \n");
    assert!(found[0].starts_with("maintbot.toml:2: this is not TOML: "), "{found:#?}");
    assert!(found.iter().any(|line| line.starts_with("maintbot.toml:4: this is not TOML: ")), "{found:#?}");
    let twice = problem("[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"\n");
    assert!(twice.starts_with("maintbot.toml:3: this is not TOML: duplicate key"), "{twice}");
    assert_eq!(good("\u{feff}[server]\r\nlisten = \"127.0.0.1:1\"\r\n").server.listen.port(), 1);
}

#[test]
fn listen_and_public_url_say_what_to_write() {
    for (listen, hint) in
        [("8080", "0.0.0.0:8080"), (":80", "0.0.0.0:80"), ("localhost:1", "127.0.0.1:1"), ("x", "[::1]:8080")]
    {
        assert!(problem(&format!("[server]\nlisten = \"{listen}\"\n")).contains(hint), "{listen}");
    }
    for url in
        ["example.com", "https://", "https:///x", "https://a b", "https://u:hunter2@h", "http://h:99999", "http://h/?q"]
    {
        let told = problem(&format!("[server]\npublic_url = \"{url}\"\n"));
        assert!(told.contains("https://maintenance.example.com") && !told.contains("hunter2"), "{told}");
    }
    for url in ["http://localhost:8080", "https://[::1]/", "HTTPS://example.com/a/b/"] {
        let config = good(&format!("[server]\npublic_url = \"{url}\"\n"));
        assert_eq!(config.organisation.public_url, url.trim_end_matches('/'));
    }
}

#[test]
fn support_is_a_mail_or_a_web_address() {
    for wrong in
        ["help", "@example.com", "help@example", "a b@example.com", "help@example.com?cc=x", "javascript://x", ""]
    {
        let told = problem(&format!("[organisation]\nsupport = \"{wrong}\"\n"));
        assert!(told.contains("`support`") && told.contains("https://support.example.com"), "{wrong}: {told}");
    }
    for (good_one, kept) in [
        ("help@example.com", "help@example.com"),
        ("mailto:help@example.com", "help@example.com"),
        ("https://example.com/support/", "https://example.com/support"),
    ] {
        let config = good(&format!("[organisation]\nsupport = \"{good_one}\"\n"));
        assert_eq!(config.organisation.support.as_deref(), Some(kept));
    }
    assert_eq!(Config::with_defaults().organisation.support, None);
}

#[test]
fn the_public_address_follows_the_address_that_was_bound_unless_it_is_written() {
    let real = "127.0.0.1:4711".parse().expect("an address");
    let mut derived = good("[server]\nlisten = \"0.0.0.0:0\"\n");
    assert_eq!(derived.organisation.public_url, "http://127.0.0.1:0");
    derived.bound_to(real);
    assert_eq!((derived.server.listen, derived.organisation.public_url.as_str()), (real, "http://127.0.0.1:4711"));
    let mut written = good("[server]\npublic_url = \"https://example.com\"\n");
    written.bound_to(real);
    assert_eq!(written.organisation.public_url, "https://example.com");
}

#[test]
fn a_file_that_cannot_be_used_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |name: &str, bytes: Option<&[u8]>| {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).expect("written");
        }
        let told = Config::load(Some(&path), NO_ENVIRONMENT).expect_err("wrong").to_string();
        told.replace(&folder.path().display().to_string(), "")
    };
    assert!(told("none.toml", None).starts_with("/none.toml: there is no such file; "));
    assert!(told("large.toml", Some(&vec![b'#'; 1024 * 1024 + 1])).contains("larger than 1 MiB"));
    assert!(told("latin.toml", Some(b"[server]\n# caf\xe9\n")).starts_with("/latin.toml:2: the file is not UTF-8"));
    assert!(told("", None).contains("cannot be read"));
}

#[test]
fn the_file_is_found_by_name_then_by_variable_then_in_the_working_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    let named = |name: &str| Some(PathBuf::from(name));
    let find = |explicit, variable| Config::find(explicit, variable, folder.path());
    assert_eq!(find(None, None), None);
    std::fs::write(folder.path().join(FILE), "").expect("written");
    assert_eq!(find(None, None), Some(folder.path().join(FILE)));
    assert_eq!(find(None, named("")), Some(folder.path().join(FILE)));
    assert_eq!(find(None, named("b.toml")), named("b.toml"));
    assert_eq!(find(named("a.toml"), named("b.toml")), named("a.toml"));
}

#[test]
fn what_a_file_holds_cannot_forge_a_line_of_output() {
    let told = problem("[organisation]\ntime_zone = \"x\\nmaintbot.toml:1: all is well\\u001b[2J\"\n");
    assert!(!told.contains('\n') && !told.contains('\u{1b}'), "{told}");
    let long = problem(&format!("[server]\nlisten = \"{}\"\n", "x".repeat(100_000)));
    assert!(long.len() < 2_000);
    let many = (0..5_000).map(|n| format!("key-{n} = 1\n")).collect::<Vec<_>>().concat();
    assert_eq!(lines(&many).len(), 101);
    assert_eq!(lines(&many)[100], "maintbot.toml: 4900 more problems are not shown");
}

#[test]
fn the_roles_that_can_be_written_are_those_that_there_are() {
    let written: Vec<&str> = known_keys().filter(|(section, _)| *section == "[roles]").map(|(_, key)| key).collect();
    assert_eq!(written, Role::words());
}

#[test]
fn a_digest_is_told_on_mondays_to_ops_where_nothing_else_is_written() {
    let digest = |text: &str| good(text).organisation.digest.expect("a digest");
    let shown = |text: &str| {
        let digest = digest(text);
        let channels: Vec<String> = digest.channels.iter().map(ToString::to_string).collect();
        (digest.times.words(), channels.join(" "))
    };
    assert_eq!(good("").organisation.digest, None);
    assert_eq!(shown("[digest]\n"), ("every Monday at 09:00".into(), "builtin:ops".into()));
    assert_eq!(
        shown("[digest]\ncron = \"30 8 1 * *\"\nchannels = [\"builtin:leads\", \"log:leads\"]\n").1,
        "builtin:leads log:leads"
    );
    let twice = [digest("[digest]\n"), digest("[digest]\ncron = \"0 9 * * 1\"\n")];
    assert_eq!(twice[0], twice[1], "the same times are the same value at each start");
}

#[test]
fn what_is_no_digest_is_refused_with_what_to_write() {
    let monday = "write for example cron = \"0 9 * * Mon\"";
    for (text, parts) in [
        ("cron = \"*/5 * * * *\"", ["`cron` in [digest]: `*/5 * * * *` comes more than once an hour", monday]),
        ("cron = \"mondays\"", ["cron has five fields (minute, hour, day, month, weekday), not 1", monday]),
        ("cron = \"0 9 1 * Mon\"", ["`cron` in [digest]: ", "BYDAY=MO"]),
        ("cron = \"0 9 30 2 *\"", ["`cron` in [digest]: ", "; "]),
        ("channels = []", ["`channels` in [digest]: the list is empty", "write channels = [\"builtin:ops\"]"]),
        ("channels = [\"slack:#ops\"]", ["`channels` in [digest]: `slack:#ops` cannot be reached", "add [slack]"]),
        ("day = \"Monday\"", ["unknown key `day` in [digest]", "cron, channels"]),
    ] {
        let found = problem(&format!("[digest]\n{text}\n"));
        assert!(found.starts_with("maintbot.toml:2: ") && parts.iter().all(|part| found.contains(part)), "{found}");
    }
}
