//! Issue forms: a request that is filled in becomes a window, or is answered with what to correct.

use super::{CRM, Hears, Hub, story, visible};

const AT: &str = "2026-12-01 09:00";

/// A filled-in request as GitHub writes it; what is not among `answers` was left empty.
fn request(answers: &[(&str, &str)]) -> String {
    let labels = [
        "Title of the window",
        "Services",
        "When",
        "Time zone",
        "Expected downtime",
        "Impact",
        "Kind",
        "Category",
        "Regions",
        "Environment",
        "Point of contact",
        "Rollback plan",
        "Change list",
        "Links",
        "Reason",
    ];
    filled(&labels, answers)
}

fn filled(labels: &[&str], answers: &[(&str, &str)]) -> String {
    for (label, _) in answers {
        assert!(labels.contains(label), "no field {label}");
    }
    let field = |label: &&str| {
        let answer = answers.iter().find(|(name, _)| name == label).map_or("_No response_", |(_, answer)| answer);
        format!("### {label}\n\n{answer}")
    };
    labels.iter().map(field).collect::<Vec<_>>().join("\n\n")
}

/// What every request of these stories asks for, with another time.
fn at(when: &str) -> Vec<(&str, &str)> {
    vec![("Title of the window", "Upgrade"), ("Services", "crm"), ("When", when), ("Kind", "scheduled")]
}

const GOOD: &str = "2026-12-08 14:00-16:00";

/// The only answer to a form.
fn answer(hub: &Hub, number: u64) -> String {
    let comments = hub.fake.comments(CRM, number);
    let said: Vec<String> = comments.iter().filter(|c| c.body.contains("<!-- maintbot:reply ")).map(visible).collect();
    assert_eq!(said.len(), 1, "{said:#?}");
    said.into_iter().next().expect("one")
}

fn reactions(hub: &Hub, number: u64) -> Vec<String> {
    hub.fake.reactions_to_issue(CRM, number).into_iter().map(|(_, content)| content).collect()
}

async fn windows(hub: &Hub) -> usize {
    let filter = maintbot::service::query::WindowFilter::default();
    hub.bot.parts.service.windows(&filter, None, 500).await.expect("readable").len()
}

#[tokio::test]
async fn a_wrong_answer_is_named_by_its_field_and_correcting_it_makes_the_window() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hub.at("2026-12-01 09:01").await;
            let number = hub.fake.open_issue("ben", CRM, "[maintenance] Upgrade", &request(&at("next blursday")));
            hear().await;
            assert_eq!(windows(hub).await, 0);
            let said = answer(hub, number);
            assert!(said.contains("**When**") && said.contains("Edit this issue"), "{said}");
            assert_eq!(reactions(hub, number), ["confused"]);
            hub.at("2026-12-01 09:02").await;
            hub.fake.edit_issue_body("ben", CRM, number, &request(&at(GOOD)));
            hear().await;
            assert_eq!(windows(hub).await, 1);
            let window = hub.bot.window(1).await;
            assert_eq!((window.title.as_str(), window.requester.as_str()), ("Upgrade", "github:ben"));
            let said = answer(hub, number);
            assert!(said.contains("MW-1") && !said.contains("To correct"), "{said}");
            assert_eq!(reactions(hub, number), ["rocket"]);
            assert_eq!(hub.lists("MW-1").len(), 1, "its change list is an issue of its own");
        })
        .await;
    }
}

#[tokio::test]
async fn a_heading_inside_an_answer_cuts_no_field() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let rollback = "First:\n\n### Restore\n\nthe snapshot\n\n### When\n\nit fails";
        let mut answers = at(GOOD);
        answers.push(("Rollback plan", rollback));
        answers.push(("Reason", "support ends"));
        let number = hub.fake.open_issue("ben", CRM, "[maintenance] Upgrade", &request(&answers).replace('\n', "\r\n"));
        hub.settle().await;
        assert_eq!(windows(hub).await, 1, "{}", answer(hub, number));
        let window = hub.bot.window(1).await;
        assert_eq!(window.span.starts_at, crate::bot::utc("2026-12-08 14:00"));
        assert_eq!(window.rollback.trim(), rollback);
    })
    .await;
}

#[tokio::test]
async fn below_scheduler_the_role_is_named_and_a_scheduler_s_edit_asks_again() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hub.at("2026-12-01 09:01").await;
            let number = hub.fake.open_issue("frank", CRM, "[maintenance] Upgrade", &request(&at(GOOD)));
            hear().await;
            assert_eq!(windows(hub).await, 0);
            assert!(answer(hub, number).contains("scheduler"), "{}", answer(hub, number));
            assert_eq!(reactions(hub, number), ["confused"]);
            hub.at("2026-12-01 09:02").await;
            hub.fake.edit_issue_body("frank", CRM, number, &request(&at("2026-12-08 14:00-17:00")));
            hear().await;
            assert_eq!(windows(hub).await, 0, "his own edit gives him no role");
            assert!(answer(hub, number).contains("scheduler"));
            hub.at("2026-12-01 09:03").await;
            hub.fake.edit_issue_body("carla", CRM, number, &(request(&at(GOOD)) + "\n\nfine with me"));
            hear().await;
            assert_eq!(windows(hub).await, 1, "{}", answer(hub, number));
            assert_eq!(hub.bot.window(1).await.requester, "github:carla");
            assert_eq!(reactions(hub, number), ["rocket"]);
        })
        .await;
    }
}

#[tokio::test]
async fn once_there_is_a_window_editing_the_form_changes_nothing() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let number = hub.fake.open_issue("ben", CRM, "[maintenance] Upgrade", &request(&at(GOOD)));
        hub.settle().await;
        let before = (hub.bot.window(1).await, answer(hub, number));
        hub.fake.edit_issue_body("anna", CRM, number, &request(&at("2026-12-10 14:00-16:00")));
        hub.fake.edit_issue_title("anna", CRM, number, "[maintenance] Another");
        hub.fake.close_issue("anna", CRM, number, "completed");
        hub.fake.reopen("anna", CRM, number);
        hub.settle().await;
        assert_eq!(windows(hub).await, 1);
        assert_eq!((hub.bot.window(1).await, answer(hub, number)), before);
        assert!(hub.fake.issue(CRM, number).open, "the request is its author's");
    })
    .await;
}

#[tokio::test]
async fn a_nested_change_list_is_taken_over_with_its_parts_and_ticks() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let mut answers = at(GOOD);
        answers.push(("Change list", "- Jira to 10.3.2\n  - [ ] plugin Tempo\n- [x] OS patches"));
        let number = hub.fake.open_issue("ben", CRM, "[maintenance] Upgrade", &request(&answers));
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2", "3 github:ben"]);
        let list = hub.list("MW-1").body;
        for line in ["- [ ] **1.** Jira to 10.3.2", "  - [ ] **2.** plugin Tempo", "- [x] **3.** OS patches"] {
            assert!(list.lines().any(|found| found.starts_with(line)), "{line} in\n{list}");
        }
        assert_eq!(reactions(hub, number), ["rocket"]);
    })
    .await;
}

#[tokio::test]
async fn the_form_for_one_more_item_adds_it() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let labels = [
            "Id of the window",
            "What is done",
            "Kind of work",
            "From version",
            "To version",
            "Advisory ids",
            "Assignee",
            "Part of item",
        ];
        super::lists::planned(hub, &["Jira"]).await;
        let wrong = [("Id of the window", "MW-9"), ("What is done", "Patch the kernel"), ("Part of item", "1")];
        let number = hub.fake.open_issue("eve", CRM, "[change item] Kernel", &filled(&labels, &wrong));
        hub.settle().await;
        assert!(answer(hub, number).contains("MW-9"), "{}", answer(hub, number));
        assert_eq!(reactions(hub, number), ["confused"]);
        let right = [("Id of the window", "MW-1"), ("What is done", "Patch the kernel"), ("Part of item", "1")];
        hub.fake.edit_issue_body("eve", CRM, number, &filled(&labels, &right));
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2"], "{}", answer(hub, number));
        assert!(hub.list("MW-1").body.contains("  - [ ] **2.** Patch the kernel"));
        assert_eq!(reactions(hub, number), ["rocket"]);
    })
    .await;
}

#[tokio::test]
async fn a_form_in_a_repository_that_is_not_watched_is_nobody_s_request() {
    story(Hears::Webhooks, "", AT, async |hub| {
        hub.fake.repository("example/other").person("mallory", "admin");
        let number = hub.fake.open_issue("mallory", "example/other", "[maintenance] Mine", &request(&at(GOOD)));
        hub.settle().await;
        assert_eq!(windows(hub).await, 0);
        let issue = hub.fake.issue("example/other", number);
        assert_eq!((issue.comments.len(), issue.reactions.len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_the_policy_refuses_is_answered_with_a_time_or_a_line_that_would_do() {
    let policy = "[policy.scheduled]\nnotice = \"14d\"\n";
    story(Hears::Webhooks, policy, AT, async |hub| {
        let number = hub.fake.open_issue("ben", CRM, "[maintenance] Upgrade", &request(&at(GOOD)));
        hub.settle().await;
        assert_eq!(windows(hub).await, 0);
        let said = answer(hub, number);
        let copy =
            "\n/maintenance schedule Upgrade service:crm when:\"Tue 15 Dec 2026 14:00–16:00 UTC\" kind:scheduled\n";
        assert!(said.contains("short notice") && said.contains(copy) && !said.contains("`form"), "{said}");
        assert_eq!(reactions(hub, number), ["confused"]);
        hub.fake.edit_issue_body("ben", CRM, number, &request(&at("2026-12-16 14:00-16:00")));
        hub.settle().await;
        assert_eq!(windows(hub).await, 1);
    })
    .await;
}
