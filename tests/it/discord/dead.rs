//! What Discord refuses for good is given up at once and left alone, and who has to know is told somewhere else.

use chrono::TimeDelta;
use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind};

use super::{Hub, config};
use crate::databases;
use crate::fake::discord::permissions::{SEND_MESSAGES, VIEW_CHANNEL};
use crate::fake::discord::state::Message;
use crate::fake::discord::state::Request;
use crate::fake::discord::{Fault, Matching, Way};
use crate::log::Log;

const AT: &str = "2026-12-08 09:00";
const MORE: &str = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = [\"1d\"]\nchange_list = \"1d\"\n";
const DISKS: [(&str, &str); 4] =
    [("title", "Disks"), ("service", "disks"), ("when", "2026-12-10 10:00-11:00 UTC"), ("poc", "ben")];

async fn hub() -> Hub {
    Hub::start(Way::Http, MORE, AT).await
}

/// Rows about a channel that were given up.
async fn dead(hub: &Hub, channel: &str) -> Vec<Delivery> {
    let rows = hub.bot.ledger(1).await.into_iter();
    rows.filter(|row| row.state == DeliveryState::Dead && row.plan.channel.to_string() == channel).collect()
}

/// Posts in a channel, or to somebody, that name all of these words.
fn naming(hub: &Hub, place: &str, words: &[&str]) -> Vec<String> {
    let posts = hub.fake.posts(place).into_iter().map(|post| post.plain());
    posts.filter(|text| words.iter().all(|word| text.contains(word))).collect()
}

fn texts(hub: &Hub, place: &str) -> Vec<String> {
    hub.fake.posts(place).iter().map(Message::plain).collect()
}

/// Calls that are about a channel.
fn calls(hub: &Hub, channel: &str) -> Vec<Request> {
    let name = channel.trim_start_matches('#');
    let about = |call: &Request| call.channel.as_ref().is_some_and(|(id, known)| known == name || id == name);
    hub.fake.requests().into_iter().filter(about).collect()
}

/// A window is announced to `#ce`, which takes nothing: given up at the first try; its POC and ops hear of it.
async fn given_up(hub: &Hub, word: &str) {
    let said = hub.command("anna", "#dev", "schedule", &DISKS).await;
    assert!(said.plain().contains("MW-1 “Disks” is scheduled"), "{said}");
    let dead = dead(hub, "discord:#ce").await;
    let announcement = dead.iter().find(|row| row.plan.message == MessageKind::Announcement);
    let announcement = announcement.unwrap_or_else(|| panic!("nothing was given up: {dead:#?}"));
    assert_eq!(announcement.attempts, 1);
    let error = announcement.error.clone().unwrap_or_default();
    assert!(error.contains(word), "{error}");
    for place in ["@ben", "#ops"] {
        let told = naming(hub, place, &["#ce", word, "Disks"]);
        assert_eq!(told.len(), 1, "{place}: {:#?}", texts(hub, place));
    }
    assert_eq!(hub.bot.texts("ops").await, [""; 0], "Discord could tell them");
}

/// What was refused is left alone for ten minutes: another window is not even tried there. Everything else goes on.
async fn left_alone(hub: &Hub) {
    let before = calls(hub, "#ce").len();
    let cables = [("title", "Cables"), ("service", "cables"), ("when", "2026-12-11 10:00-11:00 UTC"), ("poc", "anna")];
    hub.command("anna", "#dev", "schedule", &cables).await;
    let asked = calls(hub, "#ce");
    assert_eq!(asked.len(), before, "no further calls there: {:#?}", &asked[before..]);
    assert_eq!(naming(hub, "#ops", &["#ce", "Cables"]).len(), 1, "{:#?}", texts(hub, "#ops"));
    assert!(hub.fake.invalid_requests() <= 1, "{} answers that Discord counts", hub.fake.invalid_requests());
}

/// Once what was wrong is put right, everything after that goes on.
async fn said_after_all(hub: &Hub) {
    hub.at("2026-12-08 09:20").await;
    hub.command("anna", "#dev", "do", &[(&hub.text_of_do(), "remind MW-1")]).await;
    assert!(hub.newest("#ce").plain().contains("Disks"), "{}", hub.newest("#ce").plain());
    hub.at("2026-12-10 10:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce").into_iter().rfind(|one| one.contains("Disks")).as_deref(), Some("Started: Disks"));
    assert_eq!(dead(hub, "discord:#ce").await.len(), 1, "what was given up stays so");
}

#[tokio::test]
async fn a_channel_that_the_bot_does_not_see() {
    let hub = hub().await;
    hub.fake.channel("#ce").bot_may_not(VIEW_CHANNEL);
    given_up(&hub, "50001").await;
    left_alone(&hub).await;
    hub.fake.channel("#ce").bot_may(VIEW_CHANNEL);
    said_after_all(&hub).await;
    hub.close_after_loss().await;
}

#[tokio::test]
async fn a_channel_that_the_bot_may_not_write_to() {
    let hub = hub().await;
    hub.fake.channel("#ce").bot_may_not(SEND_MESSAGES);
    given_up(&hub, "50013").await;
    left_alone(&hub).await;
    hub.fake.channel("#ce").bot_may(SEND_MESSAGES);
    said_after_all(&hub).await;
    hub.close_after_loss().await;
}

#[tokio::test]
async fn a_channel_that_is_not_there() {
    let hub = hub().await;
    hub.fake.channel("#ce").deleted();
    given_up(&hub, "no channel #ce").await;
    hub.fake.channel("#ce");
    said_after_all(&hub).await;
    hub.close_after_loss().await;
}

/// Deleted after maintbot looked it up, and made again under the same name: another channel, to which all goes from now on.
#[tokio::test]
async fn a_channel_in_the_place_of_one_that_was_deleted_is_found_by_its_name() {
    let hub = hub().await;
    hub.command("anna", "#dev", "schedule", &DISKS).await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Disks"]);
    hub.at("2026-12-08 09:05").await;
    hub.fake.channel("#ce").deleted();
    hub.fake.channel("#ce");
    hub.command("anna", "#dev", "reschedule", &[("window", "MW-1"), ("when", "2026-12-10 12:00-13:00 UTC")]).await;
    assert_eq!(hub.headings("#ce"), ["Moved: Disks"], "{:#?}", texts(&hub, "#ops"));
    assert_eq!(dead(&hub, "discord:#ce").await.len(), 0);
    hub.close().await;
}

/// Written by its id and deleted: there is no other name to look for.
#[tokio::test]
async fn a_deleted_channel_that_is_written_by_its_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let by_id = |fake: &crate::fake::discord::FakeDiscord| {
        config(fake, Way::Http, MORE).replace("discord:#ce", &format!("discord:{}", fake.channel("#ce").id()))
    };
    let hub = Hub::start_on(folder, url, Way::Http, by_id, AT).await;
    let id = hub.fake.channel("#ce").id();
    hub.fake.channel("#ce").deleted();
    hub.command("anna", "#dev", "schedule", &DISKS).await;
    let dead = dead(&hub, &format!("discord:{id}")).await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert!(dead[0].error.as_ref().is_some_and(|error| error.contains("10003")) && dead[0].attempts == 1, "{dead:#?}");
    assert_eq!(calls(&hub, &id).len(), 1, "asked once");
    for place in ["@ben", "#ops"] {
        assert_eq!(naming(&hub, place, &[&id, "10003"]).len(), 1, "{place}: {:#?}", texts(&hub, place));
    }
    hub.close_after_loss().await;
}

/// A second server that is deleted, or that maintbot was thrown out of; the first one goes on.
#[tokio::test]
async fn a_deleted_server() {
    const OTHER: &str = "900000000000000002";
    let more = format!("{MORE}\n[[audience]]\nname = \"partners\"\nchannels = [\"discord:{OTHER}/#news\"]\n");
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let two = |fake: &crate::fake::discord::FakeDiscord| {
        let one = config(fake, Way::Http, &more);
        let first = crate::fake::discord::SERVER;
        let named =
            |text: String, name: &str| text.replace(&format!("discord:#{name}"), &format!("discord:{first}/#{name}"));
        let text = ["ops", "ce"].into_iter().fold(one, named);
        text.replace(&format!("guilds = [\"{first}\"]"), &format!("guilds = [\"{first}\", \"{OTHER}\"]"))
    };
    let hub = Hub::start_on(folder, url, Way::Http, two, AT).await;
    hub.command("anna", "#dev", "schedule", &DISKS).await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Disks"]);
    let dead = dead(&hub, &format!("discord:{OTHER}/#news")).await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    let error = dead[0].error.clone().unwrap_or_default();
    assert!(dead[0].attempts == 1 && (error.contains("10004") || error.contains("50001")), "{error}");
    for place in ["@ben", "#ops"] {
        assert_eq!(naming(&hub, place, &[OTHER, "Disks"]).len(), 1, "{place}: {:#?}", texts(&hub, place));
    }
    hub.at("2026-12-10 10:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce").pop().as_deref(), Some("Started: Disks"));
    hub.close_after_loss().await;
}

/// Somebody who takes no direct messages: ops are told, and the channels are.
#[tokio::test]
async fn somebody_who_takes_no_direct_messages() {
    let hub = hub().await;
    hub.fake.takes_direct("ben", false);
    hub.command("anna", "#dev", "schedule", &DISKS).await;
    hub.at("2026-12-09 10:00").await;
    hub.calm().await;
    hub.at("2026-12-10 09:50").await;
    hub.calm().await;
    let to_ben = format!("discord:@{}", hub.fake.id("ben"));
    let dead = dead(&hub, &to_ben).await;
    assert!(!dead.is_empty() && dead.iter().all(|row| row.attempts == 1), "{dead:#?}");
    assert!(dead.iter().all(|row| row.error.as_ref().is_some_and(|error| error.contains("50007"))), "{dead:#?}");
    assert!(!naming(&hub, "#ops", &["50007", "Disks"]).is_empty(), "{:#?}", texts(&hub, "#ops"));
    assert_eq!(hub.headings("#ce")[0], "Planned maintenance: Disks");
    hub.close_after_loss().await;
}

async fn refused_there(fault: Fault, word: &str) {
    let hub = hub().await;
    hub.fake.fail_always(Matching::route("create_message").channel("#ce"), fault);
    given_up(&hub, word).await;
    hub.fake.lift();
    said_after_all(&hub).await;
    hub.close_after_loss().await;
}

#[tokio::test]
async fn a_message_that_discord_does_not_take() {
    refused_there(Fault::Code(400, 50_035), "50035").await;
}

#[tokio::test]
async fn something_that_discord_forbids_without_saying_why() {
    refused_there(Fault::Code(403, 0), "403").await;
}

/// The token is nobody's: a call finds that out, the operator hears of it once, and everything is said when it works
/// again.
#[tokio::test]
async fn a_token_that_is_no_longer_valid_stops_everything_for_ten_minutes() {
    let log = Log::start();
    let hub = hub().await;
    hub.command("anna", "#dev", "schedule", &DISKS).await;
    let before = hub.fake.requests().len();
    hub.fake.lock_out(true);
    for n in 0..5 {
        let title = format!("Cables {n}");
        let when = format!("2026-12-1{} 10:00-11:00 UTC", n + 1);
        let options = [("title", title.as_str()), ("service", "cables"), ("when", when.as_str())];
        let said = hub.fake.command("anna", "#dev", "schedule", &options).await;
        assert!(said.plain().contains("is scheduled"), "over HTTP the answer needs no token: {said}");
        hub.settle().await;
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::seconds(90));
        hub.settle().await;
    }
    let refused = hub.fake.requests().split_off(before);
    let routes: Vec<_> = refused.iter().map(|call| (call.route.as_str(), call.at, &call.channel)).collect();
    // What was under way to other channels by then could not know of it.
    assert!((1..=3).contains(&refused.len()), "{routes:#?}");
    assert!(refused.iter().all(|call| call.at == refused[0].at), "{routes:#?}");
    // It is tried again, at most once for each channel, and left alone again.
    hub.bot.clock.set(refused[0].at + TimeDelta::seconds(601));
    hub.settle().await;
    hub.settle().await;
    let again = hub.fake.requests().split_off(before + refused.len());
    assert!((1..=3).contains(&again.len()), "{again:#?}");
    assert!(again.iter().all(|call| call.status == Some(401)));
    let news = log.text().matches("Discord is left alone for ten minutes").count();
    assert_eq!(news, 1, "said once");
    hub.fake.lock_out(false);
    hub.bot.clock.set(refused[0].at + TimeDelta::minutes(25));
    hub.calm().await;
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(20));
    hub.calm().await;
    let (headings, console) = (hub.headings("#ce"), hub.bot.texts("ops").await);
    for n in 0..5 {
        let told = headings.iter().filter(|heading| heading.ends_with(&format!("Cables {n}"))).count();
        // The one that found it out was given up; ops know of it, on Discord or, where that was refused too, here.
        let named = |text: &&String| ["#ce", &format!("Cables {n}"), "401"].iter().all(|word| text.contains(word));
        let known = texts(&hub, "#ops").iter().chain(&console).filter(named).count();
        assert_eq!(told + known, 1, "Cables {n}: {headings:?} {console:#?} {:#?}", texts(&hub, "#ops"));
    }
    assert_eq!(hub.fake.invalid_requests(), refused.len() + again.len());
    hub.close_after_loss().await;
}

/// Answers that Discord counts before it shuts an address out, 10,000 of them in ten minutes: after 1,000, and what is under
/// way by then, nothing is sent.
#[cfg(feature = "discord-gateway")]
#[tokio::test]
async fn there_are_never_many_more_than_a_thousand_invalid_answers_in_ten_minutes() {
    const AT_ONCE: usize = 50;
    let hub = Hub::start(Way::Gateway, MORE, AT).await;
    hub.fake.patience(std::time::Duration::from_millis(30));
    hub.fake.fail_always("create_interaction_response", Fault::Code(401, 50_027));
    let rounds = async |rounds: usize| {
        for _ in 0..rounds {
            let options = [("title", "Jira"), ("when", "tomorrow")];
            let typed = (0..AT_ONCE).map(|_| hub.fake.type_in("anna", "#dev", "schedule", &options, "when"));
            futures_util::future::join_all(typed).await;
            hub.inbound().idle().await;
            hub.fake.take_unanswered();
        }
        hub.fake.calls("create_interaction_response").len()
    };
    let asked = rounds(24).await;
    assert!((900..=1_000 + AT_ONCE).contains(&asked), "{asked}");
    assert!(hub.fake.invalid_requests() <= 1_000 + 2 * AT_ONCE, "{}", hub.fake.invalid_requests());
    assert_eq!(rounds(3).await, asked, "nothing is sent any more");
    hub.fake.lift();
    hub.fake.patience(std::time::Duration::from_secs(3));
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(11));
    let said = hub.command("anna", "#dev", "list", &[]).await;
    assert!([4, 5].contains(&said.kind()), "{said}");
    hub.close_after_loss().await;
}
