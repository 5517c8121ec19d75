//! Scheduled events when something is in the way: hands, limits, rights, the network, and what people type.

use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind};

use super::{AT, CREATE, Hub, SERVER, UPDATE, WINDOW, done, events, hub, line, story};
use crate::bot::utc;
use crate::fake::discord::permissions::{CREATE_EVENTS, MANAGE_EVENTS, OF_BOT};
use crate::fake::discord::state::{EventStatus, Message};
use crate::fake::discord::{Fault, Matching};

const SCHEDULED: &str = "MW-1 Jira 10.3, 6 Dec 16:00 to 6 Dec 20:00, Scheduled";

#[tokio::test]
async fn what_somebody_deleted_is_made_again_with_the_next_change() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.fake.delete_event(&hub.fake.events(SERVER)[0].id);
        hub.at("2026-12-03 09:00").await;
        assert_eq!(events(&hub.fake), [""; 0], "nothing changed");
        done(hub, "ben", "edit MW-1 title:\"Jira 10.4\"").await;
        assert_eq!(events(&hub.fake), [SCHEDULED.replace("10.3", "10.4")]);
        hub.fake.delete_event(&hub.fake.events(SERVER)[0].id);
        done(hub, "ben", "cancel MW-1 reason:No").await;
        assert_eq!(events(&hub.fake), [""; 0], "what is over needs none");
    })
    .await;
}

#[tokio::test]
async fn a_full_server_is_waited_for() {
    story("", async |hub| {
        let times = (utc("2026-12-20 10:00"), utc("2026-12-20 11:00"));
        let others: Vec<String> =
            (0..100).map(|n| hub.fake.make_event("eve", &format!("Party {n}"), "Somewhere", times)).collect();
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-01 12:00").await;
        assert_eq!(hub.fake.events(SERVER).len(), 100);
        let told = hub.fake.posts("#ops").into_iter().map(|post| post.plain());
        assert_eq!(told.filter(|said| said.contains("event")).count(), 0, "nobody has to do anything");
        let asked = hub.fake.calls(CREATE).len();
        assert!((2..=5).contains(&asked), "once an hour: {asked}");
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3"], "nothing else waits for it");
        hub.fake.delete_event(&others[0]);
        hub.at("2026-12-01 13:01").await;
        assert_eq!(events(&hub.fake).last().map(String::as_str), Some(SCHEDULED));
    })
    .await;
}

#[tokio::test]
async fn a_window_for_which_there_is_no_room_holds_back_no_other() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        let times = (utc("2026-12-20 10:00"), utc("2026-12-20 11:00"));
        for n in 1..100 {
            hub.fake.make_event("eve", &format!("Party {n}"), "Somewhere", times);
        }
        done(hub, "ben", &WINDOW.replace("Jira 10.3", "Wiki").replace("jira", "wiki")).await;
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-07 16:00-20:00\" tz:UTC").await;
        assert_eq!(events(&hub.fake)[0], SCHEDULED.replace("6 Dec", "7 Dec"), "at once, and not in an hour");
        done(hub, "ben", "cancel MW-1 reason:No").await;
        assert!(events(&hub.fake)[0].ends_with("Canceled"));
        hub.at("2026-12-01 10:05").await;
        let last = events(&hub.fake).pop().unwrap_or_default();
        assert_eq!(last, "MW-2 Wiki, 6 Dec 16:00 to 6 Dec 20:00, Scheduled", "now there is room");
    })
    .await;
}

/// Discord takes a step by itself just after maintbot looked.
fn steps_in_between(hub: &Hub, step: EventStatus) {
    let fake = hub.fake.clone();
    let take = Fault::done_then(move |_| {
        fake.change(|state| state.server(SERVER).events.iter_mut().for_each(|event| event.status = step));
    });
    hub.fake.fail(Matching::route("get_guild_scheduled_event"), 1, take);
}

#[tokio::test]
async fn what_discord_ends_while_maintbot_extends_it_becomes_a_second_event() {
    story("", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 19:59:59").await;
        steps_in_between(hub, EventStatus::Completed);
        done(hub, "anna", "extend MW-1 1h").await;
        let now = events(&hub.fake);
        assert_eq!(now.len(), 2, "{now:#?}");
        assert!(now[0].ends_with("20:00, Completed") && now[1].ends_with("to 6 Dec 21:00, Active"), "{now:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_discord_begins_while_maintbot_moves_it_becomes_a_second_event() {
    story("[policy.scheduled]\nauto_start = false\n", async |hub| {
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-06 15:59:59").await;
        steps_in_between(hub, EventStatus::Active);
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-07 16:00-20:00\" tz:UTC").await;
        let now = events(&hub.fake);
        assert_eq!(now.len(), 2, "{now:#?}");
        assert!(now[0].ends_with("Completed") && now[1] == SCHEDULED.replace("6 Dec", "7 Dec"), "{now:#?}");
    })
    .await;
}

/// The same for each way in which Discord does something and does not say so.
async fn once_although(route: &str, fault: Fault) {
    let told = format!("{route} {fault:?}");
    story("", async |hub| {
        hub.fake.fail(Matching::route(route), 1, fault.clone());
        done(hub, "ben", WINDOW).await;
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-07 16:00-20:00\" tz:UTC").await;
        hub.at("2026-12-01 10:00").await;
        assert_eq!(events(&hub.fake), [SCHEDULED.replace("6 Dec", "7 Dec")], "{told}");
        assert_eq!(hub.fake.calls(CREATE).into_iter().filter(|call| call.done).count(), 1, "{told}");
    })
    .await;
}

#[tokio::test]
async fn what_was_done_and_not_answered_is_not_done_twice() {
    for route in [CREATE, UPDATE] {
        for fault in [Fault::ResetAfter, Fault::StatusAfter(502), Fault::StatusAfter(500)] {
            once_although(route, fault).await;
        }
    }
}

#[tokio::test]
async fn what_was_not_done_is_done_later() {
    for fault in [Fault::Status(503), Fault::Reset, Fault::Limited(3, crate::fake::discord::Scope::Bucket)] {
        once_although(CREATE, fault.clone()).await;
        once_although(UPDATE, fault).await;
    }
}

/// Nobody knows whether the event was made, and somebody else's has its place.
#[tokio::test]
async fn somebody_else_s_event_is_not_taken_for_ours() {
    story("", async |hub| {
        let page = format!("{}/windows/MW-1", hub.bot.parts.service.organisation().public_url);
        let times = (utc("2026-12-06 16:00"), utc("2026-12-06 21:00"));
        hub.fake.make_event("eve", "MW-1 Jira 10.3", &page, times);
        hub.fake.fail(Matching::route(CREATE), 1, Fault::Reset);
        done(hub, "ben", WINDOW).await;
        hub.at("2026-12-01 10:00").await;
        let ours = hub.fake.events(SERVER).into_iter().filter(|event| event.description.contains("Services: jira"));
        assert_eq!(ours.map(|event| line(&event)).collect::<Vec<_>>(), [SCHEDULED]);
        done(hub, "ben", "cancel MW-1 reason:No").await;
        assert!(events(&hub.fake)[0].ends_with("21:00, Scheduled"), "eve's is left alone: {:?}", events(&hub.fake));
    })
    .await;
}

async fn dead(hub: &Hub) -> Vec<Delivery> {
    let rows = hub.bot.ledger(1).await.into_iter();
    rows.filter(|row| row.state == DeliveryState::Dead).collect()
}

#[tokio::test]
async fn without_the_right_it_is_given_up_and_ops_hear_of_it_and_all_else_goes_on() {
    let hub = hub("", AT).await;
    hub.fake.role_may("maintbot", OF_BOT & !(CREATE_EVENTS | MANAGE_EVENTS), false);
    done(&hub, "ben", WINDOW).await;
    let given_up = dead(&hub).await;
    assert_eq!(given_up.len(), 1, "{given_up:#?}");
    assert_eq!((given_up[0].plan.message, given_up[0].attempts), (MessageKind::ScheduledEvent, 1));
    assert_eq!(given_up[0].plan.channel.to_string(), format!("discord:{SERVER}/events"));
    let told: Vec<String> = hub.fake.posts("#ops").iter().map(Message::plain).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("scheduled event") && told[0].contains("MW-1"), "{told:#?}");
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3"]);
    hub.at("2026-12-06 16:00").await;
    assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.3"));
    // Once the right is there, the next change makes it.
    hub.fake.role_may("maintbot", OF_BOT, false);
    hub.at("2026-12-06 16:30").await;
    done(&hub, "anna", "extend MW-1 30m").await;
    let now = events(&hub.fake);
    assert!(now.len() == 1 && now[0].ends_with("to 6 Dec 20:30, Active"), "{now:?}");
    hub.fake.close();
}

#[tokio::test]
async fn what_people_type_is_only_text_there() {
    story("", async |hub| {
        let title = "@everyone <@&1> [free](https://evil.example) `x` **loud** ||no||";
        let impact = "<t:1:R> @here [free](https://evil.example) discord.gg/abc";
        let line = WINDOW.replace("Jira 10.3", title);
        done(hub, "ben", &format!("{line} impact:\"{impact}\"")).await;
        let event = hub.fake.events(SERVER).remove(0);
        assert_eq!(event.name, format!("MW-1 {title}"), "a name is never markup");
        for active in ["](https://", "<t:1", "discord.gg/abc"] {
            assert!(!event.description.contains(active), "{active}: {}", event.description);
        }
        assert!(event.description.contains("free") && event.description.contains("evil.example"), "as typed");
    })
    .await;
}

#[tokio::test]
async fn long_texts_are_cut_and_the_event_is_there() {
    story("", async |hub| {
        let title = format!("{} 🦊", "ä".repeat(120));
        let line = WINDOW.replace("Jira 10.3", &title);
        done(hub, "ben", &format!("{line} impact:\"{}\"", "[*_".repeat(300))).await;
        let event = hub.fake.events(SERVER).remove(0);
        assert!(event.name.starts_with("MW-1 äää") && event.name.chars().count() <= 100, "{}", event.name);
        assert!(event.name.ends_with('…'), "it shows that there is more: {}", event.name);
        assert!(event.description.chars().count() <= 1000);
        done(hub, "ben", "reschedule MW-1 when:\"2026-12-07 16:00-20:00\" tz:UTC").await;
        assert_eq!(hub.fake.events(SERVER).len(), 1);
    })
    .await;
}
