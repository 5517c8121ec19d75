//! What approvers, requesters and the owners of customers are asked and told.

use chrono::TimeDelta;
use maintbot::domain::customer::Told;
use maintbot::domain::event::What;
use maintbot::domain::finding::Finding;
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::notice::APPROVERS;
use maintbot::domain::window::{Outcome, Published, Request, State, Window, WindowId};
use maintbot::message::topic::{Topic, WindowTopic};

use super::staff::CONFIG as CUSTOMERS;
use super::{Ask, CONFIG, FACTS, items, window};
use crate::bot::utc;

/// Asked for by anna, with everything against it that a policy can name.
fn pending() -> Window {
    let mut w = window();
    w.state = State::Pending;
    w.request = Some(Request {
        sequence: 0,
        by: "anna".into(),
        place: "console".into(),
        at: utc("2026-12-01 09:00"),
        reason: "the vendor ends support".into(),
        findings: vec![
            Finding::ShortNotice {
                notice: "5wd".parse().expect("a lead"),
                by: utc("2026-12-01 12:00"),
                first_start: utc("2026-12-09 12:00"),
            },
            Finding::BusinessHours { regions: vec!["eu".into(), "apac".into()] },
            Finding::Freeze {
                id: FreezeId(2),
                title: "Year end".into(),
                days: "Fri 4 Dec 2026 to Thu 7 Jan 2027".into(),
            },
            Finding::Conflict {
                id: WindowId(3),
                title: "Database".into(),
                when: "Tue 8 Dec 2026 15:00–17:00 UTC".into(),
            },
            Finding::Close { id: WindowId(4), title: "Proxy".into(), gap_s: 1800 },
            Finding::Always,
        ],
        expires_at: utc("2026-12-08 12:00"),
        event: 7,
    });
    w
}

/// The same of a window that was approved for two days earlier, for Jira alone.
fn changed() -> Window {
    let mut w = pending();
    let mut before = window();
    before.span.starts_at -= TimeDelta::days(2);
    before.span.ends_at -= TimeDelta::days(2);
    w.published = Some(Published::of(&before));
    w.services.push("vpn".into());
    w.sequence = 1;
    if let Some(request) = &mut w.request {
        request.sequence = 1;
        request.findings.truncate(1);
        request.expires_at = before.span.starts_at;
    }
    w
}

fn to_approvers(message: MessageKind, now: &str, window: Window, config: &str) -> String {
    let ask = Ask::new(message, now).to(APPROVERS).under(config);
    ask.told(&Topic::window(window, items())).replace(FACTS, "(the facts)")
}

#[test]
fn the_text_of_approval_request() {
    let config = &CONFIG.replace("[[service]]", "[[region]]\nid = \"apac\"\nname = \"Asia-Pacific\"\n\n[[region]]\nid = \"eu\"\nname = \"Europe\"\n\n[roles]\nviewer = [\"*\"]\napprover = [\"boss\", \"anna\"]\n\n[[service]]");
    insta::assert_snapshot!(to_approvers(MessageKind::ApprovalRequest, "2026-12-01 09:00", pending(), config), @r#"
    MW-1 Jira 10.3 upgrade: waits for approval

    anna asks for it: the vendor ends support

    Why it needs approval:

    It is short notice: the notice is 5 working days, so it had to be asked for by Tue 1 Dec 2026 14:00 Europe/Helsinki (12:00 UTC); the first start in time is Wed 9 Dec 2026 14:00 Europe/Helsinki (12:00 UTC).

    It lies inside working hours in Europe and Asia-Pacific.

    It lies in the freeze FR-2 “Year end”, Fri 4 Dec 2026 to Thu 7 Jan 2027.

    MW-3 “Database” is at the same time: Tue 8 Dec 2026 15:00–17:00 UTC.

    Only 30m lie between it and MW-4 “Proxy”.

    Every window of its kind needs approval.

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           Europe
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1

    Decide before Tue 8 Dec 2026 14:00 Europe/Helsinki (12:00 UTC); without a decision it is called off then. May decide: boss, but never anna or mikko.

        /maintenance approve MW-1

        /maintenance reject MW-1 reason:"…"
    "#);
}

#[test]
fn a_request_to_approve_a_change_shows_what_was_approved_before_and_what_would_be_different() {
    insta::assert_snapshot!(to_approvers(MessageKind::ApprovalRequest, "2026-12-01 09:00", changed(), CONFIG), @r#"
    MW-1 Jira 10.3 upgrade: a change waits for approval

    anna asks for it: the vendor ends support

    Why it needs approval:

    It is short notice: the notice is 5 working days, so it had to be asked for by Tue 1 Dec 2026 14:00 Europe/Helsinki (12:00 UTC); the first start in time is Wed 9 Dec 2026 14:00 Europe/Helsinki (12:00 UTC).

    It was approved for Sun 6 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC), and that is what everybody sees until this is decided. What would change:

    When:     Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC) (was Sun 6 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC))
    Services: Jira, vpn (was Jira)

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira, vpn
    Regions:           eu
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1

    Decide before Sun 6 Dec 2026 14:00 Europe/Helsinki (12:00 UTC); without a decision it is called off then. May decide: every approver, but never anna or mikko.

        /maintenance approve MW-1

        /maintenance reject MW-1 reason:"…"
    "#);
}

#[test]
fn the_text_of_approval_reminder() {
    insta::assert_snapshot!(to_approvers(MessageKind::ApprovalReminder, "2026-12-05 10:30", changed(), CONFIG), @r#"
    MW-1 Jira 10.3 upgrade: a change still waits for approval

    Without a decision it is called off in 1 day, Sun 6 Dec 2026 14:00 Europe/Helsinki (12:00 UTC).

    anna asks for it: the vendor ends support

    Why it needs approval:

    It is short notice: the notice is 5 working days, so it had to be asked for by Tue 1 Dec 2026 14:00 Europe/Helsinki (12:00 UTC); the first start in time is Wed 9 Dec 2026 14:00 Europe/Helsinki (12:00 UTC).

    When:     Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC) (was Sun 6 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC))
    Services: Jira, vpn (was Jira)

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira, vpn
    Regions:           eu
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1

    May decide: every approver, but never anna or mikko.

        /maintenance approve MW-1

        /maintenance reject MW-1 reason:"…"
    "#);
}

fn decided(what: What, state: State) -> String {
    let w = Window { state, ..window() };
    let ask = Ask::new(MessageKind::ApprovalDecision, "2026-12-05 10:30").because(w.id, what);
    ask.told(&Topic::window(w, items())).replace(FACTS, "(the facts)")
}

#[test]
fn the_text_of_approval_decision() {
    let what = What::Approved { note: "Mind the backup.".into(), change: false };
    insta::assert_snapshot!(decided(what, State::Scheduled), @r"
    sam: MW-1 Jira 10.3 upgrade is approved

    anna approved it. It takes place as asked for, and is announced.

    Mind the backup.

    (the facts)
    ");
}

#[test]
fn a_decision_against_it_says_who_and_why_and_that_it_is_called_off() {
    let what = What::Rejected { reason: "Not before Christmas.".into() };
    insta::assert_snapshot!(decided(what, State::Cancelled), @r"
    sam: MW-1 Jira 10.3 upgrade is rejected

    anna rejected it, and it is called off.

    Reason: Not before Christmas.

    (the facts)
    ");
    insta::assert_snapshot!(decided(What::Expired, State::Cancelled), @r"
    sam: MW-1 Jira 10.3 upgrade was not decided in time

    Nobody approved it before it was too late, and it is called off.

    (the facts)
    ");
}

/// Said to sam, who owns Acme and Globex, of which Globex is told.
fn to_sam(message: MessageKind, now: &str, change: impl FnOnce(&mut WindowTopic)) -> String {
    let mut topic = WindowTopic::new(window(), items());
    topic.told = vec![Told { customer: "GLOBEX".into(), round: 0, by: "sam".into(), at: utc("2026-12-01 10:00") }];
    change(&mut topic);
    Ask::new(message, now).under(CUSTOMERS).told(&Topic::Window(Box::new(topic)))
}

#[test]
fn the_text_of_told_request() {
    insta::assert_snapshot!(to_sam(MessageKind::ToldRequest, "2026-12-01 09:00", |topic| topic.told.clear()), @r"
    sam: please tell your customers about MW-1 Jira 10.3 upgrade

    Customer   Contacts
    Acme Corp  ops@acme.example, +358 9 123
    Globex

    What to tell them:

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           Europe
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1

    When one of them knows, say so:

        /maintenance told MW-1 ACME

        /maintenance told MW-1 GLOBEX
    ");
}

#[test]
fn the_text_of_told_overdue() {
    insta::assert_snapshot!(to_sam(MessageKind::ToldOverdue, "2026-12-02 09:00", |_| {}), @r"
    sam: some of your customers do not know about MW-1 Jira 10.3 upgrade yet

    It starts in 6 days.

    Customer   Contacts
    Acme Corp  ops@acme.example, +358 9 123

    What to tell them:

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           Europe
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1

    When one of them knows, say so:

        /maintenance told MW-1 ACME
    ");
}

#[test]
fn owners_are_asked_anew_after_a_move_a_cancellation_and_when_it_is_over() {
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let moved = to_sam(MessageKind::ToldRequest, "2026-12-02 09:00", |topic| topic.window.told_round = 1);
    assert!(moved.contains("/maintenance told MW-1 GLOBEX"), "a new round asks for all of them: {moved}");
    assert_eq!(first(moved), "sam: please tell your customers what changed in MW-1 Jira 10.3 upgrade");
    let off = to_sam(MessageKind::ToldRequest, "2026-12-02 09:00", |topic| topic.window.state = State::Cancelled);
    assert_eq!(first(off), "sam: please tell your customers that MW-1 Jira 10.3 upgrade is called off");
    let over = |topic: &mut WindowTopic| {
        topic.window.state = State::Completed;
        topic.window.outcome = Some(Outcome::RolledBack);
        topic.window.actual_end = Some(utc("2026-12-08 13:10"));
        topic.window.actual_downtime = Some(TimeDelta::minutes(22));
    };
    insta::assert_snapshot!(to_sam(MessageKind::ToldRequest, "2026-12-08 13:10", over), @r"
    sam: please tell your customers that MW-1 Jira 10.3 upgrade is over

    Customer   Contacts
    Acme Corp  ops@acme.example, +358 9 123

    What to tell them:

    The maintenance ended Tue 8 Dec 2026 15:10 Europe/Helsinki (13:10 UTC); the change was taken back. The real downtime was 22m.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           Europe
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1

    When one of them knows, say so:

        /maintenance told MW-1 ACME
    ");
    let late = to_sam(MessageKind::ToldOverdue, "2026-12-09 13:10", over);
    assert_eq!(first(late), "sam: some of your customers do not know yet that MW-1 Jira 10.3 upgrade is over");
}

#[test]
fn while_a_change_waits_the_public_reads_the_approved_facts_and_nothing_of_the_change() {
    for message in [MessageKind::Announcement, MessageKind::Reminder, MessageKind::Note, MessageKind::ChangeList] {
        let text = Ask::new(message, "2026-12-05 12:00")
            .to("public")
            .under(CUSTOMERS)
            .told(&Topic::window(changed(), items()));
        assert!(text.contains("Sun 6 Dec 2026 14:00"), "{message}: {text}");
        assert!(
            !text.contains("8 Dec 2026 14:00") && !text.contains("vpn") && !text.contains("approv"),
            "{message}: {text}"
        );
    }
    let post = Ask::new(MessageKind::Announcement, "2026-12-05 12:00").retold(&Topic::window(changed(), items()));
    assert!(!post.contains("Updated:"), "{post}");
}
