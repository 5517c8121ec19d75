//! Windows as scheduled events of servers: made, moved, begun, ended and called off with the window, and never twice.

mod killed;
mod trouble;

use super::{Hub, config};
use crate::databases;
use crate::fake::discord::state::{Event, EventStatus};
use crate::fake::discord::{FakeDiscord, Fault, Matching, SERVER, Way};

/// A Tuesday.
const AT: &str = "2026-12-01 09:00";
/// MW-1 on Sunday 6 December 2026.
const WINDOW: &str = "schedule \"Jira 10.3\" service:jira when:\"2026-12-06 16:00-20:00\" tz:UTC poc:anna";
/// What changes an event.
const UPDATE: &str = "update_guild_scheduled_event";
const CREATE: &str = "create_guild_scheduled_event";

/// The usual organisation with `events = true`.
fn with_events(fake: &FakeDiscord, more: &str) -> String {
    config(fake, Way::Http, more).replace("[discord]\n", "[discord]\nevents = true\n")
}

async fn hub(more: &str, at: &str) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    Hub::start_on(folder, url, Way::Http, |fake| with_events(fake, more), at).await
}

async fn story(more: &str, tell: impl AsyncFn(&Hub)) {
    let hub = hub(more, AT).await;
    tell(&hub).await;
    hub.close().await;
}

/// An event as people read it in the list: name, times (UTC) and how far it is.
fn line(event: &Event) -> String {
    let (start, end) = (event.start.format("%-d %b %H:%M"), event.end.format("%-d %b %H:%M"));
    format!("{}, {start} to {end}, {:?}", event.name, event.status)
}

fn events(fake: &FakeDiscord) -> Vec<String> {
    fake.events(&fake.server).iter().map(line).collect()
}

/// Somebody types a line that is done.
async fn done(hub: &Hub, user: &str, text: &str) {
    let before = hub.bot.everything().await;
    let said = hub.line(user, "#dev", text).await;
    assert!(hub.bot.everything().await != before, "{text}: {said}");
}

#[tokio::test]
async fn a_window_is_an_event_from_the_moment_it_is_scheduled() {
    story("", async |hub| {
        done(hub, "ben", &format!("{WINDOW} impact:\"Read only\"")).await;
        let events = hub.fake.events(SERVER);
        assert_eq!(events.len(), 1);
        assert_eq!(line(&events[0]), "MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Scheduled");
        let page = hub.bot.parts.service.organisation().window_url(&hub.bot.window(1).await);
        assert_eq!(events[0].location, page, "the place is its page");
        let text = &events[0].description;
        for told in ["Services: jira", "Impact: Read only", "Contact: anna"] {
            assert!(text.lines().any(|line| line == told), "{told}: {text}");
        }
        assert_eq!(hub.fake.calls(CREATE).len(), 1);
        assert!(hub.fake.calls(UPDATE).is_empty(), "nothing is changed that is right");
    })
    .await;
}

#[tokio::test]
async fn it_moves_and_is_named_with_the_window() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-07 10:00-11:30\" tz:UTC").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.3, 7 Dec 10:00 to 7 Dec 11:30, Scheduled"]);
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-05 10:00-11:30\" tz:UTC").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.3, 5 Dec 10:00 to 5 Dec 11:30, Scheduled"]);
        done(hub, "ben", "edit MW-1 title:\"Jira 10.4\" service:crm").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.4, 5 Dec 10:00 to 5 Dec 11:30, Scheduled"]);
        let text = &hub.fake.events(SERVER)[0].description;
        assert!(text.contains("Services: crm") && !text.contains("jira"), "{text}");
        assert_eq!(hub.fake.calls(CREATE).len(), 1, "it is the same event all the time");
    })
    .await;
}

#[tokio::test]
async fn it_begins_and_is_complete_with_the_window() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 15:50").await;
        assert!(events(&hub.fake)[0].ends_with("Scheduled"));
        done(hub, "anna", "start MW-1").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Active"], "started early");
        hub.at("2026-12-06 18:00").await;
        done(hub, "anna", "complete MW-1").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Completed"], "two hours early");
    })
    .await;
}

#[tokio::test]
async fn the_clock_begins_it_and_discord_ends_it_at_its_end() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 16:00").await;
        assert!(events(&hub.fake)[0].ends_with("Active"));
        hub.at("2026-12-06 20:00").await;
        done(hub, "anna", "complete MW-1").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Completed"]);
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_moved_before_it_passes_is_kept() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 19:50").await;
        done(hub, "anna", "extend MW-1 30m").await;
        let longer = "MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:30, Active";
        assert_eq!(events(&hub.fake), [longer]);
        hub.at("2026-12-06 20:29").await;
        assert_eq!(events(&hub.fake), [longer], "it did not end by itself at eight");
        done(hub, "anna", "complete MW-1").await;
        assert_eq!(events(&hub.fake), [longer.replace("Active", "Completed")]);
    })
    .await;
}

#[tokio::test]
async fn what_discord_ended_and_goes_on_becomes_a_second_event() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 20:10").await;
        let first = "MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Completed";
        assert_eq!(events(&hub.fake), [first], "nobody said anything at eight");
        done(hub, "anna", "extend MW-1 1h").await;
        let now = events(&hub.fake);
        assert_eq!(now.len(), 2, "{now:#?}");
        assert_eq!(now[0], first);
        let end = hub.bot.window(1).await.span.ends_at.format("%-d %b %H:%M").to_string();
        assert!(now[1].starts_with("MW-1 Jira 10.3, 6 Dec 20:1") && now[1].ends_with(&format!("to {end}, Active")));
        done(hub, "anna", "edit MW-1 title:\"Jira 10.4\"").await;
        assert!(events(&hub.fake)[1].starts_with("MW-1 Jira 10.4"), "the second is the window's now");
        done(hub, "anna", "complete MW-1").await;
        let now = events(&hub.fake);
        assert!(now.len() == 2 && now.iter().all(|event| event.ends_with("Completed")), "{now:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_never_began_on_discord_begins_before_it_is_complete() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 15:40").await;
        hub.fake.fail_always(Matching::route(UPDATE), Fault::Status(503));
        hub.fake.command("anna", "#dev", "start", &[("window", "MW-1")]).await;
        hub.settle().await;
        assert!(events(&hub.fake)[0].ends_with("Scheduled"), "Discord did not hear of it");
        hub.fake.lift();
        done(hub, "anna", "complete MW-1").await;
        assert!(events(&hub.fake)[0].ends_with("Completed"), "{:?}", events(&hub.fake));
        let steps =
            hub.fake.calls(UPDATE).into_iter().filter(|call| call.done).map(|call| call.body["status"].as_u64());
        assert_eq!(steps.collect::<Vec<_>>(), [Some(2), Some(3)], "Discord takes no other way");
    })
    .await;
}

#[tokio::test]
async fn it_is_called_off_with_the_window_also_when_it_was_never_made() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        done(hub, "ben", "cancel MW-1 reason:\"not needed\"").await;
        assert_eq!(events(&hub.fake), ["MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Canceled"]);
        hub.fake.fail_always(Matching::route(CREATE), Fault::Status(503));
        let other = WINDOW.replace("Jira 10.3", "Wiki").replace("jira", "wiki");
        hub.fake.command("ben", "#dev", "do", &[("text", &other)]).await;
        hub.settle().await;
        hub.fake.lift();
        done(hub, "ben", "cancel MW-2 reason:\"not needed\"").await;
        hub.at("2026-12-01 12:00").await;
        assert_eq!(events(&hub.fake).len(), 1, "{:?}", events(&hub.fake));
    })
    .await;
}

/// Nobody starts such windows but people.
const BY_HAND: &str = "[policy.scheduled]\nauto_start = false\n";

#[tokio::test]
async fn what_discord_began_by_itself_and_was_moved_becomes_a_second_event() {
    story(BY_HAND, async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 16:20").await;
        assert!(events(&hub.fake)[0].ends_with("Active"), "by Discord itself");
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-07 16:00-20:00\" tz:UTC").await;
        let expected = [
            "MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Completed",
            "MW-1 Jira 10.3, 7 Dec 16:00 to 7 Dec 20:00, Scheduled",
        ];
        assert_eq!(events(&hub.fake), expected);
    })
    .await;
}

#[tokio::test]
async fn phases_of_a_plan_are_events_once_it_is_published() {
    story("", async |hub| {
        done(hub, "ben", "plan new \"Upgrade\"").await;
        for (title, day) in [("Germany", "16"), ("Singapore", "20")] {
            let when = format!("when:\"2026-12-{day} 14:00-16:00\" tz:UTC");
            done(hub, "ben", &format!("schedule {title} service:jira {when} poc:anna plan:PL-1")).await;
        }
        done(hub, "ben", "reschedule MW-2 when:\"2026-12-21 14:00-16:00\" tz:UTC").await;
        assert!(hub.fake.requests().iter().all(|call| !call.route.contains("scheduled_event")), "a draft is nobody's");
        done(hub, "ben", "plan publish PL-1").await;
        let of =
            |n: usize, title: &str, day: &str| format!("MW-{n} {title}, {day} Dec 14:00 to {day} Dec 16:00, Scheduled");
        assert_eq!(events(&hub.fake), [of(1, "Germany", "16"), of(2, "Singapore", "21")]);
    })
    .await;
}

/// Asked for later than five days before, an approver decides.
const SHORT: &str = "[policy.scheduled]\nnotice = \"5d\"\napproval = [\"short_notice\"]\n";

#[tokio::test]
async fn what_waits_for_approval_is_no_event_and_a_change_that_waits_is_not_shown() {
    story(SHORT, async |hub| {
        let soon = WINDOW.replace("2026-12-06", "2026-12-03");
        done(hub, "ben", &format!("{soon} reason:\"security fix\"")).await;
        assert_eq!(events(&hub.fake), [""; 0]);
        done(hub, "dan", "approve MW-1").await;
        let approved = "MW-1 Jira 10.3, 3 Dec 16:00 to 3 Dec 20:00, Scheduled";
        assert_eq!(events(&hub.fake), [approved]);
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-04 16:00-20:00\" tz:UTC reason:\"payroll runs\"").await;
        assert_eq!(hub.bot.window(1).await.state.as_str(), "pending");
        assert_eq!(events(&hub.fake), [approved], "the times that were approved last");
        done(hub, "dan", "approve MW-1").await;
        assert_eq!(events(&hub.fake), [approved.replace("3 Dec", "4 Dec")]);
        let other = soon.replace("Jira 10.3", "Wiki").replace("jira", "wiki");
        done(hub, "ben", &format!("{other} reason:\"security fix\"")).await;
        done(hub, "dan", "reject MW-2 reason:\"not this week\"").await;
        assert_eq!(events(&hub.fake).len(), 1, "what was never approved never was an event");
    })
    .await;
}

#[tokio::test]
async fn occurrences_of_a_series_become_events_four_weeks_ahead() {
    story("", async |hub| {
        let series = "series Break service:jira every:\"every sunday 14:00 for 2h\" tz:UTC poc:anna";
        done(hub, "ben", series).await;
        let starts = |hub: &Hub| -> Vec<String> {
            let mut of: Vec<_> = hub.fake.events(SERVER).iter().map(|event| event.start).collect();
            of.sort();
            of.into_iter().map(|start| start.format("%-d %b").to_string()).collect()
        };
        assert_eq!(starts(hub), ["6 Dec", "13 Dec", "20 Dec", "27 Dec"]);
        hub.at("2026-12-06 13:59").await;
        assert_eq!(starts(hub).len(), 4);
        hub.at("2026-12-06 14:00").await;
        assert_eq!(starts(hub).last().map(String::as_str), Some("3 Jan"));
        done(hub, "ben", "reschedule MW-2 when:\"2026-12-14 14:00-16:00\" tz:UTC").await;
        assert_eq!(starts(hub), ["6 Dec", "14 Dec", "20 Dec", "27 Dec", "3 Jan"]);
        // One that is not an event yet moves nearer, and becomes one in its time.
        done(hub, "ben", "reschedule MW-6 when:\"2027-01-09 14:00-16:00\" tz:UTC").await;
        assert_eq!(starts(hub).len(), 5);
        hub.at("2026-12-12 14:00").await;
        assert_eq!(starts(hub).last().map(String::as_str), Some("9 Jan"));
        hub.at("2026-12-13 18:00").await;
        assert_eq!(hub.fake.calls(CREATE).len(), 6, "nothing is made for the day that it was planned for first");
        done(hub, "ben", "series stop SR-1").await;
        let live = hub.fake.events(SERVER).into_iter().filter(|event| event.status != EventStatus::Canceled);
        assert_eq!(
            live.map(|event| line(&event)).collect::<Vec<_>>(),
            ["MW-1 Break, 6 Dec 14:00 to 6 Dec 16:00, Completed"]
        );
    })
    .await;
}

#[tokio::test]
async fn each_server_has_its_own_event() {
    let other = "900000000000000002";
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let made = |fake: &FakeDiscord| {
        fake.server(other);
        let text = with_events(fake, "").replace("discord:#", &format!("discord:{SERVER}/#"));
        text.replace(&format!("guilds = [\"{SERVER}\"]"), &format!("guilds = [\"{SERVER}\", \"{other}\"]"))
    };
    let hub = Hub::start_on(folder, url, Way::Http, made, AT).await;
    let there = hub.fake.server(other);
    done(&hub, "ben", WINDOW).await;
    for (user, line, expected) in [
        ("ben", "edit MW-1 title:\"Jira 10.4\"", "MW-1 Jira 10.4, 6 Dec 16:00 to 6 Dec 20:00, Scheduled"),
        ("ben", "cancel MW-1 reason:No", "MW-1 Jira 10.4, 6 Dec 16:00 to 6 Dec 20:00, Canceled"),
    ] {
        done(&hub, user, line).await;
        assert_eq!(events(&hub.fake), [expected]);
        assert_eq!(events(&there), [expected]);
    }
    hub.close().await;
}
