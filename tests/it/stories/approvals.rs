//! Windows and changes that wait for an approver.

use maintbot::domain::access::Role;
use maintbot::domain::window::{State, WindowId};

use crate::bot::{Bot, assert_timeline, story, utc};

/// Short notice is an approver's business.
const SHORT: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
notice = "5d"
approval = ["short_notice"]
announce = "14d"
remind = ["7d", "3d", "1d"]
change_list = "7d"

[policy.emergency]
approval = ["always"]

[[audience]]
name = "customers"
channels = ["builtin:news"]
"#;

/// Freezes are an approver's business.
const FROZEN: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
approval = ["freeze"]
announce = "14d"
remind = ["7d", "3d", "1d"]
change_list = "7d"

[[audience]]
name = "crm"
channels = ["builtin:crm"]
services = ["crm"]

[[audience]]
name = "vpn"
channels = ["builtin:vpn"]
services = ["vpn"]
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00.
const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";

async fn asks(bot: &Bot) {
    let hint = bot.hint_as(Role::Scheduler, "anna", SCHEDULE).await;
    bot.say_as(Role::Scheduler, "anna", &hint).await;
}

/// Kinds of the messages in a window's ledger, each once.
async fn kinds(bot: &Bot, id: i64) -> Vec<String> {
    let mut found: Vec<String> = bot.ledger(id).await.iter().map(|row| row.plan.message.to_string()).collect();
    found.sort();
    found.dedup();
    found
}

async fn has_issue(bot: &Bot, id: i64) -> bool {
    bot.parts.service.issue(WindowId(id)).await.expect("readable").is_some()
}

/// Lines of ops that speak of approval.
async fn decisions(bot: &Bot) -> Vec<String> {
    let about = ["approv", "reject", "not decided"];
    bot.timeline("ops").await.into_iter().filter(|line| about.iter().any(|word| line.contains(word))).collect()
}

#[tokio::test]
async fn without_a_reason_it_is_refused_with_that_line_and_with_it_it_waits() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        let refused = bot.refused_as(Role::Scheduler, "anna", SCHEDULE).await;
        assert!(refused.detail.contains("short notice") && refused.detail.contains("reason:"), "{}", refused.detail);
        let hint = refused.hint.expect("a line to copy");
        assert!(hint.contains("2026-12-08 14:00-16:00") && hint.contains("reason:"), "{hint}");
        let reply = bot.say_as(Role::Scheduler, "anna", &hint).await;
        assert_eq!(reply.findings.len(), 1);
        assert!(reply.message.plain().contains("MW-1 “Upgrade” waits for approval"), "{}", reply.message.plain());
        let window = bot.window(1).await;
        let request = window.request.expect("a request");
        assert_eq!((window.state, request.sequence, request.by.as_str()), (State::Pending, 0, "anna"));
        assert_eq!(request.expires_at, utc("2026-12-08 14:00"));
    })
    .await;
}

#[tokio::test]
async fn what_waits_has_no_issue_no_place_in_public_and_only_messages_about_approval() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.say("anna", "/maintenance change add MW-1 \"Patch\" assignee:@sam").await;
        bot.say("anna", "/maintenance edit MW-1 title:\"Bigger upgrade\"").await;
        bot.at("2026-12-07 15:00").await;
        assert_eq!(kinds(bot, 1).await, ["approval_reminder", "approval_request"]);
        assert!(!has_issue(bot, 1).await);
        assert_eq!(bot.page().await, [""; 0]);
        assert_timeline(&bot.timeline("news").await, &[]);
        assert!(bot.parts.service.public_window(WindowId(1)).await.expect("readable").is_none());
        // It is asked for at once, and again at half of the four days and two hours that were left.
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-12-04 12:00 MW-1 Upgrade: waits for approval",
                "2026-12-06 13:00 MW-1 Bigger upgrade: still waits for approval",
            ],
        );
        assert_eq!(bot.due(1, "approval_request").await, ["2026-12-04 12:00 approvers sent"]);
    })
    .await;
}

#[tokio::test]
async fn approvers_are_reminded_a_quarter_of_an_hour_before_the_start_at_the_latest() {
    for (start, reminded) in
        [("10:24-11:00", Some("2026-12-08 10:09")), ("10:31-11:00", Some("2026-12-08 10:15")), ("10:14-11:00", None)]
    {
        story(SHORT, "2026-12-08 10:00", async |bot| {
            let line = "/maintenance schedule \"Hotfix\" service:crm kind:emergency poc:@anna reason:\"leak\"";
            bot.say_as(Role::Scheduler, "anna", &format!("{line} when:\"today {start}\"")).await;
            let rows = bot.due(1, "approval_reminder").await;
            assert_eq!(rows.first().map(|row| &row[..16]), reminded, "{start}");
            bot.at("2026-12-08 10:40").await;
            assert_eq!(bot.window(1).await.state, State::Cancelled);
        })
        .await;
    }
}

#[tokio::test]
async fn approval_schedules_announces_and_opens_the_list_and_tells_the_requester() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.say("anna", "/maintenance change add MW-1 \"Patch\" assignee:@sam").await;
        bot.at("2026-12-05 09:00").await;
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1 note:\"fine with support\"").await;
        let window = bot.window(1).await;
        assert_eq!((window.state, window.request), (State::Scheduled, None));
        assert!(has_issue(bot, 1).await);
        assert_eq!(bot.page().await, ["MW-1 scheduled: Tue 8 Dec 2026 14:00–16:00 UTC"]);
        bot.at("2026-12-08 13:00").await;
        assert_timeline(
            &bot.timeline("news").await,
            &[
                "2026-12-05 09:00 Planned maintenance: Upgrade",
                "2026-12-05 14:00 Reminder: Upgrade",
                "2026-12-07 14:00 Reminder: Upgrade",
            ],
        );
        assert!(bot.texts("news").await[0].contains("At short notice"));
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-12-04 12:00 MW-1 Upgrade: waits for approval",
                "2026-12-05 09:00 anna: MW-1 Upgrade is approved",
                "2026-12-05 09:00 sam: you have work in MW-1 Upgrade",
                "2026-12-05 09:10 Change list for Upgrade (MW-1), 1 item",
            ],
        );
        assert!(bot.texts("ops").await[1].contains("fine with support"));
        assert_eq!(bot.due(1, "approval_decision").await, ["2026-12-05 09:00 @anna sent"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_decided_by_the_start_so_it_is_called_off_and_the_requester_told() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.at("2026-12-08 13:59:59").await;
        assert_eq!(bot.window(1).await.state, State::Pending);
        bot.at("2026-12-08 14:00").await;
        assert_eq!(bot.window(1).await.state, State::Cancelled);
        assert_timeline(&decisions(bot).await[2..], &["2026-12-08 14:00 anna: MW-1 Upgrade was not decided in time"]);
        assert_timeline(&bot.timeline("news").await, &[]);
        assert_eq!(bot.page().await, [""; 0], "it was never public");
        assert!(!has_issue(bot, 1).await);
        let events = bot.events(1).await;
        assert!(events.last().is_some_and(|e| e.starts_with("maintbot: ")), "{events:?}");
    })
    .await;
}

#[tokio::test]
async fn rejecting_calls_off_with_the_reason_and_tells_the_requester() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.say_as(Role::Approver, "boss", "/maintenance reject MW-1 reason:\"collides with the release\"").await;
        assert_eq!(bot.window(1).await.state, State::Cancelled);
        assert_timeline(&decisions(bot).await[1..], &["2026-12-04 12:00 anna: MW-1 Upgrade is rejected"]);
        assert!(bot.texts("ops").await[1].contains("collides with the release"));
        assert!(bot.events(1).await.iter().any(|e| e.starts_with("boss: ") && e.contains("collides")));
        assert_eq!(bot.refused("boss", "/maintenance approve MW-1").await.sort, "state");
        bot.at("2026-12-09 00:00").await;
        assert_timeline(&bot.timeline("news").await, &[]);
        assert_eq!(bot.page().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn neither_the_requester_nor_who_asks_for_the_change_decides_not_even_as_admin() {
    story(SHORT, "2026-11-20 12:00", async |bot| {
        bot.say_as(Role::Scheduler, "anna", SCHEDULE).await;
        bot.at("2026-12-04 12:00").await;
        bot.say_as(
            Role::Scheduler,
            "sam",
            "/maintenance reschedule MW-1 when:\"2026-12-07 14:00-16:00\" reason:\"vendor\"",
        )
        .await;
        for verb in ["approve MW-1", "reject MW-1 reason:\"no\""] {
            for who in ["anna", "sam"] {
                for role in [Role::Admin, Role::Approver] {
                    let refused = bot.refused_as(role, who, &format!("/maintenance {verb}")).await;
                    assert_eq!(refused.sort, "rule", "{verb} by {who}: {}", refused.detail);
                    assert!(refused.detail.contains("approver"), "{}", refused.detail);
                }
            }
        }
        assert_eq!(bot.refused_as(Role::Scheduler, "lee", "/maintenance approve MW-1").await.sort, "role");
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1").await;
        assert_eq!(bot.window(1).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn an_approval_is_for_what_was_looked_at() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        let anna = Role::Scheduler;
        bot.say_as(anna, "anna", "/maintenance reschedule MW-1 when:\"2026-12-08 18:00-20:00\" reason:\"later\"").await;
        let window = bot.window(1).await;
        assert_eq!((window.state, window.sequence), (State::Pending, 1));
        let refused = bot.refused_as(Role::Approver, "boss", "/maintenance approve MW-1 sequence:0").await;
        assert!(refused.detail.contains("changed"), "{}", refused.detail);
        assert_eq!(refused.hint.as_deref(), Some("/maintenance show MW-1"));
        assert_eq!(
            bot.refused_as(Role::Approver, "boss", "/maintenance reject MW-1 sequence:0 reason:no").await.sort,
            "rule"
        );
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1 sequence:1").await;
        assert_eq!(bot.window(1).await.state, State::Scheduled);
        assert_eq!(bot.window(1).await.span.starts_at, utc("2026-12-08 18:00"));
    })
    .await;
}

/// The request that nobody has read yet is not sent any more once another took its place.
#[tokio::test]
async fn a_request_that_is_out_of_date_is_not_sent() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        bot.type_only("anna", &format!("{SCHEDULE} reason:\"now\"")).await;
        bot.type_only("anna", "/maintenance reschedule MW-1 when:\"2026-12-08 18:00-20:00\" reason:\"later\"").await;
        bot.settle().await;
        assert_eq!(bot.rows(1, "approval_request").await, ["0 builtin:ops superseded newer", "1 builtin:ops sent"]);
        bot.at("2026-12-08 19:00").await;
        assert_eq!(bot.rows(1, "approval_reminder").await, ["0 builtin:ops superseded moved", "1 builtin:ops sent"]);
    })
    .await;
}

#[tokio::test]
async fn an_approved_window_waits_again_only_when_what_is_new_needs_it() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1").await;
        let anna = Role::Scheduler;
        for line in ["edit MW-1 title:\"Other\" downtime:1h", "extend MW-1 1h", "change add MW-1 \"Patch\""] {
            bot.say_as(anna, "anna", &format!("/maintenance {line}")).await;
            assert_eq!(bot.window(1).await.state, State::Scheduled, "{line}");
        }
        // Five days ahead and more: nothing speaks against it.
        bot.say_as(anna, "anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        assert_eq!(bot.window(1).await.state, State::Scheduled);
        bot.say_as(anna, "anna", "/maintenance reschedule MW-1 when:\"2026-12-06 14:00-16:00\" reason:\"now\"").await;
        assert_eq!(bot.window(1).await.state, State::Pending);
        // And what waits does not wait any more when it is moved to where it needs nobody.
        bot.say_as(anna, "anna", "/maintenance reschedule MW-1 when:\"2026-12-10 14:00-16:00\"").await;
        let window = bot.window(1).await;
        assert_eq!((window.state, window.request, window.published), (State::Scheduled, None, None));
        let moved = bot.texts("news").await.pop().expect("a post");
        assert!(moved.contains("planned for Wed 9 Dec 2026") && moved.contains("Thu 10 Dec 2026"), "{moved}");
    })
    .await;
}

#[tokio::test]
async fn while_a_change_waits_everybody_sees_what_was_approved_and_then_hears_of_the_move() {
    story(FROZEN, "2026-11-20 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Release\" from:2026-12-10 to:2026-12-12").await;
        bot.say_as(Role::Scheduler, "anna", &format!("{SCHEDULE} item:\"Patch\"")).await;
        bot.at("2026-12-02 09:00").await;
        let line = "/maintenance reschedule MW-1 when:\"2026-12-11 14:00-16:00\"";
        let hint = bot.hint_as(Role::Scheduler, "sam", line).await;
        bot.say_as(Role::Scheduler, "sam", &hint.replace("why it cannot wait", "vendor")).await;
        let window = bot.window(1).await;
        assert_eq!((window.state, window.sequence), (State::Pending, 1));
        assert_eq!(window.request.expect("a request").expires_at, utc("2026-12-08 14:00"), "the earlier start");
        assert_eq!(bot.page().await, ["MW-1 awaiting approval: Tue 8 Dec 2026 14:00–16:00 UTC"]);
        let issue = bot.issue(1).await;
        assert!(issue.open && issue.body.contains("Tue 8 Dec 2026"), "{}", issue.body);
        assert!(issue.body.to_lowercase().contains("approval"), "{}", issue.body);
        bot.at("2026-12-06 09:00").await;
        // Half of the six days and five hours.
        let asked = [
            "2026-12-02 09:00 MW-1 Upgrade: a change waits for approval",
            "2026-12-05 11:30 MW-1 Upgrade: a change still waits for approval",
        ];
        assert_timeline(&decisions(bot).await, &asked);
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1").await;
        assert_eq!(bot.page().await, ["MW-1 scheduled: Fri 11 Dec 2026 14:00–16:00 UTC"]);
        assert!(bot.issue(1).await.body.contains("Fri 11 Dec 2026"));
        bot.at("2026-12-11 13:00").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-06 09:00 Moved: Upgrade",
                "2026-12-08 14:00 Reminder: Upgrade",
                "2026-12-10 14:00 Reminder: Upgrade",
            ],
        );
        let moved = &bot.texts("crm").await[2];
        let says = ["planned for Tue 8 Dec 2026", "new time is Fri 11 Dec 2026", "vendor"];
        assert!(says.iter().all(|said| moved.contains(said)), "{moved}");
        assert_eq!(decisions(bot).await[2], "2026-12-06 09:00 sam: MW-1 Upgrade is approved");
    })
    .await;
}

#[tokio::test]
async fn approval_of_a_change_announces_to_whom_it_now_concerns() {
    story(FROZEN, "2026-11-20 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Release\" from:2026-12-07 to:2026-12-09 service:vpn").await;
        bot.say_as(Role::Scheduler, "anna", SCHEDULE).await;
        bot.at("2026-12-02 09:00").await;
        bot.say_as(Role::Scheduler, "sam", "/maintenance edit MW-1 service:crm,vpn reason:\"one switch\"").await;
        assert_timeline(&bot.timeline("vpn").await, &[]);
        bot.at("2026-12-03 09:00").await;
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1").await;
        bot.at("2026-12-08 13:00").await;
        let rungs = ["2026-12-05 14:00 Reminder: Upgrade", "2026-12-07 14:00 Reminder: Upgrade"];
        assert_timeline(
            &bot.timeline("vpn").await,
            &[&["2026-12-03 09:00 Planned maintenance: Upgrade"], &rungs[..]].concat(),
        );
        assert_timeline(
            &bot.timeline("crm").await[2..],
            &[&["2026-12-03 09:00 Changed: Upgrade"], &rungs[..]].concat(),
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_that_nobody_decides_on_or_that_is_rejected_calls_the_window_off_for_the_told() {
    for (decision, who) in
        [("", "was not decided in time"), ("/maintenance reject MW-1 reason:\"stay out\"", "is rejected")]
    {
        story(FROZEN, "2026-11-20 09:00", async |bot| {
            bot.say("boss", "/maintenance freeze add \"Release\" from:2026-12-04 to:2026-12-05").await;
            bot.say_as(Role::Scheduler, "anna", SCHEDULE).await;
            bot.at("2026-12-02 09:00").await;
            let move_ = "/maintenance reschedule MW-1 when:\"2026-12-04 14:00-16:00\" reason:\"vendor\"";
            bot.say_as(Role::Scheduler, "sam", move_).await;
            bot.at("2026-12-04 13:59").await;
            assert_eq!(bot.window(1).await.state, State::Pending);
            if !decision.is_empty() {
                bot.say_as(Role::Approver, "boss", decision).await;
            }
            bot.at("2026-12-04 14:00").await;
            assert_eq!(bot.window(1).await.state, State::Cancelled, "at the earlier, new start");
            let last = bot.timeline("crm").await.pop().expect("a post");
            assert!(last.ends_with("Cancelled: Upgrade") && last.starts_with("2026-12-04"), "{last}");
            let post = bot.texts("crm").await.pop().expect("a post");
            assert!(post.contains("planned for Tue 8 Dec 2026"), "the move was never told: {post}");
            assert_eq!(post.contains("stay out"), !decision.is_empty(), "{post}");
            let told = decisions(bot).await.pop().expect("a decision");
            assert!(told.ends_with(&format!("sam: MW-1 Upgrade {who}")), "{told}");
            assert!(!bot.issue(1).await.open);
            assert_eq!(bot.page().await, ["MW-1 cancelled: Tue 8 Dec 2026 14:00–16:00 UTC"]);
        })
        .await;
    }
}

#[tokio::test]
async fn cancelling_what_waits_needs_nobody_and_ends_the_asking() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.say_as(Role::Scheduler, "anna", "/maintenance cancel MW-1 reason:\"not needed\"").await;
        bot.at("2026-12-08 15:00").await;
        assert_timeline(&bot.timeline("ops").await, &["2026-12-04 12:00 MW-1 Upgrade: waits for approval"]);
        assert_timeline(&bot.timeline("news").await, &[]);
        assert_eq!(bot.page().await, [""; 0]);
    })
    .await;
}

/// As an emergency goes: asked for with a reason, approved by somebody else, told at once, reminded an hour before.
#[tokio::test]
async fn an_emergency_that_always_needs_approval_is_told_the_moment_it_is_approved() {
    story(SHORT, "2026-12-08 10:00", async |bot| {
        let line = "/maintenance schedule \"Hotfix\" service:crm kind:emergency when:\"today 14:00-15:00\" poc:@anna";
        let refused = bot.refused("root", &format!("{line} override:\"now\"")).await;
        assert!(refused.hint.as_deref().is_some_and(|hint| hint.contains("reason:")), "{}", refused.detail);
        bot.say_as(Role::Scheduler, "anna", &format!("{line} reason:\"leak\" item:\"Patch\"")).await;
        bot.at("2026-12-08 10:30").await;
        assert_timeline(&bot.timeline("news").await, &[]);
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-1").await;
        bot.at("2026-12-08 14:05").await;
        assert_timeline(
            &bot.timeline("news").await,
            &[
                "2026-12-08 10:30 Emergency maintenance: Hotfix",
                "2026-12-08 13:00 Reminder: Hotfix",
                "2026-12-08 14:00 Started: Hotfix",
            ],
        );
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

/// `override:` sets aside what refuses, never what needs an approver.
#[tokio::test]
async fn an_admin_overrides_nothing_that_needs_approval() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        let refused = bot.refused("root", &format!("{SCHEDULE} override:\"now\"")).await;
        assert!(refused.hint.as_deref().is_some_and(|hint| hint.contains("reason:")), "{}", refused.detail);
        bot.say("root", &format!("{SCHEDULE} override:\"now\" reason:\"leak\"")).await;
        assert_eq!(bot.window(1).await.state, State::Pending);
        // What refuses is not waved through by an approver.
        bot.say("boss", "/maintenance freeze add \"Release\" from:2026-12-08 to:2026-12-08").await;
        let refused = bot.refused_as(
            Role::Scheduler,
            "lee",
            "/maintenance schedule \"B\" service:vpn when:\"2026-12-08 18:00-19:00\" reason:\"now\"",
        );
        assert!(refused.await.detail.contains("FR-1"));
    })
    .await;
}

#[tokio::test]
async fn what_waits_cannot_be_run_and_says_what_is_possible() {
    story(SHORT, "2026-12-08 13:45", async |bot| {
        bot.say_as(Role::Scheduler, "anna", &format!("{SCHEDULE} reason:\"now\"")).await;
        for line in ["start", "verify", "complete", "ack", "remind", "extend 1h", "note hello"] {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let refused = bot.refused("root", &format!("/maintenance {verb} MW-1 {rest}")).await;
            assert_eq!(refused.sort, "state", "{line}");
            assert!(refused.detail.contains("MW-1 is pending"), "{}", refused.detail);
            assert!(refused.detail.contains("anna moved it there"), "{}", refused.detail);
            assert!(refused.detail.contains("approve, reject"), "{}", refused.detail);
            assert_eq!(refused.hint.as_deref(), Some("/maintenance approve MW-1"));
        }
        let listed = bot.say("boss", "/maintenance list state:pending").await;
        assert_eq!(listed.windows, [WindowId(1)]);
    })
    .await;
}

#[tokio::test]
async fn down_over_the_reminder_and_the_start_it_is_called_off_when_it_is_up_again() {
    story(SHORT, "2026-12-04 12:00", async |bot| {
        asks(bot).await;
        bot.down_until("2026-12-08 18:00").await;
        assert_eq!(bot.window(1).await.state, State::Cancelled);
        let last = ["2026-12-08 18:00 anna: MW-1 Upgrade was not decided in time"];
        assert_timeline(&decisions(bot).await[1..], &last);
        assert_eq!(bot.rows(1, "approval_reminder").await.len(), 1);
        assert_timeline(&bot.timeline("news").await, &[]);
    })
    .await;
}
