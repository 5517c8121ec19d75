//! The texts about security advisories, and about the window that patches one.

use maintbot::domain::advisory::{Advisory, AdvisoryId, Disposition, Fix, Severity};
use maintbot::domain::event::What;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::notice::OPS;
use maintbot::domain::window::{Outcome, State, Window};
use maintbot::message::topic::{AdvisoryTopic, Topic, WindowTopic};

use super::{Ask, FACTS, items, window};
use crate::bot::utc;

/// Ops read where the messages of these tests go.
const STAFF: &str = "[server]\npublic_url = \"https://maintenance.example.com\"\n\n[organisation]\nname = \"Example\"\n\
     time_zone = \"Europe/Helsinki\"\nops = [\"builtin:news\"]\n\n[[service]]\nid = \"jira\"\nname = \"Jira\"\n";

/// Under embargo until Thursday 10 December 2026, 14:00 in Helsinki.
pub fn advisory(disposition: Disposition) -> Advisory {
    Advisory {
        id: AdvisoryId(7),
        title: "OpenSSL".into(),
        ids: vec!["CVE-2026-1".into()],
        severity: Some(Severity::Critical),
        disposition,
        services: vec!["jira".into()],
        window: None,
        details: "heap overflow".into(),
        public: "Traffic was filtered.".into(),
        publish_at: Some(utc("2026-12-10 12:00")),
        published_at: None,
        withdrawn_at: None,
        withdrawn_because: String::new(),
        requester: "anna".into(),
        place: "console".into(),
        created_at: utc("2026-12-08 09:00"),
    }
}

/// The first word about the window that patches it, at `now` (UTC).
pub fn announced(now: &str) -> String {
    let title = "Emergency security maintenance".into();
    let mut topic = WindowTopic::new(Window { title, ..window() }, items());
    topic.advisory = Some(advisory(Disposition::PatchNow));
    Ask::new(MessageKind::Announcement, now).told(&Topic::Window(Box::new(topic))).replace(FACTS, "(the facts)")
}

fn topic(disposition: Disposition, window: Option<Window>) -> Topic {
    let waits = Fix { service: "jira".into(), place: None, after: utc("2026-12-08 09:00"), fixed_at: None };
    let fixes = if disposition == Disposition::Mitigated { vec![(waits, None)] } else { Vec::new() };
    Topic::Advisory(Box::new(AdvisoryTopic { advisory: advisory(disposition), window, fixes }))
}

#[test]
fn staff_read_the_details_and_when_everybody_else_hears() {
    let ask = Ask::new(MessageKind::Advisory, "2026-12-08 10:00").to(OPS).under(STAFF);
    insta::assert_snapshot!(ask.told(&topic(Disposition::Mitigated, None)), @r"
    Under embargo: AD-7 OpenSSL (CVE-2026-1)

    For staff only: everybody else hears of it Thu 10 Dec 2026 14:00 Europe/Helsinki (12:00 UTC). Do not pass it on.

    It is mitigated already.

    heap overflow

    What everybody reads then:

    Traffic was filtered.

    The permanent fix for Jira goes into the next break; none is planned yet.

    Severity: critical
    Services: Jira
    Details:  https://maintenance.example.com/advisories/AD-7
    ");
}

#[test]
fn what_was_patched_under_embargo_is_told_when_that_ends() {
    let mut w = window();
    w.state = State::Completed;
    w.outcome = Some(Outcome::Success);
    w.actual_end = Some(utc("2026-12-08 13:10"));
    let ask = Ask::new(MessageKind::Advisory, "2026-12-10 12:00");
    insta::assert_snapshot!(ask.told(&topic(Disposition::PatchNow, Some(w))), @r"
    Security advisory: OpenSSL (CVE-2026-1)

    We patched it as soon as we knew, Tue 8 Dec 2026: MW-1 Jira 10.3 upgrade, Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC).

    Traffic was filtered.

    Severity: critical
    Services: Jira
    Details:  https://maintenance.example.com/advisories/AD-7
    ");
}

#[test]
fn one_that_is_taken_back_says_why() {
    let what = What::Withdrawn { reason: "it does not concern us".into() };
    let ask = Ask::new(MessageKind::Advisory, "2026-12-11 12:00").because(AdvisoryId(7), what);
    insta::assert_snapshot!(ask.told(&topic(Disposition::Patched, None)), @r"
    Withdrawn: OpenSSL (CVE-2026-1)

    AD-7 was taken back. Reason: it does not concern us
    ");
}

#[test]
fn a_message_that_did_not_arrive_is_named_without_what_it_is_about() {
    let (message, channel) = (MessageKind::Advisory, "slack:#all".to_owned());
    let (error, remedy) = ("channel_not_found".into(), String::new());
    let what = What::DeliveryFailed { message, channel, error, remedy };
    let ask = Ask::new(MessageKind::DeliveryFailed, "2026-12-08 10:00").because(AdvisoryId(7), what);
    insta::assert_snapshot!(ask.told(&topic(Disposition::Mitigated, None)), @r"
    AD-7: the security advisory could not be delivered to slack:#all

    Reason: channel_not_found

    Please tell its readers yourself. What it is about:

        /maintenance advisory show AD-7
    ");
}
