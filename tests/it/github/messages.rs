//! Audiences that read on GitHub: comments in the window's issue, an issue of their own, or one that is named.

use std::path::Path;

use maintbot::config::Config;

use super::lists::planned;
use super::{CRM, Hears, Hub, config, story, visible};
use crate::fake::github::FakeGitHub;
use crate::fake::github::state::Issue;

const AT: &str = "2026-12-01 09:00";
const NEWS: &str = "example/ops-news";

/// An audience that reads there, with one reminder a day ahead.
pub fn audience(channel: &str) -> String {
    format!(
        "[policy.scheduled]\nannounce = \"2d\"\nremind = [\"1d\"]\nchange_list = \"1d\"\n\
         [[audience]]\nname = \"readers\"\nchannels = [\"{channel}\"]\n"
    )
}

fn texts(issue: &Issue) -> Vec<String> {
    issue.comments.iter().map(visible).collect()
}

/// A window that is announced, reminded of, begun and done.
async fn whole_life(hub: &Hub) {
    hub.at("2026-12-08 14:05").await;
    hub.bot.say("anna", "/maintenance note MW-1 \"Half way\"").await;
    hub.settle().await;
    hub.bot.say("anna", "/maintenance done MW-1 --all").await;
    hub.bot.say("anna", "/maintenance complete MW-1 note:\"All well\"").await;
    hub.settle().await;
}

#[tokio::test]
async fn where_the_change_list_is_elsewhere_each_window_has_an_issue_of_its_own_for_messages() {
    story(Hears::Webhooks, &audience("github:example/ops-news"), AT, async |hub| {
        hub.fake.repository(NEWS).person("anna", "admin");
        planned(hub, &["Jira"]).await;
        assert_eq!(hub.fake.issues(NEWS).len(), 0, "not before the announcement is due");
        hub.at("2026-12-06 14:00").await;
        let issues = hub.fake.issues(NEWS);
        assert_eq!(issues.len(), 1);
        assert!(issues[0].body.contains("Upgrade") && issues[0].body.contains("14:00–16:00"), "{}", issues[0].body);
        whole_life(hub).await;
        let issues = hub.fake.issues(NEWS);
        assert_eq!(issues.len(), 1, "what follows are comments");
        // Reminder, started, note, completed, in order and each once.
        let said = texts(&issues[0]);
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[2].contains("Half way") && said[3].contains("All well"), "{said:#?}");
        let lists: Vec<String> = hub.said(hub.list("MW-1").number);
        assert!(!lists.iter().any(|text| text.contains("Half way") && !text.contains("| When |")), "{lists:#?}");
    })
    .await;
}

#[tokio::test]
async fn in_the_repository_of_the_change_list_messages_are_comments_there() {
    story(Hears::Webhooks, &audience("github:example/crm"), AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        whole_life(hub).await;
        assert_eq!(hub.fake.issues(CRM).len(), 1);
        let rows: Vec<String> = hub.fake.comments(CRM, list.number).iter().map(visible).collect();
        assert_eq!(rows.iter().filter(|text| text.contains("Half way") && !text.contains("| When |")).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn in_an_issue_that_is_named_all_messages_of_all_windows_are_comments() {
    story(Hears::Webhooks, &audience("github:example/crm#1"), AT, async |hub| {
        let number = hub.fake.open_issue("anna", CRM, "News", "Read here.");
        assert_eq!(number, 1);
        planned(hub, &["Jira"]).await;
        whole_life(hub).await;
        let said = texts(&hub.fake.issue(CRM, 1));
        // Announcement, reminder, started, note, completed.
        assert_eq!(said.len(), 5, "{said:#?}\n{:#?}", hub.bot.ledger(1).await);
        assert_eq!(hub.fake.issue(CRM, 1).body, "Read here.");
    })
    .await;
}

#[tokio::test]
async fn earlier_comments_are_brought_in_step_after_a_move() {
    story(Hears::Webhooks, &audience("github:example/crm#1"), AT, async |hub| {
        hub.fake.open_issue("anna", CRM, "News", "Read here.");
        planned(hub, &["Jira"]).await;
        hub.at("2026-12-06 14:00").await;
        hub.bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 15:00-17:00\" reason:\"late\"").await;
        hub.settle().await;
        let said = texts(&hub.fake.issue(CRM, 1));
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said[0].contains("15:00–17:00"), "the announcement shows the new time: {}", said[0]);
        assert!(said[1].contains("15:00–17:00"), "{}", said[1]);
    })
    .await;
}

#[tokio::test]
async fn an_issue_of_messages_is_brought_in_step_after_a_move() {
    story(Hears::Webhooks, &audience("github:example/ops-news"), AT, async |hub| {
        hub.fake.repository(NEWS).person("anna", "admin");
        planned(hub, &["Jira"]).await;
        hub.at("2026-12-06 14:00").await;
        hub.bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 15:00-17:00\" reason:\"late\"").await;
        hub.settle().await;
        let issue = &hub.fake.issues(NEWS)[0];
        assert_eq!(issue.comments.len(), 1);
        assert!(issue.body.contains("15:00–17:00"), "what was announced shows the new time: {}", issue.body);
    })
    .await;
}

#[tokio::test]
async fn an_announcement_that_is_due_at_once_is_said_in_the_change_list_and_opens_no_second_issue() {
    let readers = "[[audience]]\nname = \"readers\"\nchannels = [\"github:example/crm\"]\n";
    story(Hears::Webhooks, readers, AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        assert_eq!(hub.fake.issues(CRM).len(), 1);
        let said = hub.said(list.number);
        assert!(said.iter().any(|text| text.starts_with("**Planned maintenance: Upgrade**")), "{said:#?}");
        whole_life(hub).await;
        let said = hub.said(list.number);
        for once in ["**Started: Upgrade**", "**Completed: Upgrade**"] {
            assert_eq!(said.iter().filter(|text| text.starts_with(once)).count(), 1, "{once}: {said:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_demonstration_reaches_nothing_outside() {
    let fake = FakeGitHub::start().await;
    let text = config(&fake, Hears::Webhooks, &audience("github:example/crm"));
    let none: [(String, String); 0] = [];
    let mut config = Config::from_text(Path::new("maintbot.toml"), &text, none).expect("a configuration");
    config.keep_inside();
    assert!(config.github.is_none());
    let clock = maintbot::clock::Clock::manual(crate::bot::utc(AT));
    let folder = tempfile::tempdir().expect("a folder");
    config.database.url = crate::databases::sqlite_url(&folder).into();
    let parts = maintbot::app::Parts::open(config, clock.clone()).await.expect("a database");
    let stop = tokio_util::sync::CancellationToken::new();
    let invocation = maintbot::service::Invocation {
        actor: maintbot::domain::access::Actor::with_role("anna", maintbot::domain::access::Role::Admin),
        place: "console".into(),
        zone: None,
        within: None,
        input: maintbot::command::Input::Text(
            "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" item:\"Jira\"".into(),
        ),
        key: None,
    };
    Box::pin(parts.service.run(&invocation)).await.expect("no fault");
    parts.advance(crate::bot::utc("2026-12-08 14:05"), &stop).await.expect("time passes");
    assert_eq!(fake.requests().len(), 0);
    let posts = parts.service.posts("github.example.crm", None, 500).await.expect("readable");
    assert!(posts.iter().any(|post| post.text.contains("Upgrade")), "said inside");
    parts.db.close().await;
    fake.close().await;
}
