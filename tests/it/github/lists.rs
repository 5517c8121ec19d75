//! What people do in the text of a change-list issue: their own text stays, boxes and added lines count, the rest is put
//! back.

use maintbot::domain::window::WindowId;

use super::{CRM, Hears, Hub, story};
use crate::bot::utc;
use crate::fake::github::state::Issue;
use crate::fake::github::{Fault, Matching};

const AT: &str = "2026-12-01 09:00";
const MARK: &str = "<!-- maintbot:list MW-1 -->";

/// MW-1 on Tuesday 8 December, 14:00 to 16:00 UTC, with these items; its issue.
pub async fn planned(hub: &Hub, items: &[&str]) -> Issue {
    let items = items.iter().map(|item| format!(" item:\"{item}\"")).collect::<Vec<_>>().concat();
    let line =
        format!("/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna{items}");
    hub.bot.say("anna", &line).await;
    hub.settle().await;
    hub.list("MW-1")
}

/// Items of MW-1 as `number text` and what they are a part of.
async fn parts(hub: &Hub) -> Vec<String> {
    let full = hub.bot.parts.service.full(WindowId(1)).await.expect("readable").expect("a window");
    let line = |item: &maintbot::domain::change::ChangeItem| {
        let part = item.parent.map(|parent| format!(" of {parent}")).unwrap_or_default();
        format!("{} {}{part}", item.number, item.text)
    };
    full.items.0.iter().map(line).collect()
}

/// The audit trail of MW-1 without what maintbot did.
async fn people_did(hub: &Hub) -> Vec<String> {
    hub.bot.events(1).await.into_iter().filter(|line| !line.starts_with("maintbot:")).collect()
}

fn boxes(issue: &Issue) -> Vec<String> {
    issue.body.lines().filter(|line| line.trim_start().starts_with("- [")).map(str::to_owned).collect()
}

#[tokio::test]
async fn text_of_people_above_the_marker_stays_whatever_line_breaks_it_has() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        // A browser sends the whole text with line breaks of its own.
        let theirs = format!("Mind the gap.\n\n- [ ] call the boss\n\n{}", list.body).replace('\n', "\r\n");
        hub.fake.edit_issue_body("eve", CRM, list.number, &theirs);
        hub.settle().await;
        assert_eq!(parts(hub).await, ["1 Jira", "2 Disks"], "what stands above is no item");
        hub.bot.say("anna", "/maintenance edit MW-1 impact:\"Search is slow\"").await;
        hub.settle().await;
        let now = hub.list("MW-1").body;
        assert!(
            now.starts_with("Mind the gap.\r\n\r\n- [ ] call the boss\r\n\r\n<!-- maintbot:list MW-1 -->"),
            "{now}"
        );
        assert!(now.contains("Search is slow"));
        assert_eq!(now.matches(MARK).count(), 1);
        hub.fake.tick("ben", CRM, list.number, "Disks");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2 github:ben"]);
        assert!(hub.list("MW-1").body.starts_with("Mind the gap.\r\n"));
    })
    .await;
}

#[tokio::test]
async fn where_somebody_removed_the_marker_their_text_stays_and_the_list_comes_back_below() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.fake.edit_issue_body("eve", CRM, list.number, "Only my notes.\n\n- [x] call the boss");
        hub.settle().await;
        let now = hub.list("MW-1");
        assert!(
            now.body.starts_with("Only my notes.\n\n- [x] call the boss\n\n<!-- maintbot:list MW-1 -->"),
            "{}",
            now.body
        );
        assert_eq!(parts(hub).await, ["1 Jira", "2 Disks"]);
        assert_eq!(hub.bot.items(1).await, ["1", "2"]);
        hub.fake.tick("ben", CRM, list.number, "Disks");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2 github:ben"]);
        let now = hub.list("MW-1").body;
        assert!(now.starts_with("Only my notes.\n\n- [x] call the boss\n\n<!--") && now.matches(MARK).count() == 1);
        // Everything removed: the list alone comes back.
        hub.fake.edit_issue_body("eve", CRM, list.number, "");
        hub.settle().await;
        let now = hub.list("MW-1").body;
        assert!(now.starts_with(MARK) && now.contains("- [x] **2.** Disks"), "{now}");
    })
    .await;
}

#[tokio::test]
async fn a_task_line_that_is_added_becomes_an_item_below_the_one_it_stands_under() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        let jira = boxes(&list)[0].clone();
        let more = format!("{jira}\n  - [ ] Plugin Tempo\n    - [x] Read the notes\n- [ ] Cake @frank");
        hub.fake.edit_issue_body("dan", CRM, list.number, &list.body.replace(&jira, &more));
        hub.settle().await;
        assert_eq!(
            parts(hub).await,
            ["1 Jira", "2 Disks", "3 Plugin Tempo of 1", "4 Read the notes of 3", "5 Cake @frank"]
        );
        let now = hub.list("MW-1");
        let lines = boxes(&now);
        assert!(lines.iter().any(|line| line.starts_with("  - [x] **3.** Plugin Tempo")), "{lines:?}");
        assert!(lines.iter().any(|line| line.starts_with("    - [x] **4.** Read the notes")), "{lines:?}");
        assert_eq!(lines.len(), 5, "each once: {lines:?}");
        assert!(!now.body.contains("@frank"), "nobody is mentioned");
        assert!(people_did(hub).await.iter().filter(|line| line.starts_with("github:dan: added")).count() == 3);
    })
    .await;
}

#[tokio::test]
async fn a_line_of_somebody_who_may_only_read_is_taken_away_again_with_the_reason() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        let theirs = list.body.replace("- [ ] **1.**", "- [x] **1.**") + "\n\n- [ ] Cake";
        hub.fake.edit_issue_body("frank", CRM, list.number, &theirs);
        hub.settle().await;
        assert_eq!(parts(hub).await, ["1 Jira", "2 Disks"]);
        assert_eq!(hub.bot.items(1).await, ["1", "2"]);
        let now = hub.list("MW-1");
        assert_eq!(now.body, list.body);
        let said = hub.said(list.number);
        let refused: Vec<&String> = said.iter().filter(|text| text.starts_with('⚠')).collect();
        assert_eq!(refused.len(), 1, "{said:#?}");
        assert!(refused[0].contains("engineer") && refused[0].contains("frank"), "{}", refused[0]);
    })
    .await;
}

#[tokio::test]
async fn changed_and_removed_lines_are_put_back_and_a_tick_among_them_counts() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks", "Mail"]).await;
        let lines = boxes(&list);
        let changed = list.body.replace(&lines[0], "- [x] **1.** Confluence").replace(&format!("{}\n", lines[1]), "");
        let changed = changed.replace("Upgrade", "Downgrade");
        hub.fake.edit_issue_body("ben", CRM, list.number, &changed);
        hub.settle().await;
        assert_eq!(parts(hub).await, ["1 Jira", "2 Disks", "3 Mail"]);
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2", "3"]);
        let now = hub.list("MW-1");
        let found = boxes(&now);
        assert!(found[0].starts_with("- [x] **1.** Jira — done by ben"), "{found:?}");
        assert_eq!(found[1..], lines[1..]);
        assert!(!now.body.contains("Downgrade") && !now.body.contains("Confluence"), "{}", now.body);
    })
    .await;
}

#[tokio::test]
async fn ticking_a_parent_ticks_its_parts_and_unticking_takes_back_what_it_says() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.bot.say("anna", "/maintenance change add MW-1 \"Plugin\" parent:1").await;
        hub.bot.say("anna", "/maintenance change add MW-1 \"Index\" parent:1").await;
        hub.settle().await;
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2", "3 github:ben", "4 github:ben"]);
        let ticked = boxes(&hub.list("MW-1"));
        assert_eq!(ticked.iter().filter(|line| line.contains("[x]")).count(), 3, "{ticked:?}");
        assert_eq!(hub.bot.window(1).await.state.to_string(), "scheduled", "reporting before the start is fine");
        hub.fake.untick("carla", CRM, list.number, "Plugin");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2", "3", "4 github:ben"]);
        let undone = people_did(hub).await;
        assert!(undone.last().is_some_and(|line| line.starts_with("github:carla:")), "{undone:?}");
        let now = boxes(&hub.list("MW-1"));
        assert_eq!(now.iter().filter(|line| line.contains("[x]")).count(), 1, "{now:?}");
    })
    .await;
}

#[tokio::test]
async fn ticks_by_two_people_in_one_moment_are_each_theirs() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks", "Mail"]).await;
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.fake.tick("carla", CRM, list.number, "Disks");
        hub.fake.tick("eve", CRM, list.number, "Mail");
        hub.fake.untick("dan", CRM, list.number, "Jira");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1", "2 github:carla", "3 github:eve"]);
        let now = boxes(&hub.list("MW-1"));
        assert!(
            now[0].starts_with("- [ ]") && now[1].contains("done by carla") && now[2].contains("done by eve"),
            "{now:?}"
        );
    })
    .await;
}

/// Everything is handled, and meanwhile ben ticks: after maintbot has read the issue and before it writes to it.
async fn settle_while_ben_ticks(hub: &Hub, number: u64, item: &str) {
    let (read, mut is_read) = tokio::sync::mpsc::unbounded_channel();
    let (tell, ticked) = std::sync::mpsc::channel::<()>();
    let ticked = std::sync::Mutex::new(ticked);
    let between = Fault::done_then(move |_| {
        read.send(()).expect("ben waits for it");
        ticked.lock().expect("one at a time").recv().expect("ben ticks");
    });
    hub.fake.fail_times(1, Matching::method("GET").below("/repos/example/crm/issues/").ending("/1"), between);
    let ben = async {
        is_read.recv().await.expect("the issue is read");
        hub.fake.tick("ben", CRM, number, item);
        tell.send(()).expect("the double waits for it");
    };
    tokio::join!(hub.settle(), ben);
}

#[tokio::test]
async fn a_tick_that_maintbot_s_own_write_takes_away_in_the_same_second_is_not_lost() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.bot.type_only("anna", "/maintenance edit MW-1 impact:\"Search is slow\"").await;
        settle_while_ben_ticks(hub, list.number, "Disks").await;
        hub.at("2026-12-01 09:01").await;
        assert_eq!(hub.bot.items(1).await, ["1", "2 github:ben"]);
        let now = hub.list("MW-1").body;
        assert!(now.contains("- [x] **2.** Disks — done by ben") && now.contains("Search is slow"), "{now}");
    })
    .await;
}

#[tokio::test]
async fn what_was_reported_elsewhere_just_before_such_a_tick_stays_reported() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.bot.type_only("anna", "/maintenance done MW-1 1").await;
        hub.bot.clock.set(utc("2026-12-01 09:00:01"));
        settle_while_ben_ticks(hub, list.number, "Disks").await;
        hub.at("2026-12-01 09:01").await;
        assert_eq!(hub.bot.items(1).await, ["1 anna", "2 github:ben"]);
        let now = boxes(&hub.list("MW-1"));
        assert!(now[0].contains("done by anna") && now[1].contains("done by ben"), "{now:?}");
    })
    .await;
}

#[tokio::test]
async fn polling_finds_the_same_ticks_and_lines_and_names_who_edited_last() {
    story(Hears::Polling, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.at("2026-12-01 09:01").await;
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.look().await;
        hub.at("2026-12-01 09:02").await;
        let now = hub.list("MW-1");
        hub.fake.edit_issue_body("carla", CRM, list.number, &(now.body + "\n\n- [x] Cake"));
        hub.look().await;
        hub.look().await;
        assert_eq!(parts(hub).await, ["1 Jira", "2 Disks", "3 Cake"]);
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2", "3 github:carla"]);
    })
    .await;
}
