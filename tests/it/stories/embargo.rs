//! Under embargo nothing of an advisory is public: every page, every route of the API without a token, every public post,
//! every change list, everything logged and every reply to people who only read are searched for marked words before and
//! after it ends.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use maintbot::domain::access::{Actor, Role};
use maintbot::domain::ledger::DeliveryState;
use maintbot::service::Answer;
use maintbot::web::{self, Web};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::bot::{Bot, story};
use crate::log::Log;

const CONFIG: &str = r#"
[organisation]
time_zone = "UTC"
ops = ["builtin:ops", "log:ops"]

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "wiki"
name = "Wiki"

[[service]]
id = "vpn"
name = "VPN"

[policy.scheduled]
announce = "at_once"
remind = ["7d", "1d"]
change_list = "at_once"

[policy.emergency]
notice = "12h"
approval = ["short_notice"]
remind = ["1h"]

[[audience]]
name = "customers"
channels = ["builtin:maintenance", "log:customers"]
messages = ["announcement", "reminder", "change_list", "change_list_update", "started", "completed", "moved",
    "cancelled", "extended", "note", "advisory"]

[[audience]]
name = "staff"
channels = ["builtin:staff", "builtin:shared", "log:staff"]
internal = true

[[audience]]
name = "partners"
channels = ["builtin:shared"]
"#;

/// In every title, id, public text and detail; compared in small letters.
const MARK: &str = "zq";
const TITLE: &str = "zqtitle";
const PUBLIC: &str = "zqpublic";
const DETAILS: &str = "zqdetails";
const PUBLIC_CHANNELS: [&str; 2] = ["maintenance", "shared"];
const FAR: &str = "203.0.113.7:50000";

/// Every path that the sources route, so that a new one is looked at without anybody thinking of it.
fn routes() -> Vec<String> {
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
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        let after = text.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
        let paths = after.filter_map(|rest| rest.split('"').next()).filter(|path| path.starts_with('/'));
        found.extend(paths.map(str::to_owned));
    }
    found.sort();
    found.dedup();
    for known in ["/", "/advisories/{id}", "/windows/{id}", "/api/v1/advisories/{id}", "/console", "/readyz"] {
        assert!(found.iter().any(|path| path == known), "{known} is not among {found:?}");
    }
    found
}

/// A path with a value in the place of each of its parameters.
fn filled(route: &str, value: &str) -> String {
    match route.split_once('{') {
        None => route.to_owned(),
        Some((start, rest)) => {
            let end = rest.split_once('}').map_or("", |(_, end)| end);
            format!("{start}{value}{}", filled(end, value))
        }
    }
}

/// The paths with everything in the place of their parameters that there is.
fn paths() -> Vec<String> {
    let ids = ["MW-1", "MW-2", "MW-3", "PL-1", "SR-1", "FR-1", "AD-1", "AD-2", "AD-3", "vpn", "jira"];
    let names = ["maintenance", "shared", "staff", "ops", "vpn", "jira"];
    let mut all = Vec::new();
    for route in routes() {
        if !route.contains('{') {
            all.push(route);
            continue;
        }
        all.extend(ids.iter().chain(&names).map(|value| filled(&route, value)));
    }
    all
}

/// What anybody gets from far away and without a token, at every path.
async fn all_pages(bot: &Bot) -> Vec<(String, String)> {
    let web = Web { service: bot.parts.service.clone(), mover: None, stop: CancellationToken::new() };
    let app = web::router(web, Router::new());
    let mut pages = Vec::new();
    for path in paths() {
        let request = Request::builder().uri(&path).header(header::HOST, "status.example.com");
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(ConnectInfo(FAR.parse::<SocketAddr>().expect("an address")));
        let response = app.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        pages.push((path, format!("{parts:?}\n{}", String::from_utf8_lossy(&body))));
    }
    pages
}

/// What people who only read are answered, and everybody where others read along.
async fn all_replies(bot: &Bot) -> Vec<(String, String)> {
    let mut lines: Vec<String> =
        ["list --all", "next", "calendar", "advisory list", "freeze list", "plan show"].map(String::from).to_vec();
    for window in ["MW-1", "MW-2", "MW-3"] {
        for verb in ["show", "history", "reminders"] {
            lines.push(format!("{verb} {window}"));
        }
        for message in ["announcement", "advisory", "reminder", "change_list", "started", "completed", "cancelled"] {
            lines.push(format!("preview {window} {message}"));
        }
    }
    lines.extend(["AD-1", "AD-2", "AD-3"].map(|id| format!("advisory show {id}")));
    let mut replies = Vec::new();
    for line in lines {
        for (place, role) in [("console", Role::Viewer), ("github:example/crm#7", Role::Admin)] {
            let text = match bot.run_in(place, Actor::with_role("carol", role), &line, None).await {
                Answer::Done(reply) => serde_json::to_string(&reply).expect("JSON"),
                Answer::Refused(refused) => format!("{} {:?}", refused.message.plain(), refused.hint),
            };
            replies.push((format!("{role} in {place}: {line}"), text));
        }
    }
    replies
}

/// Everything public, each with where it stands.
async fn public(bot: &Bot, log: &Log) -> Vec<(String, String)> {
    let mut all = all_pages(bot).await;
    all.extend(all_replies(bot).await);
    for channel in PUBLIC_CHANNELS {
        all.push((format!("#{channel}"), bot.texts(channel).await.join("\n")));
    }
    for (issue, _) in bot.parts.service.issues(false, 100).await.expect("readable") {
        all.push((format!("the change list of {}", issue.subject), format!("{}\n{}", issue.title, issue.body)));
    }
    all.push(("the log".into(), log.text()));
    for (_, text) in &mut all {
        *text = text.to_lowercase();
    }
    all
}

/// Nothing that is marked stands anywhere public.
async fn is_silent(bot: &Bot, log: &Log, when: &str) {
    for (place, text) in public(bot, log).await {
        assert!(!text.contains(MARK), "{when}, {place}:\n{text}");
    }
}

/// How many posts of a public channel hold a word.
async fn heard(bot: &Bot, channel: &str, word: &str) -> usize {
    bot.texts(channel).await.iter().filter(|text| text.to_lowercase().contains(word)).count()
}

#[tokio::test]
async fn under_embargo_nothing_is_public_and_afterwards_the_public_text_once_and_never_the_details() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        let log = Log::start();
        bot.say("mikko", "schedule \"Old break\" service:wiki when:\"2026-11-23 10:00-11:00\" poc:@mikko").await;
        bot.say("mikko", "schedule \"Monthly break\" service:jira when:\"2026-12-13 14:00-18:00\" poc:@mikko").await;
        bot.at("2026-11-23 10:30").await;
        bot.say("mikko", "complete MW-1").await;
        bot.at("2026-11-23 11:00").await;
        let marked = |n: u8| {
            format!("\"Zqtitle {n}\" id:ZQ-2026-{n} severity:high details:zqdetails{n} public:zqpublic{n} publish:\"2026-12-01 12:00\"")
        };
        let mitigated = format!("advisory {} disposition:mitigated service:jira", marked(1));
        bot.say("mikko", &format!("{mitigated} --dry-run")).await;
        bot.say("mikko", &mitigated).await;
        bot.say(
            "mikko",
            &format!(
                "advisory {} disposition:patch_now service:vpn when:\"today 20:00-20:15\" reason:\"cannot wait\" poc:@mikko",
                marked(2)
            ),
        )
        .await;
        bot.say("mikko", &format!("advisory {} disposition:patched service:wiki", marked(3))).await;
        for channel in ["ops", "staff"] {
            assert_eq!(heard(bot, channel, DETAILS).await, 3, "{channel} has the details at once");
        }
        is_silent(bot, &log, "while the patch waits for approval").await;

        bot.say_as(Role::Approver, "bob", "approve MW-3").await;
        bot.say_as(Role::Viewer, "carol", "advisory object AD-2 reason:\"our release\"").await;
        bot.refused_as(Role::Viewer, "carol", "advisory object AD-1").await;
        bot.refused_as(Role::Viewer, "carol", "advisory show AD-1").await;
        assert_eq!(heard(bot, "maintenance", "details are under embargo").await, 1, "the patch is announced");
        is_silent(bot, &log, "once the patch is announced").await;

        bot.at("2026-11-23 20:10").await;
        bot.say("mikko", "note MW-3 \"half of it is done\"").await;
        is_silent(bot, &log, "while it is patched").await;
        bot.say("mikko", "done MW-3 1").await;
        bot.say("mikko", "complete MW-3").await;
        bot.say("mikko", "edit MW-2 impact:\"Jira is closed\"").await;
        bot.at("2026-12-01 11:59:59").await;
        is_silent(bot, &log, "a second before the embargo ends").await;
        assert_eq!(heard(bot, "maintenance", "security fix").await, 2, "the lists of MW-2 and MW-3 have a neutral name");

        bot.at("2026-12-01 12:00").await;
        for channel in PUBLIC_CHANNELS {
            for n in 1..=3 {
                let text = format!("{PUBLIC}{n}");
                assert_eq!(heard(bot, channel, &text).await, 1, "{channel}: {text}");
            }
        }
        for id in 1..=3 {
            let rows = bot.advisory_ledger(id).await;
            assert!(rows.iter().all(|row| row.state == DeliveryState::Sent), "{rows:?}");
        }
        bot.at("2026-12-14 00:00").await;
        for channel in PUBLIC_CHANNELS {
            let told = bot.timeline(channel).await;
            assert_eq!(told.iter().filter(|line| line.contains("Security advisory: ")).count(), 3, "{told:?}");
        }
        let all = public(bot, &log).await;
        let found = |place: &str, word: &str| all.iter().any(|(at, text)| at == place && text.contains(word));
        for n in 1..=3 {
            let page = format!("/advisories/AD-{n}");
            assert!(found(&page, &format!("{PUBLIC}{n}")) && found("/", &format!("{TITLE} {n}")), "{page}");
        }
        assert!(found("/windows/MW-3", "emergency security maintenance: zqtitle 2"));
        assert!(found("/windows/MW-2", "permanent fix: zqtitle 1 [zq-2026-1]"));
        assert!(found("the change list of MW-2", "permanent fix: zqtitle 1 [zq-2026-1]"));
        for (place, text) in &all {
            assert!(!text.contains(DETAILS), "details in {place}:\n{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_embargo_ends_when_somebody_says_so_and_not_once_more_at_its_time() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        bot.say(
            "mikko",
            "advisory \"Zqtitle\" id:ZQ-1 disposition:mitigated service:jira public:zqpublic publish:\"2026-12-01 12:00\"",
        )
        .await;
        assert_eq!(heard(bot, "maintenance", MARK).await, 0);
        bot.at("2026-11-25 09:00").await;
        bot.say("mikko", "advisory publish AD-1").await;
        assert_eq!(heard(bot, "maintenance", PUBLIC).await, 1);
        bot.refused("mikko", "advisory publish AD-1").await;
        bot.at("2026-12-02 00:00").await;
        assert_eq!(heard(bot, "maintenance", PUBLIC).await, 1);
        assert_eq!(heard(bot, "shared", PUBLIC).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_embargo_that_ended_while_the_program_was_down_is_told_once_afterwards() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        bot.say("mikko", "schedule Break service:jira when:\"2026-12-13 14:00-18:00\" poc:@mikko").await;
        bot.say(
            "mikko",
            "advisory \"Zqtitle\" id:ZQ-1 disposition:mitigated service:jira public:zqpublic publish:\"2026-12-01 12:00\"",
        )
        .await;
        bot.down_until("2026-12-03 00:00").await;
        assert_eq!(heard(bot, "maintenance", PUBLIC).await, 1);
        let list = bot.issue(1).await.body;
        assert!(list.contains("Permanent fix: Zqtitle [ZQ-1]"), "{list}");
    })
    .await;
}
