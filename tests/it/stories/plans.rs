//! Plans: windows announced as phases of one change, moved and called off together.

use maintbot::domain::access::Role;
use maintbot::domain::window::{State, WindowId};

use crate::bot::{Bot, assert_timeline, story, utc};

pub const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = ["3d"]
change_list = "1d"

[[audience]]
name = "customers"
channels = ["builtin:news"]
"#;

/// A draft of two phases: Tuesday 8 December 2026 and Thursday 10 December, both 14:00 to 16:00, with an item each.
async fn draft(bot: &Bot) {
    bot.say("anna", "/maintenance plan new \"Infrastructure upgrade\"").await;
    for (title, service, day) in [("Germany", "crm", "08"), ("Singapore", "erp", "10")] {
        let when = format!("when:\"2026-12-{day} 14:00-16:00\" poc:@anna item:\"Patch {title}\"");
        bot.say("anna", &format!("/maintenance schedule \"{title}\" service:{service} {when} plan:PL-1")).await;
    }
}

pub async fn published(bot: &Bot) {
    draft(bot).await;
    bot.say("anna", "/maintenance plan publish PL-1").await;
}

/// Work on a phase is done: ticked, and reported with this outcome.
pub async fn complete(bot: &Bot, id: i64, outcome: &str) {
    bot.say("anna", &format!("/maintenance done MW-{id} 1")).await;
    bot.say("anna", &format!("/maintenance complete MW-{id} outcome:{outcome}")).await;
}

#[tokio::test]
async fn a_draft_is_silent_and_nothing_happens_to_its_phases() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        draft(bot).await;
        bot.at("2026-12-11 00:00").await;
        for id in [1, 2] {
            let window = bot.window(id).await;
            assert_eq!((window.state, window.request), (State::Pending, None));
            assert_eq!(bot.ledger(id).await, [], "phase {id}");
            assert_eq!(bot.refused("anna", &format!("/maintenance start MW-{id}")).await.sort, "state");
        }
        assert_eq!(bot.plan_ledger(1).await, []);
        for channel in ["news", "ops"] {
            assert_timeline(&bot.timeline(channel).await, &[]);
        }
        assert_eq!(bot.page().await, [""; 0]);
        assert!(bot.parts.service.issue(WindowId(1)).await.expect("readable").is_none());
        assert_eq!(
            bot.refused("boss", "/maintenance approve MW-1").await.hint.as_deref(),
            Some("/maintenance plan publish PL-1")
        );
    })
    .await;
}

#[tokio::test]
async fn publishing_announces_once_to_each_channel_and_reminds_of_each_phase() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        assert_eq!(bot.plan_rows(1, "announcement").await, ["0 14d builtin:news due"]);
        let page =
            ["MW-1 scheduled: Tue 8 Dec 2026 14:00–16:00 UTC", "MW-2 scheduled: Thu 10 Dec 2026 14:00–16:00 UTC"];
        assert_eq!(bot.page().await, page);
        bot.at("2026-12-08 13:50").await;
        assert_timeline(
            &bot.timeline("news").await,
            &[
                "2026-11-24 14:00 Planned maintenance in 2 phases: Infrastructure upgrade",
                "2026-12-05 14:00 Reminder: Infrastructure upgrade, phase 1 of 2: Germany",
                "2026-12-07 14:00 Reminder: Infrastructure upgrade, phase 2 of 2: Singapore",
            ],
        );
        let post = &bot.texts("news").await[0];
        let says = ["Germany", "Singapore", "Tue 8 Dec 2026", "Thu 10 Dec 2026"];
        assert!(says.iter().all(|said| post.contains(said)), "{post}");
        for id in [1, 2] {
            assert_eq!(bot.rows(id, "announcement").await, [""; 0], "its plan announces phase {id}");
        }
    })
    .await;
}

/// 14 days before the first phase are past: it goes at once, and says what the nearest rung would.
#[tokio::test]
async fn a_plan_published_late_is_announced_at_once() {
    story(CONFIG, "2026-12-05 13:30", async |bot| {
        published(bot).await;
        bot.at("2026-12-08 13:50").await;
        assert_timeline(
            &bot.timeline("news").await,
            &[
                "2026-12-05 13:30 Planned maintenance in 2 phases: Infrastructure upgrade",
                "2026-12-07 14:00 Reminder: Infrastructure upgrade, phase 2 of 2: Singapore",
            ],
        );
        assert_eq!(bot.rows(1, "reminder").await, ["0 3d builtin:news skipped already_told"]);
    })
    .await;
}

#[tokio::test]
async fn each_channel_hears_of_the_plan_that_one_of_its_phases_concerns_it() {
    let config = CONFIG.replace(
        "channels = [\"builtin:news\"]",
        "channels = [\"builtin:news\"]\n\n[[audience]]\nname = \"erp\"\nchannels = [\"builtin:erp\", \"builtin:news\"]\nservices = [\"erp\"]\n\n[[audience]]\nname = \"vpn\"\nchannels = [\"builtin:vpn\"]\nservices = [\"vpn\"]",
    );
    story(&config, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.at("2026-12-08 14:10").await;
        assert_timeline(
            &bot.timeline("erp").await,
            &[
                "2026-11-24 14:00 Planned maintenance in 2 phases: Infrastructure upgrade",
                "2026-12-07 14:00 Reminder: Infrastructure upgrade, phase 2 of 2: Singapore",
            ],
        );
        assert_timeline(&bot.timeline("vpn").await, &[]);
        assert_eq!(bot.timeline("news").await.iter().filter(|line| line.contains("Planned")).count(), 1);
        complete(bot, 1, "success").await;
    })
    .await;
}

#[tokio::test]
async fn told_by_the_plan_counts_for_each_phase() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.at("2026-12-08 14:10").await;
        bot.say("anna", "/maintenance extend MW-1 30m").await;
        complete(bot, 1, "success").await;
        bot.say("anna", "/maintenance cancel MW-2 reason:\"not needed\"").await;
        bot.at("2026-12-11 00:00").await;
        assert_timeline(
            &bot.timeline("news").await[3..],
            &[
                "2026-12-08 14:00 Started: Infrastructure upgrade, phase 1 of 2: Germany",
                "2026-12-08 14:10 Extended by 30m: Infrastructure upgrade, phase 1 of 2: Germany",
                "2026-12-08 14:10 Completed: Infrastructure upgrade, phase 1 of 2: Germany",
                "2026-12-08 14:10 Cancelled: Infrastructure upgrade: Singapore",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_phase_that_moves_is_told_once_for_the_plan_and_only_to_the_told() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("anna", "/maintenance reschedule MW-2 when:\"2026-12-11 14:00-16:00\"").await;
        bot.at("2026-11-25 09:00").await;
        bot.say("anna", "/maintenance reschedule MW-2 when:\"2026-12-12 14:00-16:00\" reason:\"vendor\"").await;
        bot.at("2026-12-08 13:00").await;
        let posts = bot.timeline("news").await;
        assert_eq!(posts.len(), 3, "{posts:?}");
        assert!(posts[1].starts_with("2026-11-25 09:00 Moved: Infrastructure upgrade"), "{}", posts[1]);
        assert!(posts[2].starts_with("2026-12-05 14:00 Reminder"), "{}", posts[2]);
        let moved = &bot.texts("news").await[1];
        let says = ["Singapore", "planned for Fri 11 Dec 2026", "Sat 12 Dec 2026", "vendor", "Germany"];
        assert!(says.iter().all(|said| moved.contains(said)), "{moved}");
        assert_eq!(bot.plan_rows(1, "moved").await.len(), 1);
        assert_eq!((bot.rows(1, "moved").await, bot.rows(2, "moved").await), (vec![], vec![]));
        bot.at("2026-12-09 14:00").await;
        let last = bot.timeline("news").await.pop().expect("a post");
        assert!(last.contains("2026-12-09 14:00 Reminder"), "three days before its new start: {last}");
        complete(bot, 1, "success").await;
    })
    .await;
}

/// The first phase moves further away before anybody was told: the announcement follows it.
#[tokio::test]
async fn the_announcement_stands_at_its_lead_before_the_first_phase() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.at("2026-11-25 13:59").await;
        assert_timeline(&bot.timeline("news").await, &[]);
        bot.at("2026-11-25 14:00").await;
        assert_eq!(bot.timeline("news").await.len(), 1);
        assert_eq!(
            bot.plan_rows(1, "announcement").await,
            ["0 14d builtin:news superseded moved", "1 14d builtin:news sent"]
        );
    })
    .await;
}

#[tokio::test]
async fn cancelling_a_plan_is_said_once_and_what_has_begun_goes_on() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say(
            "anna",
            "/maintenance schedule \"Tokyo\" service:crm when:\"2026-12-12 14:00-16:00\" poc:@anna plan:PL-1",
        )
        .await;
        bot.at("2026-12-08 14:10").await;
        let before = bot.timeline("news").await.len();
        bot.say("anna", "/maintenance plan cancel PL-1 reason:\"no money\"").await;
        let states = [bot.window(1).await.state, bot.window(2).await.state, bot.window(3).await.state];
        assert_eq!(states, [State::InProgress, State::Cancelled, State::Cancelled]);
        let posts = bot.timeline("news").await;
        assert_timeline(&posts[before..], &["2026-12-08 14:10 Cancelled: Infrastructure upgrade"]);
        assert!(bot.texts("news").await[before].contains("no money"));
        complete(bot, 1, "success").await;
        bot.at("2026-12-13 00:00").await;
        let rest = &bot.timeline("news").await[before + 1..];
        assert_eq!(rest.len(), 1, "only that phase 1 is over: {rest:?}");
        assert!(bot.refused("anna", "/maintenance plan cancel PL-1").await.detail.contains("cancelled already"));
        let late = "/maintenance schedule \"Late\" service:crm when:\"2026-12-20 14:00-16:00\" plan:PL-1";
        assert_eq!(bot.refused("anna", late).await.sort, "rule");
    })
    .await;
}

#[tokio::test]
async fn cancel_takes_plan_ids_and_nobody_hears_of_a_plan_that_was_never_told() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("anna", "/maintenance cancel PL-1 reason:\"no money\"").await;
        bot.at("2026-12-13 00:00").await;
        assert_timeline(&bot.timeline("news").await, &[]);
        assert_eq!(bot.window(2).await.state, State::Cancelled);
        assert!(!bot.issue(1).await.open);
    })
    .await;
}

#[tokio::test]
async fn a_text_edit_of_a_phase_tells_nobody_and_the_announcement_follows() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.at("2026-11-25 09:00").await;
        bot.say("anna", "/maintenance edit MW-2 title:\"Asia\" impact:\"ERP is away\"").await;
        let posts = bot.texts("news").await;
        assert_eq!(posts.len(), 1);
        assert!(posts[0].contains("Asia") && posts[0].contains("ERP is away"), "{}", posts[0]);
        assert_eq!(bot.plan(1).await.phases.plan.sequence, 0);
    })
    .await;
}

#[tokio::test]
async fn a_phase_that_joins_a_published_plan_is_told_to_the_told() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.at("2026-11-25 09:00").await;
        bot.say(
            "anna",
            "/maintenance schedule \"Tokyo\" service:crm when:\"2026-12-12 14:00-16:00\" poc:@anna plan:PL-1",
        )
        .await;
        let posts = bot.timeline("news").await;
        assert_eq!(posts.len(), 2, "{posts:?}");
        assert!(posts[1].starts_with("2026-11-25 09:00 New: Infrastructure upgrade"), "{}", posts[1]);
        assert!(bot.texts("news").await[1].contains("Tokyo"));
        bot.at("2026-12-09 14:00").await;
        let last = bot.timeline("news").await.pop().expect("a post");
        assert!(last.starts_with("2026-12-09 14:00 Reminder") && last.contains("Tokyo"), "{last}");
        complete(bot, 1, "success").await;
    })
    .await;
}

#[tokio::test]
async fn phases_are_approved_together_or_one_by_one_and_announced_then() {
    let config = CONFIG.replace("change_list = \"1d\"", "change_list = \"1d\"\napproval = [\"always\"]");
    story(&config, "2026-11-20 09:00", async |bot| {
        draft(bot).await;
        let before = bot.everything().await;
        let hint = bot.hint_as(Role::Scheduler, "anna", "/maintenance plan publish PL-1").await;
        assert_eq!(bot.everything().await, before, "a refusal stores nothing");
        assert!(hint.starts_with("/maintenance plan publish PL-1") && hint.contains("reason:"), "{hint}");
        bot.say_as(Role::Scheduler, "anna", &hint).await;
        for id in [1, 2] {
            let window = bot.window(id).await;
            assert_eq!((window.state, window.request.is_some()), (State::Pending, true));
            assert_eq!(bot.rows(id, "approval_request").await, ["0 builtin:ops sent"]);
        }
        bot.at("2026-11-25 09:00").await;
        assert_timeline(&bot.timeline("news").await, &[]);
        assert_eq!(bot.page().await, [""; 0]);
        assert!(bot.refused("anna", "/maintenance approve PL-1").await.detail.contains("somebody else"));
        let reply = bot.say_as(Role::Approver, "boss", "/maintenance approve PL-1").await;
        assert_eq!(reply.windows, [WindowId(1), WindowId(2)]);
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-11-25 09:00 Planned maintenance in 2 phases: Infrastructure upgrade"],
        );
        assert_eq!(bot.due(2, "approval_decision").await, ["2026-11-25 09:00 @anna sent"]);
        assert_eq!(
            bot.refused("boss", "/maintenance approve PL-1").await.hint.as_deref(),
            Some("/maintenance plan show PL-1")
        );
    })
    .await;
    story(&config, "2026-11-20 09:00", async |bot| {
        draft(bot).await;
        bot.say("anna", "/maintenance plan publish PL-1 reason:\"contract\"").await;
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1").await;
        bot.at("2026-11-25 09:00").await;
        let posts = bot.texts("news").await;
        assert!(posts.len() == 1 && !posts[0].contains("Singapore"), "only what is approved: {posts:?}");
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-2").await;
        let posts = bot.texts("news").await;
        assert!(posts.len() == 2 && posts[1].contains("Singapore"), "{posts:?}");
    })
    .await;
}

#[tokio::test]
async fn publishing_is_all_or_nothing_under_the_rules_of_each_phase() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        draft(bot).await;
        bot.say("boss", "/maintenance freeze add \"Audit\" from:2026-12-10 to:2026-12-10").await;
        let before = bot.everything().await;
        let refused = bot.refused_as(Role::Scheduler, "anna", "/maintenance plan publish PL-1").await;
        assert!(refused.detail.contains("FR-1") && refused.detail.contains("MW-2"), "{}", refused.detail);
        assert_eq!(bot.everything().await, before);
        bot.say_as(Role::Scheduler, "anna", &refused.hint.expect("a line to copy")).await;
        assert_eq!(bot.window(2).await.span.starts_at, utc("2026-12-11 14:00"));
        bot.say_as(Role::Scheduler, "anna", "/maintenance plan publish PL-1").await;
        assert_eq!(bot.page().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_empty_plan_and_one_that_is_out_are_not_published() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", "/maintenance plan new \"Infrastructure upgrade\"").await;
        let hint = bot.hint_as(Role::Scheduler, "anna", "/maintenance plan publish PL-1").await;
        bot.say_as(Role::Scheduler, "anna", &hint).await;
        assert_eq!(bot.window(1).await.plan.map(|plan| plan.0), Some(1));
        assert_eq!(bot.hint_as(Role::Admin, "anna", "/maintenance hold PL-1").await, "/maintenance plan publish PL-1");
        bot.say("anna", "/maintenance plan publish PL-1").await;
        assert!(bot.refused("anna", "/maintenance plan publish PL-1").await.detail.contains("published already"));
        assert_eq!(bot.refused("anna", "/maintenance plan publish PL-2").await.sort, "not_found");
    })
    .await;
}

#[tokio::test]
async fn a_plan_has_one_issue_with_a_section_per_phase_that_closes_when_all_have_begun_and_all_is_done() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        let issues = bot.parts.service.issues(false, 10).await.expect("readable");
        assert_eq!(issues.len(), 1);
        let body = bot.issue(2).await.body;
        assert!(body.contains("Patch Germany") && body.contains("Patch Singapore"), "{body}");
        assert!(body.contains("MW-1") && body.contains("done MW-2"), "{body}");
        bot.at("2026-12-08 14:30").await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        bot.say("sam", "/maintenance complete MW-1").await;
        bot.say("sam", "/maintenance done MW-2 1").await;
        let issue = bot.issue(1).await;
        assert!(issue.open, "phase 2 has not begun");
        assert!(issue.body.contains("[x] 1. Patch Singapore"), "{}", issue.body);
        bot.at("2026-12-10 14:00").await;
        let issue = bot.issue(1).await;
        assert_eq!((issue.open, issue.closed_at), (false, Some(utc("2026-12-10 14:00"))));
        assert_eq!(bot.window(2).await.state, State::Verifying);
        bot.say("anna", "/maintenance change add MW-2 \"One more\"").await;
        assert!(bot.issue(1).await.open, "a new item reopens it");
        bot.say("anna", "/maintenance complete MW-2 outcome:partial").await;
        assert!(!bot.issue(1).await.open);
    })
    .await;
}

#[tokio::test]
async fn a_plan_is_shown_with_its_phases() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("anna", "/maintenance plan new \"Second\"").await;
        let all = bot.say("anna", "/maintenance plan show").await.message.plain();
        assert!(all.contains("PL-1") && all.contains("PL-2"), "{all}");
        let reply = bot.say("anna", "/maintenance plan show PL-1").await;
        assert_eq!(reply.windows, [WindowId(1), WindowId(2)]);
        let text = reply.message.plain();
        assert!(text.contains("Thu 10 Dec 2026 14:00–16:00 UTC") && text.contains("erp"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn two_phases_that_move_before_anything_is_sent_are_one_word() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.at("2026-11-25 09:00").await;
        bot.type_only("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.type_only("anna", "/maintenance reschedule MW-2 when:\"2026-12-11 14:00-16:00\"").await;
        bot.settle().await;
        assert_eq!(bot.plan_rows(1, "moved").await, ["1 builtin:news superseded moved", "2 builtin:news sent"]);
        let post = bot.texts("news").await.pop().expect("a post");
        for said in ["planned for Tue 8 Dec 2026", "Wed 9 Dec 2026", "planned for Thu 10 Dec 2026", "Fri 11 Dec 2026"] {
            assert!(post.contains(said), "{said}: {post}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_move_of_a_phase_that_needs_approval_shows_what_was_approved_until_then() {
    let config = CONFIG.replace("change_list = \"1d\"", "change_list = \"1d\"\napproval = [\"freeze\"]");
    story(&config, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("boss", "/maintenance freeze add \"Audit\" from:2026-12-14 to:2026-12-15").await;
        bot.at("2026-11-25 09:00").await;
        let line = "/maintenance reschedule MW-2 when:\"2026-12-14 14:00-16:00\" reason:\"vendor\"";
        bot.say_as(Role::Scheduler, "lee", line).await;
        assert_eq!(bot.timeline("news").await.len(), 1);
        assert_eq!(bot.page().await[1], "MW-2 awaiting approval: Thu 10 Dec 2026 14:00–16:00 UTC");
        bot.at("2026-11-26 09:00").await;
        bot.say_as(Role::Approver, "boss", "/maintenance approve PL-1").await;
        let posts = bot.timeline("news").await;
        assert_eq!(posts.len(), 2, "{posts:?}");
        assert!(posts[1].starts_with("2026-11-26 09:00 Moved: Infrastructure upgrade"), "{}", posts[1]);
        let text = bot.texts("news").await.pop().expect("a post");
        assert!(text.contains("planned for Thu 10 Dec 2026") && text.contains("Mon 14 Dec 2026"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_phase_called_off_in_the_draft_is_in_no_announcement_and_the_rest_is() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        draft(bot).await;
        bot.say("anna", "/maintenance cancel MW-1").await;
        bot.say("anna", "/maintenance plan publish PL-1").await;
        assert_eq!(bot.page().await, ["MW-2 scheduled: Thu 10 Dec 2026 14:00–16:00 UTC"]);
        bot.at("2026-11-27 00:00").await;
        let posts = bot.texts("news").await;
        assert_eq!(bot.timeline("news").await.len(), 1);
        assert!(posts[0].contains("Singapore") && !posts[0].contains("Germany"), "{}", posts[0]);
        assert!(bot.timeline("news").await[0].starts_with("2026-11-26 14:00"), "14 days before the phase that is left");
    })
    .await;
}

#[tokio::test]
async fn a_draft_called_off_was_nothing() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        draft(bot).await;
        bot.say("anna", "/maintenance plan cancel PL-1").await;
        bot.at("2026-12-11 00:00").await;
        for channel in ["news", "ops"] {
            assert_timeline(&bot.timeline(channel).await, &[]);
        }
        assert_eq!(bot.page().await, [""; 0]);
        assert_eq!(bot.refused("anna", "/maintenance plan publish PL-1").await.sort, "rule");
    })
    .await;
}
