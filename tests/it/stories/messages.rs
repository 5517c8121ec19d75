//! The text of every message, as its readers get it: one snapshot per template and variant.

mod advisories;
mod asked;
mod hostile;
mod issues;
mod phases;
mod plans;
mod staff;
mod variants;
mod words;
mod worth;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::TimeDelta;
use maintbot::config::Config;
use maintbot::domain::advisory::AdvisoryId;
use maintbot::domain::calendar::{Span, Zone};
use maintbot::domain::change::{ChangeItem, ChangeList, Done, ItemKind};
use maintbot::domain::event::{Event, FieldChange, ItemRef, What};
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::notice;
use maintbot::domain::organisation::{Channel, Organisation};
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Downtime, Kind, Outcome, State, Window, WindowId};
use maintbot::message::audience::{Telling, Templates};
use maintbot::message::topic::Topic;

use crate::bot::utc;

const CONFIG: &str = r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
name = "Example"
time_zone = "Europe/Helsinki"

[[service]]
id = "jira"
name = "Jira"
"#;

fn organisation(config: &str) -> Organisation {
    let none: [(String, String); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), config, none).expect("a configuration").organisation
}

fn helsinki() -> Zone {
    Zone::named("Europe/Helsinki").expect("a zone")
}

fn downtime(text: &str) -> Downtime {
    text.parse().expect("a downtime")
}

/// Tuesday 8 December 2026, 14:00 to 16:00 in Helsinki.
fn window() -> Window {
    let early = utc("2026-11-01 09:00");
    Window {
        id: WindowId(1),
        title: "Jira 10.3 upgrade".into(),
        kind: Kind(Kind::SCHEDULED.into()),
        services: vec!["jira".into()],
        environment: "production".into(),
        regions: vec!["eu".into()],
        span: Span { starts_at: utc("2026-12-08 12:00"), ends_at: utc("2026-12-08 14:00"), zone: helsinki() },
        downtime: Some(downtime("15m")),
        downtimes: BTreeMap::new(),
        impact: "Jira is unavailable for a while.".into(),
        category: None,
        rollback: String::new(),
        customers: Vec::new(),
        links: vec!["https://wiki.example.com/jira".into()],
        poc: Some("mikko".into()),
        requester: "mikko".into(),
        place: "console".into(),
        state: State::Scheduled,
        outcome: None,
        sequence: 0,
        sequence_at: early,
        revision: 0,
        actual_start: None,
        actual_end: None,
        actual_downtime: None,
        attended_at: None,
        no_shows: 0,
        overruns: 0,
        created_at: early,
        plan: None,
        series: None,
        occurrence: None,
        detached: false,
        published: None,
        request: None,
        told_round: 0,
    }
}

fn items() -> ChangeList {
    let item = |number: i64, text: &str, assignee: Option<&str>, done: bool| ChangeItem {
        number,
        text: text.into(),
        kind: ItemKind::Other,
        from_version: None,
        to_version: None,
        advisories: Vec::new(),
        assignee: assignee.map(str::to_owned),
        parent: None,
        done: done.then(|| Done { by: "anna".into(), at: utc("2026-12-08 12:20") }),
        late: false,
        created_at: utc("2026-11-01 09:00"),
    };
    ChangeList(vec![item(1, "Jira to 10.3.2", None, true), item(2, "Rebuild the index", Some("sam"), false)])
}

fn moved(changes: Vec<FieldChange>) -> What {
    What::Moved {
        from_start: utc("2026-12-06 12:00"),
        from_end: utc("2026-12-06 14:00"),
        from_zone: helsinki(),
        changes,
        reason: "a release is late".into(),
    }
}

/// A message as it is asked for: what it is about, to whom, when, and because of what.
struct Ask<'a> {
    message: MessageKind,
    audience: &'a str,
    /// UTC.
    now: &'a str,
    config: &'a str,
    events: Vec<(Subject, What)>,
}

impl<'a> Ask<'a> {
    fn new(message: MessageKind, now: &'a str) -> Self {
        Self { message, audience: "@sam", now, config: CONFIG, events: Vec::new() }
    }

    fn to(self, audience: &'a str) -> Self {
        Self { audience, ..self }
    }

    fn under(self, config: &'a str) -> Self {
        Self { config, ..self }
    }

    fn because(mut self, subject: impl Into<Subject>, what: What) -> Self {
        self.events.push((subject.into(), what));
        self
    }

    fn told(self, topic: &Topic) -> String {
        self.tell(topic, 0, false)
    }

    /// The post of a row made under sequence 0, brought in step.
    fn retold(self, topic: &Topic) -> String {
        self.tell(topic, 0, true)
    }

    fn tell(self, topic: &Topic, sequence: i64, retold: bool) -> String {
        let organisation = organisation(self.config);
        let now = utc(self.now);
        let occasion = if matches!(self.message, MessageKind::NoShow | MessageKind::Overrun) { "+15m" } else { "7" };
        let channel = Channel::Builtin("news".into());
        let plan = notice::owed(sequence, self.message, occasion, self.audience, channel, now);
        let event = |(id, (subject, what)): (i64, (Subject, What))| Event {
            id,
            at: now,
            subject,
            actor: "anna".into(),
            place: "console".into(),
            what,
        };
        let events: Vec<Event> = (7..).zip(self.events).map(event).collect();
        let telling = Telling { plan: &plan, topic, events: &events, organisation: &organisation, now, retold: false };
        let templates = Templates::builtin().expect("templates");
        let message = if retold { templates.retell(&telling) } else { templates.tell(&telling) };
        message.expect("a message").plain()
    }
}

/// What most messages end with; spelled out once, in the announcement.
const FACTS: &str = "\
When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
Services:          Jira
Regions:           eu
Expected downtime: up to 15m inside a 2h window
Contact:           mikko
More:              https://wiki.example.com/jira
Details:           https://maintenance.example.com/windows/MW-1";

fn told(message: MessageKind, now: &str, what: Option<What>, change: impl FnOnce(&mut Window)) -> String {
    whole(message, now, what, change).replace(FACTS, "(the facts)")
}

/// The text of a message at `now` (UTC), caused by an event where there is one.
fn whole(message: MessageKind, now: &str, what: Option<What>, change: impl FnOnce(&mut Window)) -> String {
    let mut window = window();
    change(&mut window);
    let ask = Ask::new(message, now);
    let ask = match what {
        Some(what) => ask.because(window.id, what),
        None => ask,
    };
    ask.told(&Topic::window(window, items()))
}

#[test]
fn the_text_of_announcement() {
    insta::assert_snapshot!(whole(MessageKind::Announcement, "2026-11-24 12:00", None, |_| {}), @r"
    Planned maintenance: Jira 10.3 upgrade

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           eu
    Expected downtime: up to 15m inside a 2h window
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn the_text_of_reminder() {
    insta::assert_snapshot!(told(MessageKind::Reminder, "2026-12-07 12:00", None, |_| {}), @r"
    Reminder: Jira 10.3 upgrade

    It starts in 1 day.

    Jira is unavailable for a while.

    (the facts)
    ");
}

#[test]
fn the_text_of_change_list() {
    insta::assert_snapshot!(told(MessageKind::ChangeList, "2026-12-08 12:30", None, |_| {}), @r"
    Change list for Jira 10.3 upgrade (MW-1), 2 items

    (the facts)

    [x] 1. Jira to 10.3.2 — done by anna, Tue 8 Dec 2026 14:20 Europe/Helsinki (12:20 UTC)
    [ ] 2. Rebuild the index — sam
    ");
}

#[test]
fn the_text_of_change_list_update() {
    insta::assert_snapshot!(told(MessageKind::ChangeListUpdate, "2026-12-08 12:30", Some(What::ItemsAdded { items: vec![ItemRef { number: 3, text: "Plugins".into() }], late: true }), |_| {}), @r"
    The change list of Jira 10.3 upgrade (MW-1) has changed

    Added: 3. Plugins

    (the facts)
    ");
}

#[test]
fn the_text_of_started() {
    insta::assert_snapshot!(told(MessageKind::Started, "2026-12-08 12:30", Some(What::Started { auto: true }), |w| w.state = State::InProgress), @r"
    Started: Jira 10.3 upgrade

    Jira is unavailable for a while.

    It should be over by Tue 8 Dec 2026 16:00 Europe/Helsinki (14:00 UTC).

    (the facts)
    ");
}

#[test]
fn the_text_of_moved() {
    insta::assert_snapshot!(told(MessageKind::Moved, "2026-12-08 12:30", Some(moved(Vec::new())), |_| {}), @r"
    Moved: Jira 10.3 upgrade

    It was planned for Sun 6 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC). The new time is Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC).

    Reason: a release is late

    (the facts)
    ");
}

#[test]
fn the_text_of_extended() {
    insta::assert_snapshot!(told(MessageKind::Extended, "2026-12-08 12:30", Some(What::Extended { by_s: 1800, from_end: utc("2026-12-08 13:30"), to_end: utc("2026-12-08 14:00"), reason: "index rebuild".into() }), |w| w.state = State::InProgress), @r"
    Extended by 30m: Jira 10.3 upgrade

    It was to end Tue 8 Dec 2026 15:30 Europe/Helsinki (13:30 UTC) and now ends Tue 8 Dec 2026 16:00 Europe/Helsinki (14:00 UTC).

    Reason: index rebuild

    (the facts)
    ");
}

#[test]
fn the_text_of_cancelled() {
    insta::assert_snapshot!(told(MessageKind::Cancelled, "2026-12-08 12:30", Some(What::Cancelled { reason: "the vendor withdrew it".into() }), |w| w.state = State::Cancelled), @r"
    Cancelled: Jira 10.3 upgrade

    The maintenance planned for Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC) will not take place.

    Reason: the vendor withdrew it

    Services: Jira
    Regions:  eu
    Contact:  mikko
    More:     https://wiki.example.com/jira
    Details:  https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn the_text_of_completed() {
    insta::assert_snapshot!(told(MessageKind::Completed, "2026-12-08 12:30", Some(What::Completed { outcome: Outcome::RolledBack, note: "The index was corrupt; we try again next week.".into(), downtime_s: None, open: vec![2], auto: false }), |w| { w.state = State::Completed; w.outcome = Some(Outcome::RolledBack); w.actual_end = Some(utc("2026-12-08 13:10")); w.actual_downtime = Some(TimeDelta::minutes(22)); }), @r"
    Rolled back: Jira 10.3 upgrade

    The maintenance ended Tue 8 Dec 2026 15:10 Europe/Helsinki (13:10 UTC); the change was taken back. The real downtime was 22m; expected: up to 15m.

    The index was corrupt; we try again next week.

    (the facts)
    ");
}

#[test]
fn the_text_of_note() {
    insta::assert_snapshot!(told(MessageKind::Note, "2026-12-08 12:30", Some(What::Noted { text: "Database restored.\nVerifying now.".into(), internal: false }), |w| w.state = State::InProgress), @r"
    Update: Jira 10.3 upgrade

    Database restored.
    Verifying now.

    (the facts)
    ");
}

#[test]
fn the_text_of_starting() {
    insta::assert_snapshot!(told(MessageKind::Starting, "2026-12-08 11:45", None, |_| {}), @r"
    MW-1 Jira 10.3 upgrade starts in 15m

    mikko, this window is yours. Say that you are on it:

        /maintenance ack MW-1

    It starts by itself.

    Change list: 1 done, 1 open.

    (the facts)
    ");
}

#[test]
fn the_text_of_no_show() {
    insta::assert_snapshot!(told(MessageKind::NoShow, "2026-12-08 12:15", None, |w| w.state = State::InProgress), @r"
    MW-1 Jira 10.3 upgrade: nobody has done anything 15m after its start

    mikko, please say that you are on it:

        /maintenance ack MW-1

    (the facts)
    ");
}

#[test]
fn the_text_of_overrun() {
    insta::assert_snapshot!(told(MessageKind::Overrun, "2026-12-08 14:15", None, |w| w.state = State::InProgress), @r"
    MW-1 Jira 10.3 upgrade is running over, 15m past its end

    mikko, please report completion, or extend it:

        /maintenance complete MW-1 outcome:partial

        /maintenance extend MW-1 45m

    Change list: 1 done, 1 open.

    (the facts)
    ");
}

#[test]
fn the_text_of_confirm_completion() {
    insta::assert_snapshot!(told(MessageKind::ConfirmCompletion, "2026-12-08 12:30", Some(What::Verifying { all_done: true }), |w| w.state = State::Verifying), @r"
    MW-1 Jira 10.3 upgrade: every change item is reported done

    mikko, please check that everything works, then confirm:

        /maintenance complete MW-1

    (the facts)
    ");
}

#[test]
fn the_text_of_empty_list() {
    insta::assert_snapshot!(told(MessageKind::EmptyList, "2026-12-08 12:30", None, |_| {}), @r#"
    MW-1 Jira 10.3 upgrade has no change list yet

    mikko, please write down what will be done:

        /maintenance change add MW-1 "…"

    (the facts)
    "#);
}

#[test]
fn the_text_of_no_poc() {
    insta::assert_snapshot!(told(MessageKind::NoPoc, "2026-12-08 12:30", None, |w| w.poc = None), @r"
    MW-1 Jira 10.3 upgrade is being announced and has no point of contact

    Whom should people ask? Name somebody:

        /maintenance edit MW-1 poc:@name

    When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
    Services:          Jira
    Regions:           eu
    Expected downtime: up to 15m inside a 2h window
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn the_text_of_delivery_failed() {
    insta::assert_snapshot!(told(MessageKind::DeliveryFailed, "2026-12-08 12:30", Some(What::DeliveryFailed { message: MessageKind::ChangeList, channel: "log:audit".into(), error: "no such channel".into(), remedy: String::new() }), |_| {}), @r"
    MW-1 Jira 10.3 upgrade: the change list could not be delivered to log:audit

    Reason: no such channel

    Please tell its readers yourself. What was sent, and what was not:

        /maintenance reminders MW-1
    ");
}

#[test]
fn the_text_of_assigned() {
    insta::assert_snapshot!(told(MessageKind::Assigned, "2026-12-08 12:30", Some(What::ItemAssigned { number: 2, text: "Rebuild the index".into(), assignee: Some("sam".into()) }), |_| {}), @r"
    sam: you have work in MW-1 Jira 10.3 upgrade

    [ ] 2. Rebuild the index — sam

    When it is done, say so with the item's number:

        /maintenance done MW-1 2

    (the facts)
    ");
}

#[test]
fn a_cancellation_for_those_left_out() {
    insta::assert_snapshot!(told(MessageKind::Cancelled, "2026-12-08 12:30", Some(moved(vec![FieldChange { field: "services".into(), from: "jira".into(), to: "vpn".into() }])), |_| {}), @r"
    No longer for you: Jira 10.3 upgrade

    The maintenance that was announced here no longer touches your services or regions.

    Reason: a release is late

    Services: Jira
    Regions:  eu
    Contact:  mikko
    More:     https://wiki.example.com/jira
    Details:  https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn a_move_that_changes_facts() {
    insta::assert_snapshot!(told(MessageKind::Moved, "2026-12-08 12:30", Some(What::Moved { from_start: utc("2026-12-08 12:00"), from_end: utc("2026-12-08 14:00"), from_zone: helsinki(), changes: vec![FieldChange { field: "services".into(), from: "jira".into(), to: "jira, vpn".into() }], reason: String::new() }), |_| {}), @r"
    Changed: Jira 10.3 upgrade

    What changed:

    services: jira, vpn (was jira)

    (the facts)
    ");
}

#[test]
fn no_show_of_a_window_that_was_not_started() {
    insta::assert_snapshot!(told(MessageKind::NoShow, "2026-12-08 12:15", None, |_| {}), @r"
    MW-1 Jira 10.3 upgrade has not been started, 15m after its planned start

    mikko, please start it, or call it off:

        /maintenance start MW-1

        /maintenance cancel MW-1

    (the facts)
    ");
}

#[test]
fn the_text_of_advisory() {
    insta::assert_snapshot!(advisories::announced("2026-12-08 10:00"), @r#"
    Emergency security maintenance

    Immediate patching of Jira today between 14:00 and 16:00. Estimated downtime: up to 15m.

    It closes a security weakness. Details are under embargo: we tell you Thu 10 Dec 2026 14:00 Europe/Helsinki (12:00 UTC).

    Jira is unavailable for a while.

    You do not have to do anything. If this time does not suit you, ask us to move it:

        /maintenance advisory object AD-7 reason:"…"

    (the facts)
    "#);
    let afterwards = advisories::announced("2026-12-10 12:00");
    assert!(afterwards.contains("It closes OpenSSL (CVE-2026-1), severity critical."), "{afterwards}");
}

#[test]
fn the_text_of_objection() {
    let what = What::Objected { advisory: AdvisoryId(7), reason: "our release is then".into() };
    insta::assert_snapshot!(told(MessageKind::Objection, "2026-12-08 10:00", Some(what), |_| {}), @r#"
    anna asks to move MW-1 Jira 10.3 upgrade

    Reason: our release is then

    Nothing has moved. To move it, or to tell why not:

        /maintenance reschedule MW-1 when:"…"

        /maintenance note MW-1 "…"

    (the facts)
    "#);
}

#[test]
fn every_message_for_people_has_a_template_and_a_snapshot_here() {
    let here = [include_str!("messages.rs"), include_str!("messages/asked.rs")].concat();
    for message in maintbot::message::audience::messages() {
        assert!(here.contains(&format!("fn the_text_of_{message}()")), "{message}");
    }
    for message in maintbot::message::audience::plan_messages() {
        assert!(
            include_str!("messages/plans.rs").contains(&format!("fn the_text_of_{message}_about_a_plan()")),
            "{message}"
        );
    }
}
