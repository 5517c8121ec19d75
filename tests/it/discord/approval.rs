//! What waits for an approver is decided below its request, by somebody else than who asked.

use maintbot::domain::access::{Actor, Role};
use maintbot::domain::window::State;

use super::{Hub, story, story_on_postgres};
use crate::fake::discord::state::Message;

const AT: &str = "2026-12-01 09:00";
/// Asked for later than five days before, an approver decides.
const SHORT: &str = r#"
[policy.scheduled]
notice = "5d"
approval = ["short_notice"]
"#;
/// Two hours of Thursday 3 December 2026, two days after they are asked for.
const SOON: &str = "2026-12-03 14:00-16:00";
/// The same as a line, as it is typed elsewhere.
const LINE: &str = "/maintenance schedule \"Jira 10.3\" service:jira when:\"2026-12-03 14:00-16:00\" tz:UTC poc:@carla reason:\"security fix\"";

async fn schedule(hub: &Hub, user: &str, when: &str) {
    let options = [
        ("title", "Jira 10.3"),
        ("service", "jira"),
        ("when", when),
        ("tz", "UTC"),
        ("poc", "carla"),
        ("reason", "security fix"),
    ];
    let said = hub.command(user, "#dev", "schedule", &options).await;
    assert!(said.plain().contains("MW-1 “Jira 10.3”"), "{said}");
}

/// `user` asks for MW-1 on Discord; the request stands in ops.
async fn asked_by(hub: &Hub, user: &str) -> Message {
    schedule(hub, user, SOON).await;
    assert_eq!(hub.bot.window(1).await.state, State::Pending);
    assert_eq!(hub.headings("#ops"), ["MW-1 Jira 10.3: waits for approval"]);
    let request = hub.newest("#ops");
    assert_eq!(request.buttons(), ["approve MW-1 0", "reject MW-1 0", "ledger MW-1"]);
    assert!(hub.headings("#ce").is_empty(), "nobody hears of it yet");
    request
}

/// Somebody presses a button of the request and hears why not, alone; nothing changes.
async fn may_not(hub: &Hub, user: &str, action: &str, why: &str) {
    let (everything, before) = (hub.bot.everything().await, hub.whispers(user).len());
    let reply = hub.press(user, "#ops", action).await;
    assert_ne!(reply.kind(), 9, "{user} {action}: nothing to fill in");
    let said = hub.whispers(user).split_off(before).join("\n");
    assert!(said.contains(why), "{user} {action}: {said}");
    assert_eq!(hub.bot.everything().await, everything, "{user} {action}");
}

fn direct(hub: &Hub, user: &str) -> Vec<String> {
    hub.fake.posts(&format!("@{user}")).iter().map(Message::plain).collect()
}

#[tokio::test]
async fn somebody_else_approves_and_the_request_says_so() {
    story(SHORT, AT, async |hub| {
        let request = asked_by(hub, "ben").await;
        assert!(request.plain().contains("ben asks for it: security fix"), "{}", request.plain());
        for action in ["approve", "reject"] {
            may_not(hub, "ben", action, "needs the role approver").await;
            may_not(hub, "eve", action, "needs the role approver").await;
        }
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        let request = hub.fake.now(&request);
        assert_eq!(request.buttons(), [""; 0], "it is decided");
        let said = request.plain();
        assert!(
            said.starts_with("MW-1 Jira 10.3: approved\ndan approved it.\n\nben asked for it: security fix"),
            "{said}"
        );
        assert!(!said.contains("/maintenance approve") && !said.contains("Decide before"), "{said}");
        // It starts in two days: it is announced now.
        assert_eq!(hub.headings("#ce").first().map(String::as_str), Some("Planned maintenance: Jira 10.3"));
        let told = direct(hub, "ben");
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("MW-1 Jira 10.3 is approved") && told[0].contains("dan approved it."), "{told:#?}");
        assert_eq!(direct(hub, "dan"), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn who_asked_does_not_decide_not_even_an_admin_and_wherever_it_was() {
    const WHY: &str = "You asked for MW-1, so somebody else decides: dan.";
    story(SHORT, AT, async |hub| {
        asked_by(hub, "anna").await;
        for action in ["approve", "reject"] {
            may_not(hub, "anna", action, WHY).await;
        }
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
    })
    .await;
    // Asked for in the console, by the same person.
    story(SHORT, AT, async |hub| {
        let answer = hub.bot.run_in("console", Actor::with_role("anna", Role::Scheduler), LINE, None).await;
        assert!(matches!(answer, maintbot::service::Answer::Done(_)), "{answer:?}");
        hub.calm().await;
        may_not(hub, "anna", "approve", WHY).await;
    })
    .await;
}

#[tokio::test]
async fn rejecting_asks_why_and_the_requester_hears_it() {
    story(SHORT, AT, async |hub| {
        let request = asked_by(hub, "ben").await;
        let form = hub.press("dan", "#ops", "reject").await;
        assert_eq!(form.modal().plain(), "Reject MW-1\n[Reason]");
        assert_eq!(hub.bot.window(1).await.state, State::Pending, "not before it is sent in");
        let said = hub.fill_in("dan", &form, &[("reason", "Payroll runs then.")]).await;
        assert!(said.hidden() && said.plain().contains("MW-1"), "{said}");
        assert_eq!(hub.bot.window(1).await.state, State::Cancelled);
        let request = hub.fake.now(&request);
        assert_eq!(request.buttons(), [""; 0]);
        let said = request.plain();
        let decided = "MW-1 Jira 10.3: rejected\ndan rejected it, and it is called off.";
        assert!(said.starts_with(decided) && said.contains("Reason: Payroll runs then."), "{said}");
        assert!(said.contains("ben asked for it: security fix") && !said.contains("/maintenance reject"), "{said}");
        let told = direct(hub, "ben");
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("MW-1 Jira 10.3 is rejected"), "{told:#?}");
        assert!(told[0].contains("dan rejected it") && told[0].contains("Payroll runs then."), "{told:#?}");
        assert_eq!(hub.headings("#ce"), [""; 0], "nobody was told, so nobody is told otherwise");
    })
    .await;
}

#[tokio::test]
async fn without_a_decision_it_is_called_off_at_its_start_and_the_request_says_so() {
    story(SHORT, AT, async |hub| {
        let request = asked_by(hub, "ben").await;
        hub.at("2026-12-03 13:59").await;
        assert_eq!(hub.bot.window(1).await.state, State::Pending);
        hub.at("2026-12-03 14:00").await;
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.state, State::Cancelled);
        for post in hub.fake.posts("#ops") {
            assert_eq!(post.buttons(), [""; 0], "{}", post.plain());
        }
        let said = hub.fake.now(&request).plain();
        assert!(
            said.starts_with(
                "MW-1 Jira 10.3: not decided in time\nNobody decided before it was too late, and it is called off."
            ),
            "{said}"
        );
        assert_eq!(hub.headings("#ce"), [""; 0]);
        let told = direct(hub, "ben");
        assert!(told.last().is_some_and(|last| last.contains("MW-1 Jira 10.3")), "{told:#?}");
        // On a screen that is late.
        hub.fake.press("dan", &request, "approve").await;
        hub.calm().await;
        let told = hub.whispers("dan").join("\n");
        assert!(told.contains("MW-1 is cancelled"), "{told}");
        assert_eq!(hub.bot.window(1).await.state, State::Cancelled);
    })
    .await;
}

/// Two decide at once: one does, the other is told.
async fn both_decide(hub: &Hub) {
    let request = asked_by(hub, "ben").await;
    tokio::join!(hub.fake.press("dan", &request, "approve"), hub.fake.press("anna", &request, "approve"));
    hub.calm().await;
    assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
    let told = [hub.whispers("dan"), hub.whispers("anna")].concat();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(direct(hub, "ben").len(), 1);
    // On a screen that is late it can still be rejected, and is not.
    let late = hub.fake.press("dan", &request, "reject").await;
    hub.calm().await;
    assert_ne!(late.kind(), 9, "{late}");
    assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_does() {
    story(SHORT, AT, both_decide).await;
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_does_on_postgresql() {
    story_on_postgres(SHORT, AT, both_decide).await;
}

#[tokio::test]
async fn only_what_was_seen_is_decided_on() {
    story(SHORT, AT, async |hub| {
        let first = asked_by(hub, "ben").await;
        let form = hub.press("dan", "#ops", "reject").await;
        let moved = [("window", "MW-1"), ("when", "2026-12-04 14:00-16:00"), ("tz", "UTC"), ("reason", "a day later")];
        hub.command("ben", "#dev", "reschedule", &moved).await;
        assert_eq!(
            hub.headings("#ops"),
            ["MW-1 Jira 10.3: approval was asked for", "MW-1 Jira 10.3: waits for approval"]
        );
        assert_eq!(hub.fake.now(&first).buttons(), [""; 0]);
        assert_eq!(hub.newest("#ops").buttons(), ["approve MW-1 1", "reject MW-1 1", "ledger MW-1"]);
        // On a screen that is late, and in a form that was open meanwhile.
        hub.fake.press("dan", &first, "approve").await;
        hub.fill_in("dan", &form, &[("reason", "Payroll runs then.")]).await;
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.state, State::Pending);
        let told = hub.whispers("dan");
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|said| said.contains("MW-1") && said.contains("changed")), "{told:#?}");
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        let said = hub.newest("#ops").plain();
        assert!(said.contains("dan approved it.\n\nben asked for it: a day later"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_change_of_what_was_approved_waits_with_what_is_known_in_sight() {
    story(SHORT, AT, async |hub| {
        schedule(hub, "ben", "2026-12-10 14:00-16:00").await;
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3"]);
        let moved = [("window", "MW-1"), ("when", "2026-12-04 14:00-16:00"), ("reason", "the fix is urgent")];
        hub.command("ben", "#dev", "reschedule", &moved).await;
        assert_eq!(
            hub.headings("#ops").last().map(String::as_str),
            Some("MW-1 Jira 10.3: a change waits for approval")
        );
        // 10 December and 4 December 2026 at 14:00 UTC.
        let (known, wanted) = ("<t:1796911200:F>", "<t:1796392800:F>");
        let said = hub.newest("#ce");
        assert!(said.plain().contains(known) && !said.plain().contains(wanted), "{}", said.plain());
        assert!(said.buttons().iter().all(|id| !id.starts_with("approve")), "readers decide nothing");
        hub.press("dan", "#ops", "approve").await;
        assert_eq!(hub.headings("#ce")[1], "Moved: Jira 10.3");
        let said = hub.fake.posts("#ce")[0].plain();
        assert!(said.contains(wanted) && !said.contains(known), "the old time is gone: {said}");
    })
    .await;
}

#[tokio::test]
async fn each_phase_of_a_plan_is_decided_below_its_request_or_all_by_a_command() {
    story(SHORT, AT, async |hub| {
        hub.command("ben", "#dev", "plan new", &[("title", "Upgrade")]).await;
        for (title, day) in [("Germany", "03"), ("Singapore", "04"), ("France", "05")] {
            let when = format!("2026-12-{day} 14:00-16:00");
            let options = [("title", title), ("service", "jira"), ("when", &*when), ("tz", "UTC"), ("plan", "PL-1")];
            hub.command("ben", "#dev", "schedule", &options).await;
        }
        assert!(hub.headings("#ops").iter().all(|post| !post.contains("approval")), "a draft asks for nothing");
        hub.command("ben", "#dev", "plan publish", &[("plan", "PL-1"), ("reason", "security fix")]).await;
        let waits = |post: &Message| post.buttons().iter().any(|id| id.starts_with("approve "));
        let requests: Vec<Message> = hub.fake.posts("#ops").into_iter().filter(waits).collect();
        assert_eq!(requests.len(), 3, "one for each phase");
        hub.fake.press("dan", &requests[1], "approve").await;
        hub.calm().await;
        assert_eq!(hub.bot.window(2).await.state, State::Scheduled);
        assert_eq!(hub.bot.window(1).await.state, State::Pending);
        hub.command("dan", "#ops", "approve", &[("window", "PL-1")]).await;
        for id in [1, 2, 3] {
            assert_eq!(hub.bot.window(id).await.state, State::Scheduled, "MW-{id}");
        }
        assert!(hub.fake.posts("#ops").iter().all(|post| !waits(post)));
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
        assert_eq!(posts[0].buttons(), [""; 0]);
        assert_eq!(posts[1].buttons(), ["approve MW-1 0", "reject MW-1 0", "ledger MW-1"]);
        assert!(posts[0].plain().contains("Decide before"), "it is as open as it was: {}", posts[0].plain());
        hub.press("dan", "#ops", "approve").await;
        for post in &hub.fake.posts("#ops")[..2] {
            let said = post.plain();
            assert!(said.starts_with("MW-1 Jira 10.3: approved\ndan approved it."), "{said}");
            assert!(!said.contains("Without a decision") && post.buttons().is_empty(), "{said}");
        }
    })
    .await;
}
