//! Discord's limits, kept ahead of time and obeyed when Discord names them.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Hub, story, story_by};
use crate::fake::discord::state::Request;
use crate::fake::discord::{Fault, Matching, Scope, Way};

const WINDOWS: i64 = 60;
const CHANNELS: usize = 10;
const AT: &str = "2026-12-01 09:00";
const MORE: &str = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = []\nchange_list = \"1d\"\n";

/// Readers in that many channels of their own, `#c0` and so on.
fn readers(channels: usize) -> String {
    let names: Vec<String> = (0..channels).map(|n| format!("\"discord:#c{n}\"")).collect();
    format!("{MORE}\n[[audience]]\nname = \"many\"\nchannels = [{}]\n", names.join(", "))
}

fn make_channels(hub: &Hub, channels: usize) {
    for n in 0..channels {
        hub.fake.channel(&format!("#c{n}"));
    }
}

/// Plans a window, and nothing of it is said yet.
async fn plan_one(hub: &Hub, n: i64) {
    let line = format!(
        "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-20 14:00-16:00\" poc:@anna item:\"One\""
    );
    hub.bot.type_only("anna", &line).await;
}

/// Plans that many windows, and nothing of it is said yet.
async fn plan(hub: &Hub, windows: i64) {
    for n in 1..=windows {
        plan_one(hub, n).await;
    }
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

/// The most calls within any second, of those that Discord counts together.
fn most_in_a_second(hub: &Hub) -> usize {
    let counted = |call: &Request| call.route != "create_interaction_response" && !call.route.contains("webhook");
    let at: Vec<DateTime<Utc>> = hub.fake.requests().iter().filter(|call| counted(call)).map(|call| call.at).collect();
    let within = |first: usize| at[first..].iter().take_while(|last| **last - at[first] < seconds(1)).count();
    (0..at.len()).map(within).max().unwrap_or_default()
}

/// Sixty windows are told in ten channels at once, and then each is changed: Discord takes five posts and five edits in
/// five seconds of a channel, and never has to say so.
#[tokio::test]
async fn sixty_windows_in_ten_channels_are_told_within_the_limits_and_in_order() {
    story(&readers(CHANNELS), AT, async |hub| {
        make_channels(hub, CHANNELS);
        plan(hub, WINDOWS).await;
        hub.calm().await;
        let expected: Vec<String> = (1..=WINDOWS).map(|n| format!("Planned maintenance: Life {n}")).collect();
        let channels: Vec<String> = (0..CHANNELS).map(|n| format!("#c{n}")).chain(["#ce".to_owned()]).collect();
        for channel in &channels {
            assert_eq!(hub.headings(channel), expected, "{channel}");
            let (first, last) = (hub.fake.posts(channel)[0].at, hub.newest(channel).at);
            assert!(last - first < seconds(90), "no slower than Discord asks: {first} – {last}");
        }
        for n in 1..=WINDOWS {
            hub.bot.type_only("anna", &format!("/maintenance edit MW-{n} title:\"Second {n}\"")).await;
        }
        hub.calm().await;
        let now: Vec<String> = (1..=WINDOWS).map(|n| format!("Planned maintenance: Second {n}")).collect();
        for channel in &channels {
            assert_eq!(hub.headings(channel), now, "{channel}");
        }
        assert!(most_in_a_second(hub) <= 50, "{} in a second", most_in_a_second(hub));
        assert_eq!((hub.fake.limited(), hub.fake.invalid_requests()), (0, 0), "Discord never had to say so");
    })
    .await;
}

/// One window in more channels than Discord takes calls in a second.
#[tokio::test]
async fn no_more_calls_go_out_in_a_second_than_discord_takes_in_all() {
    story(&readers(80), AT, async |hub| {
        make_channels(hub, 80);
        plan(hub, 1).await;
        hub.calm().await;
        for n in 0..80 {
            assert_eq!(hub.headings(&format!("#c{n}")), ["Planned maintenance: Life 1"]);
        }
        let most = most_in_a_second(hub);
        assert!((40..=45).contains(&most), "{most} in a second");
        let took = hub.bot.clock.now() - crate::bot::utc(AT);
        assert!(took < seconds(10), "{took}");
        assert_eq!(hub.fake.limited(), 0, "Discord never had to say so");
    })
    .await;
}

async fn nothing_before(scope: Scope) {
    story(MORE, AT, async |hub| {
        hub.fake.fail(Matching::route("create_message").channel("#ce"), 1, Fault::Limited(90, scope));
        plan(hub, 5).await;
        hub.calm().await;
        let calls = hub.fake.calls("create_message").into_iter();
        let at: Vec<DateTime<Utc>> = calls
            .filter(|call| call.channel.as_ref().is_some_and(|(_, name)| name == "ce"))
            .map(|call| call.at)
            .collect();
        let pause = at[1] - at[0];
        assert!(pause >= seconds(90) && pause <= seconds(95), "{pause}");
        let expected: Vec<String> = (1..=5).map(|n| format!("Planned maintenance: Life {n}")).collect();
        assert_eq!(hub.headings("#ce"), expected);
        assert_eq!(hub.fake.limited(), 0);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_posted_there_before_the_time_that_discord_named() {
    nothing_before(Scope::Bucket).await;
}

#[tokio::test]
async fn nothing_is_posted_there_before_the_time_that_discord_named_because_of_others() {
    nothing_before(Scope::Shared).await;
}

/// A refusal for everything holds up other routes as well.
#[tokio::test]
async fn nothing_is_posted_before_the_time_that_discord_named_for_everything() {
    story(MORE, AT, async |hub| {
        plan(hub, 1).await;
        hub.calm().await;
        hub.fake.fail(Matching::route("update_message").channel("#ce"), 1, Fault::Limited(60, Scope::Global));
        let before = hub.bot.clock.now();
        hub.bot.type_only("anna", "/maintenance edit MW-1 title:\"Other\"").await;
        hub.settle().await;
        let asked = hub.fake.requests().len();
        plan_one(hub, 2).await;
        hub.bot.clock.set(before + seconds(59));
        hub.settle().await;
        assert_eq!(hub.fake.requests().len(), asked, "nothing at all");
        hub.calm().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Other", "Planned maintenance: Life 2"]);
        assert!(hub.newest("#ce").at - before >= seconds(60));
    })
    .await;
}

/// One route has to wait, the others go on: a post may be made while none may be changed.
#[tokio::test]
async fn a_pause_of_one_bucket_does_not_hold_up_another() {
    story(MORE, AT, async |hub| {
        plan(hub, 1).await;
        hub.calm().await;
        hub.fake.fail(Matching::route("update_message").channel("#ce"), 1, Fault::Limited(120, Scope::Bucket));
        hub.bot.type_only("anna", "/maintenance edit MW-1 title:\"Other\"").await;
        hub.settle().await;
        hub.bot.clock.set(hub.bot.clock.now() + seconds(5));
        plan_one(hub, 2).await;
        hub.settle().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Life 1", "Planned maintenance: Life 2"]);
        hub.calm().await;
        assert_eq!(hub.headings("#ce")[0], "Planned maintenance: Other");
        let edits = hub.fake.calls("update_message");
        assert!(edits[1].at - edits[0].at >= seconds(120));
    })
    .await;
}

/// Messages that are older than an hour may be edited a few times in a while only, which Discord says when it is too often:
/// it is obeyed, and in the end all of them say how things are.
#[tokio::test]
async fn old_posts_are_brought_in_step_as_discord_lets_them_be() {
    story(MORE, AT, async |hub| {
        plan(hub, 12).await;
        hub.calm().await;
        hub.at("2026-12-01 12:00").await;
        for n in 1..=12 {
            hub.bot.type_only("anna", &format!("/maintenance edit MW-{n} title:\"Second {n}\"")).await;
        }
        hub.calm().await;
        hub.at("2026-12-01 13:00").await;
        let now: Vec<String> = (1..=12).map(|n| format!("Planned maintenance: Second {n}")).collect();
        assert_eq!(hub.headings("#ce"), now);
    })
    .await;
}

/// Whoever waits for an answer waits three seconds: it goes out although everything else has to wait.
async fn answered_while_posts_wait(way: Way) {
    story_by(way, MORE, AT, async |hub| {
        hub.fake.fail(Matching::route("create_message").channel("#ce"), 1, Fault::Limited(60, Scope::Global));
        plan(hub, 1).await;
        hub.settle().await;
        let before = hub.bot.clock.now();
        for user in ["anna", "ben", "carla", "dan", "eve"] {
            let said = hub.fake.command(user, "#dev", "do", &[(&hub.text_of_do(), "whoami")]).await;
            assert!(said.status == 200 && said.plain().contains(user), "{said}");
        }
        assert_eq!(hub.bot.clock.now(), before);
        assert_eq!(hub.fake.posts("#ce").len(), 0, "what others read waits");
        hub.calm().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Life 1"]);
    })
    .await;
}

#[tokio::test]
async fn commands_are_answered_while_posts_wait_over_http() {
    answered_while_posts_wait(Way::Http).await;
}

#[cfg(feature = "discord-gateway")]
#[tokio::test]
async fn commands_are_answered_while_posts_wait_over_the_gateway() {
    answered_while_posts_wait(Way::Gateway).await;
}
