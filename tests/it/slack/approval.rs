//! What waits for an approver is decided below its request, by somebody else than who asked.

use maintbot::domain::access::{Actor, Role};
use maintbot::domain::window::State;

use super::{Hub, story};

const AT: &str = "2026-12-01 09:00";
/// Asked for later than five days before, an approver decides. Dora plans and decides.
const SHORT: &str = r#"
dora.slack = "U0DORA"

[policy.scheduled]
notice = "5d"
approval = ["short_notice"]
"#;
/// Thursday 3 December 2026, two days after it is asked for.
const WINDOW: &str = "schedule \"Jira 10.3\" service:jira when:\"2026-12-03 14:00-16:00\" tz:UTC poc:@carla \
                      reason:\"security fix\"";

/// `user` asks for MW-1 on Slack; the request stands in ops.
async fn asked_by(hub: &Hub, user: &str) {
    let said = hub.command(user, "#dev", WINDOW).await;
    assert!(said.text().contains("MW-1 “Jira 10.3” waits for approval"), "{said}");
    assert_eq!(hub.bot.window(1).await.state, State::Pending);
    assert_eq!(hub.headings("#ops"), ["MW-1 Jira 10.3: waits for approval"]);
    assert_eq!(hub.newest("#ops").buttons(), ["approve", "reject", "ledger"]);
    assert!(hub.headings("#ce").is_empty(), "nobody hears of it yet");
}

/// Somebody presses a button of the request and hears why not; nothing changes.
async fn may_not(hub: &Hub, user: &str, action: &str, why: &str) {
    let (everything, before) = (hub.bot.everything().await, hub.whispers(user).len());
    hub.press(user, "#ops", action).await;
    let said = hub.whispers(user).split_off(before).join("\n");
    assert!(said.contains(why), "{user} {action}: {said}");
    assert!(hub.fake.view(user).is_none(), "{user} {action}: nothing to fill in");
    assert_eq!(hub.bot.everything().await, everything, "{user} {action}");
}

#[tokio::test]
async fn somebody_else_approves_and_never_who_asked() {
    story(SHORT, AT, async |hub| {
        asked_by(hub, "ben").await;
        let request = hub.newest("#ops");
        assert!(request.plain().contains("ben asks for it: security fix"), "{}", request.plain());
        for action in ["approve", "reject"] {
            may_not(hub, "ben", action, "needs the role approver").await;
            may_not(hub, "eve", action, "needs the role approver").await;
        }
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        let request = hub.fake.message("#ops", &request.ts);
        assert!(request.buttons().is_empty(), "it is decided");
        let said = request.plain();
        assert!(
            said.starts_with("MW-1 Jira 10.3: approved\ndan approved it.\nben asked for it: security fix"),
            "{said}"
        );
        assert!(!said.contains("/maintenance approve") && !said.contains("Decide before"), "{said}");
        // It starts in two days: it is announced now.
        assert_eq!(hub.headings("#ce").first().map(String::as_str), Some("Planned maintenance: Jira 10.3"));
        let direct: Vec<_> =
            hub.fake.posts("@ben").iter().map(super::super::fake::slack::state::Message::plain).collect();
        assert_eq!(direct.len(), 1, "{direct:#?}");
        assert!(direct[0].starts_with("ben: MW-1 Jira 10.3 is approved"), "{direct:#?}");
        assert!(direct[0].contains("dan approved it."), "{direct:#?}");
        assert!(hub.fake.posts("@dan").is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_admin_who_asked_does_not_decide() {
    story(SHORT, AT, async |hub| {
        asked_by(hub, "anna").await;
        for action in ["approve", "reject"] {
            may_not(hub, "anna", action, "You asked for MW-1, so somebody else decides: dan.").await;
        }
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn who_asked_somewhere_else_is_the_same_person() {
    story(SHORT, AT, async |hub| {
        let line = format!("/maintenance {WINDOW}");
        let answer = hub.bot.run_in("console", Actor::with_role("anna", Role::Scheduler), &line, None).await;
        assert!(matches!(answer, maintbot::service::Answer::Done(_)), "{answer:?}");
        hub.calm().await;
        may_not(hub, "anna", "approve", "You asked for MW-1, so somebody else decides: dan.").await;
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn rejecting_asks_why_and_the_requester_hears_it() {
    story(SHORT, AT, async |hub| {
        asked_by(hub, "ben").await;
        let request = hub.newest("#ops");
        hub.press("dan", "#ops", "reject").await;
        assert_eq!(hub.bot.window(1).await.state, State::Pending, "not before it is sent in");
        let sent = hub.fake.submit("dan", &[("reason", "Payroll runs then.")]).await;
        assert!(sent.body.is_null(), "{sent}");
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.state, State::Cancelled);
        let request = hub.fake.message("#ops", &request.ts);
        assert!(request.buttons().is_empty());
        let said = request.plain();
        let decided = "MW-1 Jira 10.3: rejected\ndan rejected it, and it is called off.\nReason: Payroll runs then.\n";
        assert!(said.starts_with(decided), "{said}");
        assert!(said.contains("ben asked for it: security fix") && !said.contains("/maintenance reject"), "{said}");
        let direct: Vec<_> =
            hub.fake.posts("@ben").iter().map(super::super::fake::slack::state::Message::plain).collect();
        assert_eq!(direct.len(), 1, "{direct:#?}");
        assert!(direct[0].starts_with("ben: MW-1 Jira 10.3 is rejected"), "{direct:#?}");
        assert!(direct[0].contains("dan rejected it") && direct[0].contains("Payroll runs then."), "{direct:#?}");
        assert!(hub.headings("#ce").is_empty(), "nobody was told, so nobody is told otherwise");
    })
    .await;
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_does() {
    story(SHORT, AT, async |hub| {
        asked_by(hub, "ben").await;
        let request = hub.newest("#ops");
        tokio::join!(hub.fake.press("dan", &request, "approve"), hub.fake.press("anna", &request, "approve"));
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        let told = [hub.whispers("dan"), hub.whispers("anna")].concat();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!(hub.fake.posts("@ben").len(), 1);
        // On a screen that is late it can still be rejected, and is not.
        hub.fake.press("dan", &request, "reject").await;
        hub.calm().await;
        assert!(hub.fake.view("dan").is_none());
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_what_was_approved_waits_with_what_is_known_in_sight() {
    story(SHORT, AT, async |hub| {
        hub.command("ben", "#dev", &WINDOW.replace("2026-12-03", "2026-12-10")).await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        hub.calm().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3"]);
        hub.command("ben", "#dev", "reschedule MW-1 when:\"2026-12-04 14:00-16:00\" reason:\"the fix is urgent\"")
            .await;
        assert_eq!(
            hub.headings("#ops").last().map(String::as_str),
            Some("MW-1 Jira 10.3: a change waits for approval")
        );
        let known = hub.newest("#ce");
        assert!(known.plain().contains("Thu 10 Dec 2026") && !known.plain().contains("4 Dec"), "{}", known.plain());
        assert!(!known.buttons().contains(&"approve".to_owned()), "readers decide nothing");
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.headings("#ce")[1], "Moved: Jira 10.3");
        assert!(!hub.fake.posts("#ce")[0].plain().contains("10 Dec"), "the old time is gone");
    })
    .await;
}

#[tokio::test]
async fn each_phase_of_a_plan_is_decided_below_its_request_or_all_by_a_command() {
    story(SHORT, AT, async |hub| {
        hub.command("ben", "#dev", "plan new \"Upgrade\"").await;
        for (title, day) in [("Germany", "03"), ("Singapore", "04"), ("France", "05")] {
            let when = format!("when:\"2026-12-{day} 14:00-16:00\" tz:UTC");
            hub.command("ben", "#dev", &format!("schedule {title} service:jira {when} poc:@carla plan:PL-1")).await;
        }
        assert!(hub.headings("#ops").iter().all(|post| !post.contains("approval")), "a draft asks for nothing");
        hub.command("ben", "#dev", "plan publish PL-1 reason:\"security fix\"").await;
        let requests: Vec<_> =
            hub.fake.posts("#ops").into_iter().filter(|post| post.buttons().contains(&"approve".to_owned())).collect();
        assert_eq!(requests.len(), 3, "one for each phase");
        hub.fake.press("dan", &requests[1], "approve").await;
        hub.calm().await;
        assert_eq!(hub.bot.window(2).await.state, State::Scheduled);
        assert_eq!(hub.bot.window(1).await.state, State::Pending);
        hub.command("dan", "#ops", "approve PL-1").await;
        for id in [1, 2, 3] {
            assert_eq!(hub.bot.window(id).await.state, State::Scheduled, "MW-{id}");
        }
        assert!(hub.fake.posts("#ops").iter().all(|post| !post.buttons().contains(&"approve".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn a_reminder_can_be_decided_on_and_the_request_before_it_no_more() {
    story(SHORT, AT, async |hub| {
        asked_by(hub, "ben").await;
        // 53 hours are left at 09:00.
        hub.at("2026-12-02 11:30").await;
        hub.calm().await;
        let posts = hub.fake.posts("#ops");
        assert_eq!(
            hub.headings("#ops"),
            ["MW-1 Jira 10.3: waits for approval", "MW-1 Jira 10.3: still waits for approval"]
        );
        assert_eq!(
            (posts[0].buttons().len(), posts[1].buttons()),
            (0, vec!["approve".into(), "reject".into(), "ledger".into()])
        );
        assert!(posts[0].plain().contains("Decide before"), "it is as open as it was: {}", posts[0].plain());
        hub.press("dan", "#ops", "approve").await;
        for post in &hub.fake.posts("#ops")[..2] {
            let said = post.plain();
            assert!(
                said.starts_with("MW-1 Jira 10.3: approved\ndan approved it.\nben asked for it: security fix"),
                "{said}"
            );
            assert!(!said.contains("Without a decision") && post.buttons().is_empty(), "{said}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_what_was_seen_is_decided_on() {
    story(SHORT, AT, async |hub| {
        asked_by(hub, "ben").await;
        let first = hub.newest("#ops");
        hub.command("ben", "#dev", "reschedule MW-1 when:\"2026-12-04 14:00-16:00\" tz:UTC reason:\"a day later\"")
            .await;
        assert_eq!(
            hub.headings("#ops"),
            ["MW-1 Jira 10.3: approval was asked for", "MW-1 Jira 10.3: waits for approval"]
        );
        assert_eq!(hub.fake.posts("#ops")[0].buttons(), [""; 0]);
        // On a screen that is late.
        hub.fake.press("dan", &first, "approve").await;
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.state, State::Pending);
        let told = hub.whispers("dan");
        assert_eq!(told.len(), 1);
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        let said = hub.newest("#ops").plain();
        assert!(said.contains("dan approved it.\nben asked for it: a day later"), "{said}");
    })
    .await;
}
