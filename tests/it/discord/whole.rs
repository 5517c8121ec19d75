//! The whole life of a window on Discord, as its readers see it, over both ways in which interactions come.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use maintbot::domain::ledger::MessageKind;

use super::{Hub, config, story, story_both_ways};
use crate::databases;
use crate::fake::discord::state::{Event, EventStatus, Message};
use crate::fake::discord::{FakeDiscord, SERVER, Way};

/// Ben reads times in Helsinki, two hours ahead of UTC. Two services.
const PLACES: &str = r#"
ben.time_zone = "Europe/Helsinki"

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "crm"
name = "CRM"
"#;
/// Asked for later than five days before, an approver decides.
const SHORT: &str = "\n[policy.scheduled]\nnotice = \"5d\"\napproval = [\"short_notice\"]\n";
/// Friday.
const AT: &str = "2026-11-20 09:00";
/// Sunday 6 December 2026 from 14:00 to 18:00 UTC.
const WHEN: &str = "6 december 16:00-20:00";

/// What people read, in order.
#[derive(Default)]
struct Read(Mutex<Vec<String>>);

impl Read {
    fn note(&self, what: &str, text: &str) {
        self.0.lock().expect("notes").push(format!("== {what}\n{text}"));
    }

    fn all(&self) -> String {
        self.0.lock().expect("notes").join("\n")
    }
}

fn offered(found: &[(String, String)]) -> Vec<String> {
    found.iter().map(|(label, value)| format!("{value} = {label}")).collect()
}

/// What is offered while the command is typed, option by option.
async fn typed(hub: &Hub) {
    let typing = async |options: &[(&str, &str)], focused: &str| {
        offered(&hub.fake.autocomplete("ben", "#dev", "schedule", options, focused).await)
    };
    let title = ("title", "Jira 10.3 upgrade");
    assert_eq!(typing(&[title, ("service", "")], "service").await, ["crm = crm", "jira = jira"]);
    assert_eq!(typing(&[title, ("service", "ji")], "service").await, ["jira = jira"]);
    let service = ("service", "jira");
    let begun = typing(&[title, service, ("when", "6 december 16:00")], "when").await;
    assert_eq!(begun[0], "6 december 16:00 for 2h = Sun 6 Dec 16:00–18:00 Europe/Helsinki", "how it may go on");
    let whole = typing(&[title, service, ("when", WHEN)], "when").await;
    assert_eq!(whole, ["6 december 16:00-20:00 = Sun 6 Dec 16:00–20:00 Europe/Helsinki"], "how it is understood");
    let past = typing(&[title, service, ("when", "yesterday 16:00-20:00")], "when").await;
    assert!(past[0].starts_with("yesterday 16:00-20:00 = Not understood: "), "{past:?}");
}

async fn tell(hub: &Hub, read: &Read) {
    typed(hub).await;
    let options = [
        ("title", "Jira 10.3 upgrade"),
        ("service", "jira"),
        ("when", WHEN),
        ("impact", "Jira is unavailable."),
        ("poc", "anna"),
    ];
    let said = hub.command("ben", "#dev", "schedule", &options).await;
    assert!(said.hidden() && said.plain().contains("MW-1 “Jira 10.3 upgrade” is scheduled"), "{said}");
    let said = hub.command("ben", "#dev", "change add", &[("window", "MW-1"), ("text", "Jira to 10.3.2")]).await;
    assert!(said.plain().contains("Jira to 10.3.2"), "{said}");
    assert_eq!(hub.headings("#ce"), [""; 0], "it is announced two weeks before");
    let window = hub.fake.autocomplete("eve", "#dev", "show", &[("window", "jira")], "window").await;
    assert_eq!(offered(&window), ["MW-1 = MW-1 Jira 10.3 upgrade · Sun 6 Dec 14:00"], "in the zone of who types");

    hub.at("2026-11-22 13:59").await;
    assert_eq!(hub.headings("#ce"), [""; 0]);
    hub.at("2026-11-22 14:00").await;
    hub.calm().await;
    read.note("announced", &hub.newest("#ce").plain());
    assert_eq!(hub.newest("#ce").buttons(), ["ack MW-1", "ledger MW-1"]);

    // A day before there are the reminders of 7, 3 and 1 days besides, and only the newest post can be pressed.
    hub.at("2026-12-05 14:00").await;
    hub.calm().await;
    let reminder = "Reminder: Jira 10.3 upgrade";
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3 upgrade", reminder, reminder, reminder]);
    read.note("a day before", &hub.newest("#ce").plain());
    let posts = hub.fake.posts("#ce");
    assert!(posts[..3].iter().all(|post| post.buttons().is_empty()), "only the newest can be pressed");
    assert_eq!(posts[3].buttons(), ["ack MW-1", "start MW-1", "ledger MW-1"]);

    hub.at("2026-12-06 13:45").await;
    hub.calm().await;
    let asked = |channel: &str| hub.newest(channel).plain();
    assert!(asked("#ops").contains("MW-1 Jira 10.3 upgrade starts in 15m"), "{}", asked("#ops"));
    assert!(asked("@anna").contains("this window is yours"), "the point of contact hears of it as well");

    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    read.note("started", &hub.newest("#ce").plain());

    hub.press("eve", "#ce", "extend_30").await;
    read.note("extended", &hub.newest("#ce").plain());
    let posts = hub.fake.posts("#ce");
    let (newest, earlier) = posts.split_last().expect("posts");
    assert_eq!(newest.buttons().len(), 7);
    for post in earlier {
        assert_eq!(post.buttons(), [""; 0], "{}", post.plain());
        // 18:30 UTC, where it said 18:00.
        assert!(
            post.plain().contains("<t:1796565600:F> – <t:1796581800:t>") && !post.plain().contains("1796580000:t"),
            "{}",
            post.plain()
        );
    }
    read.note("what was announced, by now", &earlier[0].plain());

    let said = hub.command("eve", "#dev", "done", &[("window", "MW-1"), ("item", "1")]).await;
    assert!(said.plain().contains('1'), "{said}");
    let thread: Vec<String> = hub.fake.thread_of(&hub.newest("#ce")).iter().map(Message::plain).collect();
    assert_eq!(thread, ["Details\nChange list: 1 of 1 item done."], "in the thread of the newest post");

    hub.at("2026-12-06 16:30").await;
    hub.calm().await;
    let menu = hub.press("anna", "#ce", "complete").await;
    assert!(menu.hidden());
    read.note("how did it go", &menu.plain());
    let form = hub.choose("anna", &menu, "complete", "rolled_back").await;
    read.note("the form", &form.modal().plain());
    let said = hub.fill_in("anna", &form, &[("downtime", "45m"), ("note", "The index was *corrupt*.")]).await;
    assert!(said.hidden(), "{said}");
    read.note("completed", &hub.newest("#ce").plain());
    for post in hub.fake.posts("#ce").iter().chain(&hub.fake.posts("#ops")) {
        assert_eq!(post.buttons(), [""; 0], "nothing is left to press below {}", post.plain());
    }
    let sent = hub.bot.ledger(1).await;
    assert!(sent.iter().all(|row| row.plan.message != MessageKind::DeliveryFailed));
}

#[tokio::test]
async fn a_window_is_planned_announced_worked_on_and_completed_without_leaving_discord() {
    let ways = [Read::default(), Read::default()];
    let next = AtomicUsize::new(0);
    story_both_ways(PLACES, AT, async |hub| {
        tell(hub, &ways[next.fetch_add(1, Ordering::Relaxed)]).await;
    })
    .await;
    let [by_http, by_gateway] = ways.map(|read| read.all());
    assert_eq!(by_http, by_gateway, "it is the same both ways");
    insta::assert_snapshot!(by_http, @r#"
    == announced
    Planned maintenance: Jira 10.3 upgrade
    Jira is unavailable.
    When: <t:1796565600:F> – <t:1796580000:t> (<t:1796565600:R>)
    Services: Jira
    Contact: anna
    Details: <http://127.0.0.1:8080/windows/MW-1>
    [Acknowledge] [Show ledger]
    == a day before
    Reminder: Jira 10.3 upgrade
    It starts in 1 day.

    Jira is unavailable.
    When: <t:1796565600:F> – <t:1796580000:t> (<t:1796565600:R>)
    Services: Jira
    Contact: anna
    Details: <http://127.0.0.1:8080/windows/MW-1>
    [Acknowledge] [Start] [Show ledger]
    == started
    Started: Jira 10.3 upgrade
    Jira is unavailable.

    It should be over by <t:1796580000:F> (<t:1796580000:R>).
    When: <t:1796565600:F> – <t:1796580000:t>
    Services: Jira
    Contact: anna
    Details: <http://127.0.0.1:8080/windows/MW-1>
    [Acknowledge] [Extend 30 min] [Extend 1 h] [Extend …] [Complete …]
    [Rolling back] [Show ledger]
    == extended
    Extended by 30m: Jira 10.3 upgrade
    It was to end Sun 6 Dec 2026 20:00 Europe/Helsinki (18:00 UTC) and now ends <t:1796581800:F> (<t:1796581800:R>).
    When: <t:1796565600:F> – <t:1796581800:t>
    Services: Jira
    Contact: anna
    Details: <http://127.0.0.1:8080/windows/MW-1>
    [Acknowledge] [Extend 30 min] [Extend 1 h] [Extend …] [Complete …]
    [Rolling back] [Show ledger]
    == what was announced, by now
    Planned maintenance: Jira 10.3 upgrade
    It has begun already.

    Jira is unavailable.
    When: <t:1796565600:F> – <t:1796581800:t> (<t:1796565600:R>)
    Services: Jira
    Contact: anna
    Details: <http://127.0.0.1:8080/windows/MW-1>
    Updated: MW-1 is now in progress, <t:1796565600:F> – <t:1796581800:t>.
    == how did it go
    How did MW-1 end?
    [Outcome: Success|Partial|Rolled back|Failed]
    == the form
    Complete MW-1: Rolled back
    [Real downtime]
    [What to tell people]
    == completed
    Rolled back: Jira 10.3 upgrade
    The maintenance ended <t:1796574600:F> (<t:1796574600:R>); the change was taken back. The real downtime was 45m.

    The index was *corrupt*.
    When: <t:1796565600:F> – <t:1796581800:t>
    Services: Jira
    Contact: anna
    Details: <http://127.0.0.1:8080/windows/MW-1>
    "#);
}

#[tokio::test]
async fn a_move_is_said_and_what_was_said_before_shows_the_new_time_without_buttons() {
    story(PLACES, AT, async |hub| {
        let options = [("title", "Jira"), ("service", "jira"), ("when", WHEN), ("poc", "anna")];
        hub.command("ben", "#dev", "schedule", &options).await;
        hub.at("2026-11-22 14:00").await;
        hub.calm().await;
        let announced = hub.newest("#ce");
        // A week later, from 15:00 to 17:00 UTC.
        let moved = [("window", "MW-1"), ("when", "13 december 17:00-19:00"), ("reason", "The vendor is late")];
        hub.command("ben", "#dev", "reschedule", &moved).await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira", "Moved: Jira"]);
        let said = hub.newest("#ce");
        assert_eq!(said.buttons(), ["ack MW-1", "ledger MW-1"]);
        let said = said.plain();
        assert!(
            said.contains(
                "It was planned for Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC). The new time is \
                 <t:1797174000:F> – <t:1797181200:t> (<t:1797174000:R>)."
            ),
            "{said}"
        );
        assert!(said.contains("Reason: The vendor is late"), "{said}");
        let announced = hub.fake.now(&announced);
        assert_eq!(announced.buttons(), [""; 0]);
        let old = announced.plain();
        assert!(old.contains("<t:1797174000:F> – <t:1797181200:t>") && !old.contains("1796565600"), "{old}");
    })
    .await;
}

/// Every event so far: name, times (UTC) and how far it is.
fn events(hub: &Hub) -> Vec<String> {
    let line = |event: &Event| {
        let (start, end) = (event.start.format("%-d %b %H:%M"), event.end.format("%-d %b %H:%M"));
        format!("{}, {start} to {end}, {:?}", event.name, event.status)
    };
    hub.fake.events(SERVER).iter().map(line).collect()
}

async fn decided_moved_and_completed(hub: &Hub) {
    let options = [
        ("title", "Jira"),
        ("service", "jira"),
        ("when", "2026-11-23 14:00-16:00"),
        ("tz", "UTC"),
        ("poc", "anna"),
        ("reason", "security fix"),
    ];
    hub.command("ben", "#dev", "schedule", &options).await;
    assert_eq!(hub.headings("#ops"), ["MW-1 Jira: waits for approval"]);
    assert_eq!(events(hub), [""; 0], "nobody has agreed to it");
    hub.press("dan", "#ops", "approve").await;
    assert_eq!(events(hub), ["MW-1 Jira, 23 Nov 14:00 to 23 Nov 16:00, Scheduled"]);

    let moved = [("window", "MW-1"), ("when", "2026-12-06 14:00-16:00"), ("tz", "UTC"), ("reason", "not so urgent")];
    hub.command("ben", "#dev", "reschedule", &moved).await;
    assert_eq!(events(hub), ["MW-1 Jira, 6 Dec 14:00 to 6 Dec 16:00, Scheduled"]);

    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    hub.press("eve", "#ce", "extend_30").await;
    assert_eq!(events(hub), ["MW-1 Jira, 6 Dec 14:00 to 6 Dec 16:30, Active"]);
    hub.at("2026-12-06 15:00").await;
    let menu = hub.press("eve", "#ce", "complete").await;
    let form = hub.choose("eve", &menu, "complete", "success").await;
    hub.fill_in("eve", &form, &[]).await;
    assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Completed: Jira"));
    let events = hub.fake.events(SERVER);
    assert_eq!(events.len(), 1, "it was one event all the time");
    assert_eq!(events[0].status, EventStatus::Completed, "before its planned end");
}

#[tokio::test]
async fn approval_buttons_and_the_scheduled_event_are_the_same_over_http_and_the_gateway() {
    for way in [Way::Http, Way::Gateway] {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        let config = |fake: &FakeDiscord| config(fake, way, SHORT).replace("[discord]\n", "[discord]\nevents = true\n");
        let hub = Hub::start_on(folder, url, way, config, AT).await;
        decided_moved_and_completed(&hub).await;
        hub.close().await;
    }
}
