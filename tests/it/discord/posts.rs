//! What stands in a channel: posts that never show old times, one of them with buttons, and a thread below it; and who is
//! notified by them.

mod places;

use maintbot::domain::ledger::DeliveryState;

use super::{Hub, config, story};
use crate::databases;
use crate::fake::discord::state::Message;
use crate::fake::discord::{FakeDiscord, Fault, Matching, Way};
use crate::postgres;

const AT: &str = "2026-12-01 09:00";
/// MW-1 on Sunday 20 December 2026, 16:00 to 20:00 in Helsinki, which is 14:00 to 18:00 UTC, with two items.
const WINDOW: &str = "schedule \"Jira 10.3\" service:jira when:\"2026-12-20 16:00-20:00\" tz:Europe/Helsinki poc:anna \
                      item:\"Jira to 10.3.2\" item:Plugins";
/// 20,807 days after 1 January 1970 (56 years with 14 leap days, then 353 days), and 14 hours.
const STARTS: u64 = 20_807 * 86_400 + 14 * 3_600;

/// MW-1 is announced, and reminded of on Sunday 13 December.
async fn reminded(hub: &Hub) {
    hub.line("ben", "#dev", WINDOW).await;
    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    hub.at("2026-12-13 14:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3", "Reminder: Jira 10.3"]);
}

fn texts(posts: &[Message]) -> Vec<String> {
    posts.iter().map(Message::plain).collect()
}

fn thread(hub: &Hub, post: &Message) -> Vec<String> {
    texts(&hub.fake.thread_of(post))
}

/// First lines of posts of a channel that can be pressed.
fn pressable(hub: &Hub, channel: &str) -> Vec<String> {
    let posts = hub.fake.posts(channel).into_iter().filter(|post| !post.buttons().is_empty());
    posts.map(|post| post.plain().lines().next().unwrap_or_default().to_owned()).collect()
}

/// A Discord whose engineers are notified through the role `oncall`, and another role that anybody may call.
async fn with_mentions(more: &str) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let made = |fake: &FakeDiscord| {
        fake.role("everybody");
        fake.person("eve", &["oncall", "everybody"]);
        let mention = format!("channels = [\"discord:#ce\"]\nmention = [\"discord:{}\"]", fake.role("oncall"));
        config(fake, Way::Http, more).replace("channels = [\"discord:#ce\"]", &mention)
    };
    Hub::start_on(folder, url, Way::Http, made, AT).await
}

#[tokio::test]
async fn the_audience_s_roles_are_notified_of_each_post_and_nobody_else_whatever_is_typed() {
    let hub = with_mentions("").await;
    let (eve, role) = (hub.fake.id("eve"), hub.fake.role("everybody"));
    let calls = format!("@everyone @here <@{eve}> <@!{eve}> <@&{role}> <#1> </maintenance:1>");
    let line = WINDOW.replace("Jira 10.3", &calls).replace("Plugins", &format!("\"{calls}\""));
    hub.line("ben", "#dev", &format!("{line} impact:\"{calls}\"")).await;
    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    hub.at("2026-12-13 14:00").await;
    hub.calm().await;
    let called = |hub: &Hub| -> Vec<(String, Vec<String>)> {
        hub.fake.pings().into_iter().map(|ping| (ping.channel, ping.who)).collect()
    };
    let oncall = || ("ce".to_owned(), vec!["@oncall".to_owned()]);
    assert_eq!(called(&hub), [oncall(), oncall()], "announcement and reminder");
    // Asides and edits notify nobody; what happens next is a post again.
    hub.line("anna", "#dev", &format!("note MW-1 \"{calls}\"")).await;
    hub.line("anna", "#dev", "done MW-1 1").await;
    hub.line("ben", "#dev", &format!("edit MW-1 title:\"{calls} again\"")).await;
    assert_eq!(called(&hub).len(), 2, "{:?}", hub.fake.pings());
    hub.line("ben", "#dev", &format!("cancel MW-1 reason:\"{calls}\"")).await;
    assert_eq!(called(&hub), [oncall(), oncall(), oncall()]);
    for post in hub.fake.posts("#ce") {
        let call = format!("<@&{}>", hub.fake.role("oncall"));
        assert!(post.content == call || !post.edits.is_empty() && post.content.is_empty(), "{}", post.content);
    }
    hub.close().await;
}

#[tokio::test]
async fn who_is_asked_by_name_is_asked_directly_and_nobody_is_notified_elsewhere() {
    let more = "\n[[customer]]\nid = \"ACME\"\nname = \"Acme Corp\"\nowner = \"eve\"\nservices = [\"jira\"]\n";
    story(more, AT, async |hub| {
        hub.line("ben", "#dev", WINDOW).await;
        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        let asked = texts(&hub.fake.posts("@eve"));
        let asks = |said: &&String| said.contains("please tell your customers") && said.contains("Acme Corp");
        assert_eq!(asked.iter().filter(asks).count(), 1, "{asked:#?}");
        assert_eq!(hub.headings("#ops"), [""; 0]);
        assert_eq!(hub.fake.pings(), []);
    })
    .await;
}

#[tokio::test]
async fn times_are_in_the_reader_s_zone() {
    story("", AT, async |hub| {
        reminded(hub).await;
        for post in hub.fake.posts("#ce") {
            let said = post.plain();
            assert!(said.contains(&format!("<t:{STARTS}:F> – <t:{}:t>", STARTS + 4 * 3_600)), "{said}");
            assert!(said.contains(&format!("<t:{STARTS}:R>")), "and how far ahead it is: {said}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_move_brings_older_posts_to_the_new_time_and_takes_their_buttons() {
    story("", AT, async |hub| {
        reminded(hub).await;
        assert!(hub.newest("#ce").edits.is_empty(), "it says how things are");
        assert_eq!(pressable(hub, "#ce"), ["Reminder: Jira 10.3"]);
        let marks: Vec<_> = hub.fake.posts("#ce").iter().map(|post| post.mark().map(str::to_owned)).collect();
        let moved = "reschedule MW-1 when:\"2026-12-21 16:00-18:00\" tz:Europe/Helsinki reason:\"payroll runs\"";
        hub.line("ben", "#dev", moved).await;
        let posts = hub.fake.posts("#ce");
        assert_eq!(posts.len(), 3);
        let newest = posts[2].plain();
        assert!(newest.starts_with("Moved: Jira 10.3") && newest.contains("payroll runs"), "{newest}");
        assert!(newest.contains("It was planned for Sun 20 Dec 2026 16:00–20:00 Europe/Helsinki"), "{newest}");
        for (post, mark) in posts[..2].iter().zip(&marks) {
            let said = post.plain();
            assert!(!said.contains("20 Dec") && !said.contains(&STARTS.to_string()), "an old time: {said}");
            assert!(said.contains(&format!("<t:{}:F>", STARTS + 86_400)), "{said}");
            assert!(mark.is_some() && post.mark().map(str::to_owned) == *mark, "it is still found by its mark");
        }
        assert_eq!(pressable(hub, "#ce"), ["Moved: Jira 10.3"]);
        hub.line("ben", "#dev", "cancel MW-1 reason:\"not needed\"").await;
        let posts = texts(&hub.fake.posts("#ce"));
        assert!(posts[3].starts_with("Cancelled: Jira 10.3") && posts[3].contains("not needed"), "{posts:#?}");
        assert!(posts[..3].iter().all(|post| post.contains("MW-1 is now cancelled")), "{posts:#?}");
        assert_eq!(pressable(hub, "#ce"), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_edit_changes_the_posts_that_stand_and_makes_no_new_one() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.line("ben", "#dev", "edit MW-1 title:\"Jira 10.4\"").await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.4", "Reminder: Jira 10.4"]);
        assert!(texts(&hub.fake.posts("#ce")).iter().all(|post| !post.contains("10.3")));
        assert_eq!(pressable(hub, "#ce"), ["Reminder: Jira 10.4"]);
    })
    .await;
}

/// Reads change lists in `#dev`.
const READS_THE_LIST: &str = "\n[[audience]]\nname = \"staff\"\nchannels = [\"discord:#dev\"]\n\
     messages = [\"announcement\", \"reminder\", \"change_list\", \"change_list_update\", \"note\"]\n";

#[tokio::test]
async fn notes_and_changes_of_the_list_go_to_the_thread_of_the_newest_post() {
    story(READS_THE_LIST, AT, async |hub| {
        reminded(hub).await;
        hub.line("eve", "#ops", "note MW-1 \"We got a new disk.\"").await;
        let newest = hub.newest("#ce");
        let said = thread(hub, &newest);
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with("Update: Jira 10.3") && said[0].contains("We got a new disk."), "{said:#?}");
        assert_eq!(hub.headings("#ce").len(), 2, "no post of its own");
        assert!(hub.fake.thread_of(&newest)[0].buttons().is_empty());
        assert_eq!(hub.fake.thread(&newest).expect("a thread").name, "MW-1");
        hub.line("ben", "#ops", "change add MW-1 \"Restart the proxy\"").await;
        hub.at("2026-12-13 14:20").await;
        hub.calm().await;
        let said = thread(hub, &hub.newest("#dev"));
        assert!(
            said.iter().any(|said| said.contains("has changed") && said.contains("Restart the proxy")),
            "{said:#?}"
        );
        assert_eq!(pressable(hub, "#dev"), ["Change list for Jira 10.3 (MW-1), 3 items"]);
        assert!(thread(hub, &hub.newest("#ce")).iter().all(|said| !said.contains("proxy")), "not for them");
        // A note while the newest is another one stands below that.
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        hub.line("eve", "#ops", "note MW-1 \"Half way.\"").await;
        let started = hub.newest("#ce");
        assert!(started.plain().starts_with("Started: Jira 10.3"));
        assert!(thread(hub, &started).iter().any(|said| said.contains("Half way.")));
    })
    .await;
}

/// What is said below a post of how far the list is.
fn progress(hub: &Hub, post: &Message) -> Vec<String> {
    let lines = |said: String| said.lines().map(str::to_owned).collect::<Vec<_>>();
    let said = thread(hub, post).into_iter().flat_map(lines);
    said.filter(|line| line.starts_with("Change list: ")).collect()
}

async fn one_message_per_thread(hub: &Hub) {
    reminded(hub).await;
    let reminder = hub.newest("#ce");
    assert_eq!(progress(hub, &reminder), [""; 0], "nothing was done");
    hub.line("eve", "#dev", "done MW-1 1").await;
    assert_eq!(progress(hub, &reminder), ["Change list: 1 of 2 items done."]);
    hub.line("eve", "#dev", "undo MW-1 1").await;
    assert_eq!(progress(hub, &reminder), ["Change list: 0 of 2 items done."]);
    hub.at("2026-12-20 14:00").await;
    hub.calm().await;
    // From another surface.
    hub.bot.say("anna", "/maintenance done MW-1 2").await;
    hub.calm().await;
    let started = hub.newest("#ce");
    assert_eq!(progress(hub, &started), ["Change list: 1 of 2 items done."]);
    assert_eq!(progress(hub, &reminder), ["Change list: 1 of 2 items done."], "the older one is kept in step");
    hub.line("eve", "#dev", "done MW-1 1").await;
    assert_eq!(progress(hub, &started), ["Change list: 2 of 2 items done."]);
    assert_eq!(progress(hub, &reminder), ["Change list: 2 of 2 items done."]);
}

#[tokio::test]
async fn one_message_per_thread_says_how_far_the_list_is() {
    story("", AT, one_message_per_thread).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = postgres::database().await.as_str().to_owned();
    let hub = Hub::start_on(folder, url, Way::Http, |fake| config(fake, Way::Http, ""), AT).await;
    one_message_per_thread(&hub).await;
    hub.close().await;
}

#[tokio::test]
async fn a_thread_that_went_to_the_archive_comes_back() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.line("eve", "#dev", "done MW-1 1").await;
        let reminder = hub.newest("#ce");
        hub.fake.archive(&reminder.id, false);
        hub.line("eve", "#dev", "note MW-1 \"Still on.\"").await;
        assert!(
            thread(hub, &reminder).last().is_some_and(|said| said.contains("Still on.")),
            "{:#?}",
            thread(hub, &reminder)
        );
        assert!(!hub.fake.thread(&reminder).expect("a thread").archived);
        hub.fake.archive(&reminder.id, false);
        hub.line("eve", "#dev", "done MW-1 2").await;
        assert_eq!(progress(hub, &reminder), ["Change list: 2 of 2 items done."]);
        // By itself, a week after the last word in it: nobody has to do anything about that.
        hub.at("2026-12-20 15:00").await;
        hub.calm().await;
        hub.line("eve", "#dev", "undo MW-1 2").await;
        assert_eq!(progress(hub, &reminder), ["Change list: 1 of 2 items done."]);
    })
    .await;
}

#[tokio::test]
async fn in_place_of_a_locked_thread_it_is_said_in_the_channel() {
    story("", AT, async |hub| {
        hub.line("ben", "#dev", WINDOW).await;
        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        let announced = hub.newest("#ce");
        hub.line("eve", "#dev", "note MW-1 \"One.\"").await;
        assert_eq!(thread(hub, &announced).len(), 1);
        hub.fake.archive(&announced.id, true);
        hub.line("eve", "#dev", "note MW-1 \"Two.\"").await;
        hub.at("2026-12-06 15:00").await;
        hub.calm().await;
        let posts = texts(&hub.fake.posts("#ce"));
        assert_eq!(posts.len(), 2, "{posts:#?}");
        assert!(posts[1].starts_with("Update: Jira 10.3") && posts[1].contains("Two."), "{posts:#?}");
        assert_eq!(thread(hub, &announced).len(), 1, "what a moderator locked stays so");
        assert!(hub.fake.thread(&announced).expect("a thread").locked);
        assert_eq!(hub.headings("#ops"), [""; 0], "nothing was given up");
    })
    .await;
}

#[tokio::test]
async fn posts_that_somebody_deleted_are_passed_over() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.fake.delete_message(&hub.fake.posts("#ce")[0]);
        hub.line("ben", "#dev", "reschedule MW-1 when:\"2026-12-21 16:00-18:00\" tz:Europe/Helsinki").await;
        let posts = hub.fake.posts("#ce");
        assert_eq!(hub.headings("#ce"), ["Reminder: Jira 10.3", "Moved: Jira 10.3"], "it does not come back");
        assert!(!posts[0].plain().contains(&STARTS.to_string()), "{}", posts[0].plain());
        // The newest as well.
        hub.fake.delete_message(&posts[1]);
        hub.line("ben", "#dev", "edit MW-1 title:\"Jira 10.4\"").await;
        assert_eq!(hub.headings("#ce"), ["Reminder: Jira 10.4"]);
        hub.line("eve", "#dev", "note MW-1 \"Still on.\"").await;
        let reminder = &hub.fake.posts("#ce")[0];
        assert!(thread(hub, reminder).iter().any(|said| said.contains("Still on.")), "below what is left");
        hub.line("eve", "#dev", "done MW-1 1").await;
        assert_eq!(
            hub.headings("#ops").len(),
            1,
            "the change list, and nothing about a failure: {:?}",
            hub.headings("#ops")
        );
        hub.at("2026-12-21 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.4"));
        hub.line("eve", "#dev", "done MW-1 2").await;
        assert_eq!(progress(hub, &hub.newest("#ce")), ["Change list: 2 of 2 items done."]);
    })
    .await;
}

#[tokio::test]
async fn a_post_that_was_edited_too_often_waits_and_is_right_afterwards() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.fake.fail(Matching::route("update_message").channel("#ce"), 2, Fault::Code(400, 30_046));
        hub.line("ben", "#dev", "edit MW-1 title:\"Jira 10.4\"").await;
        hub.at("2026-12-13 15:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.4", "Reminder: Jira 10.4"]);
        let rows = hub.bot.ledger(1).await;
        assert!(rows.iter().all(|row| row.state != DeliveryState::Dead), "{rows:#?}");
        let tried = hub.fake.calls("update_message").into_iter().filter(|call| call.code == 30_046).count();
        assert!(tried <= 2, "Discord was asked {tried} times");
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_folded_with_the_page_to_look_at() {
    story(READS_THE_LIST, AT, async |hub| {
        let items: Vec<String> = (3..=200)
            .map(|n| format!("change add MW-1 \"Step {n} of the long way to a new version of everything\""))
            .collect();
        hub.line("ben", "#dev", WINDOW).await;
        for item in &items {
            hub.bot.type_only("ben", &format!("/maintenance {item}")).await;
        }
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        let list =
            hub.fake.posts("#dev").into_iter().find(|post| post.plain().starts_with("Change list")).expect("a list");
        let said = list.plain();
        assert!(said.starts_with("Change list for Jira 10.3 (MW-1), 200 items"), "{said}");
        let shown = said.lines().filter(|line| line.contains("☐")).count();
        let page = hub.bot.parts.service.organisation().window_url(&hub.bot.window(1).await);
        let rest = said.lines().find(|line| line.contains(&format!("and {} more", 200 - shown)));
        assert!(rest.is_some_and(|line| line.contains(&page)), "{shown} are shown: {said}");
        assert!(shown >= 20, "it is not shorter than it has to be: {shown}");
    })
    .await;
}
