//! The digest: what it tells to whom, and that each of its times is told once.

use maintbot::clock::Clock;
use maintbot::domain::ledger::Delivery;
use tempfile::tempdir;

use crate::bot::{Bot, assert_timeline, story, utc};
use crate::{databases, postgres};

const CONFIG: &str = r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
name = "Example Cloud"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "wiki"
name = "Wiki"

[policy.scheduled]
announce = "14d"
remind = []

[policy.emergency]
approval = ["always"]

[[audience]]
name = "customers"
channels = ["builtin:maintenance"]

[digest]
cron = "0 9 * * Mon"
channels = ["builtin:maintenance", "builtin:ops"]
"#;

const WEEK: &str = "\
Maintenance at Example Cloud: 1 going on, 1 ahead, 1 completed

Going on now:

Window           When                                                           Services  Contact
MW-5: Long copy  Mon 23 Nov 2026 06:00–12:00 Europe/Helsinki (04:00–10:00 UTC)  Wiki      ben

Ahead until Mon 30 Nov 2026 09:00 Europe/Helsinki (07:00 UTC):

Window              When                                                           Services  Expected downtime  Contact
MW-2: Jira upgrade  Thu 26 Nov 2026 18:00–22:00 Europe/Helsinki (16:00–20:00 UTC)  Jira      up to 15m          anna

Completed since Mon 16 Nov 2026 09:00 Europe/Helsinki (07:00 UTC):

Window           Ended                                              Outcome            Downtime  Services
MW-1: Wiki move  Wed 18 Nov 2026 11:00 Europe/Helsinki (09:00 UTC)  completed in part  20m       Wiki

More: https://maintenance.example.com";

const WAITS: &str = "

Window                     When                                                           Asked by  Decide before
MW-4: Not before approval  Wed 25 Nov 2026 18:00–19:00 Europe/Helsinki (16:00–17:00 UTC)  mikko     Wed 25 Nov 2026 18:00 Europe/Helsinki (16:00 UTC)

More: https://maintenance.example.com";

const QUIET: &str = "\
Maintenance at Example Cloud: nothing ahead

Nothing is planned until Mon 30 Nov 2026 09:00 Europe/Helsinki (07:00 UTC).

Nothing was completed since Mon 16 Nov 2026 09:00 Europe/Helsinki (07:00 UTC).

More: https://maintenance.example.com";

/// The digests among the posts of a channel.
async fn digests(bot: &Bot, channel: &str) -> Vec<String> {
    bot.texts(channel).await.into_iter().filter(|text| text.starts_with("Maintenance at ")).collect()
}

/// When digests were posted on a channel (UTC).
async fn times(bot: &Bot, channel: &str) -> Vec<String> {
    let posts = bot.timeline(channel).await.into_iter().filter(|line| line.contains("Maintenance at "));
    posts.map(|line| line.chars().take(16).collect()).collect()
}

/// The ledger of a channel: `occasion state reason`.
async fn ledger(bot: &Bot, channel: &str) -> Vec<String> {
    let rows = bot.parts.service.digest_deliveries().await.expect("readable");
    let here = rows.iter().filter(|row| row.plan.channel.to_string() == format!("builtin:{channel}"));
    let shown = |row: &Delivery| {
        assert_eq!(
            (row.subject.to_string(), row.plan.sequence, row.plan.audience.as_str()),
            ("digest".into(), 0, "digest")
        );
        let reason = row.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("{} {}{reason}", row.plan.occasion, row.state)
    };
    here.map(shown).collect()
}

#[tokio::test]
async fn it_tells_what_is_ahead_and_what_was_done_and_staff_what_waits() {
    story(CONFIG, "2026-11-16 08:00", async |bot| {
        for line in [
            "schedule \"Wiki move\" service:wiki when:\"2026-11-18 10:00-12:00\" poc:@anna",
            "schedule \"Jira upgrade\" service:jira when:\"2026-11-26 18:00-22:00\" downtime:15m poc:@anna",
            "schedule \"After the next digest\" service:jira when:\"2026-12-01 18:00-22:00\" poc:@anna",
            "schedule \"Not before approval\" service:wiki kind:emergency when:\"2026-11-25 18:00-19:00\" reason:\"it leaks\" \
             poc:@ben",
            "schedule \"Long copy\" service:wiki when:\"2026-11-23 06:00-12:00\" poc:@ben",
            "schedule \"Called off\" service:jira when:\"2026-11-24 06:00-07:00\" poc:@ben",
            "cancel MW-6 reason:\"not needed\"",
        ] {
            bot.say("mikko", line).await;
        }
        bot.at("2026-11-18 09:00").await;
        bot.say("anna", "complete MW-1 outcome:partial downtime:20m").await;
        bot.at("2026-11-23 06:59").await;
        assert_eq!(digests(bot, "maintenance").await, Vec::<String>::new(), "nothing before its time");
        bot.at("2026-11-23 07:00").await;
        let told = digests(bot, "maintenance").await;
        assert_eq!(told[0], WEEK);
        let staff = digests(bot, "ops").await;
        let (before, waits) = staff[0].split_once("Waiting for approval:").expect("what waits");
        assert_eq!(waits, WAITS);
        assert!(before.contains("1 ahead, 1 completed, 1 waiting for approval"), "{before}");
        assert!(!told[0].contains("Not before approval") && !told[0].contains("Called off"), "{}", told[0]);

        // Said in the second of the digest, which does not know it: the next one tells it, once.
        bot.say("ben", "complete MW-5").await;
        bot.at("2026-11-30 07:00").await;
        let next = digests(bot, "maintenance").await;
        assert_eq!(next.len(), 2);
        assert!(next[1].contains("MW-5: Long copy") && next[1].contains("MW-3: After the next digest"), "{}", next[1]);
        assert!(!next[1].contains("Wiki move"), "what was told once is not told again: {}", next[1]);
        bot.at("2026-12-07 07:00").await;
        assert!(!digests(bot, "maintenance").await[2].contains("MW-5"), "nor is this");
        bot.say("mikko", "schedule \"Far off\" service:wiki when:\"2027-02-02 18:00-22:00\" poc:@anna").await;
        bot.at("2026-12-14 07:00").await;
        let far = &digests(bot, "maintenance").await[3];
        let said = "Nothing is planned until Mon 21 Dec 2026 09:00 Europe/Helsinki (07:00 UTC). The next is MW-7: Far off, Tue 2 Feb 2027 \
                    18:00–22:00 Europe/Helsinki (16:00–20:00 UTC).";
        assert!(far.contains(said), "{far}");
    })
    .await;
}

#[tokio::test]
async fn a_quiet_week_says_so() {
    story(CONFIG, "2026-11-16 08:00", async |bot| {
        bot.at("2026-11-23 07:00").await;
        assert_eq!(digests(bot, "maintenance").await[0], QUIET);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_waits_shows_the_approved_time_and_an_embargoed_name_nowhere() {
    let config = CONFIG.replace("[policy.emergency]\napproval = [\"always\"]", "[policy.emergency]\nremind = []");
    let config =
        config.replace("announce = \"14d\"", "announce = \"at_once\"\nnotice = \"5wd\"\napproval = [\"short_notice\"]");
    story(&config, "2026-11-16 08:00", async |bot| {
        bot.say("mikko", "schedule \"Jira upgrade\" service:jira when:\"2026-11-26 18:00-22:00\" poc:@anna").await;
        bot.at("2026-11-20 08:00").await;
        bot.say("mikko", "reschedule MW-1 when:\"2026-11-25 18:00-22:00\" reason:\"release is early\"").await;
        bot.say(
            "mikko",
            "advisory \"Zqleak\" id:ZQ-1 disposition:patch_now service:wiki when:\"2026-11-24 20:00-20:15\" reason:\"cannot wait\" \
             publish:\"2026-12-01 12:00\" poc:@mikko",
        )
        .await;
        bot.at("2026-11-23 07:00").await;
        for channel in ["maintenance", "ops"] {
            let told = &digests(bot, channel).await[0];
            let ahead = told.split("Waiting for approval").next().unwrap_or_default();
            assert!(ahead.contains("Thu 26 Nov 2026") && !ahead.contains("Wed 25 Nov 2026"), "{told}");
            assert!(told.contains("MW-2") && !told.to_lowercase().contains("zq"), "{told}");
        }
        assert!(digests(bot, "ops").await[0].contains("Wed 25 Nov 2026"), "staff read what is asked for");
    })
    .await;
}

#[tokio::test]
async fn after_an_absence_only_the_latest_is_sent() {
    story(CONFIG, "2026-11-16 08:00", async |bot| {
        bot.at("2026-11-23 07:00").await;
        bot.down_until("2026-12-16 10:00").await;
        assert_timeline(&times(bot, "maintenance").await, &["2026-11-23 07:00", "2026-12-16 10:00"]);
        assert_timeline(
            &ledger(bot, "maintenance").await,
            &[
                "2026-11-23T07:00:00Z sent",
                "2026-11-30T07:00:00Z skipped too_late",
                "2026-12-07T07:00:00Z skipped too_late",
                "2026-12-14T07:00:00Z sent",
            ],
        );
        bot.at("2026-12-21 07:00").await;
        assert_eq!(times(bot, "maintenance").await.len(), 3, "and then at their times again");
    })
    .await;
}

/// Tells a story of several processes, one after the other or at the same time, on the same database: on both kinds.
async fn on_one_database(tell: impl AsyncFn(&str)) {
    let folder = tempdir().expect("a folder");
    for url in [databases::sqlite_url(&folder), postgres::database().await.as_str().to_owned()] {
        tell(&url).await;
    }
}

#[tokio::test]
async fn replicas_and_restarts_tell_each_time_once() {
    on_one_database(async |url| {
        let clock = Clock::manual(utc("2026-11-16 08:00"));
        let first = Bot::start(CONFIG, url, clock.clone()).await;
        first.settle().await;
        let second = Bot::start(CONFIG, url, clock.clone()).await;
        second.settle().await;
        clock.set(utc("2026-11-23 07:00"));
        tokio::join!(first.settle(), second.settle());
        assert_timeline(&times(&first, "maintenance").await, &["2026-11-23 07:00"]);
        assert_timeline(&ledger(&second, "maintenance").await, &["2026-11-23T07:00:00Z sent"]);
        first.finish().await;
        second.finish().await;
        let third = Bot::start(CONFIG, url, clock).await;
        third.settle().await;
        third.at("2026-11-30 07:00").await;
        assert_timeline(&times(&third, "ops").await, &["2026-11-23 07:00", "2026-11-30 07:00"]);
        third.finish().await;
    })
    .await;
}

#[tokio::test]
async fn other_times_and_channels_count_from_the_start_with_them() {
    on_one_database(async |url| {
        let clock = Clock::manual(utc("2026-11-16 08:00"));
        let first = Bot::start(CONFIG, url, clock.clone()).await;
        first.at("2026-11-23 07:00").await;
        first.finish().await;
        let config = CONFIG
            .replace("* * Mon", "* * Tue,Thu")
            .replace("\"builtin:maintenance\", \"builtin:ops\"", "\"builtin:ops\"");
        let second = Bot::start(&config, url, clock.clone()).await;
        second.at("2026-11-30 07:00").await;
        let all = ["2026-11-23 07:00", "2026-11-24 07:00", "2026-11-26 07:00"];
        assert_timeline(&times(&second, "ops").await, &all);
        assert_timeline(&times(&second, "maintenance").await, &all[..1]);
        second.finish().await;
        let third = Bot::start(CONFIG, url, clock).await;
        third.at("2026-12-07 07:00").await;
        assert_timeline(&times(&third, "maintenance").await, &["2026-11-23 07:00", "2026-12-07 07:00"]);
        third.finish().await;
    })
    .await;
}

#[tokio::test]
async fn without_the_section_there_is_none() {
    let (config, _) = CONFIG.split_once("[digest]").expect("the section");
    story(config, "2026-11-16 08:00", async |bot| {
        bot.at("2026-12-16 08:00").await;
        assert_eq!(times(bot, "ops").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_digest_is_no_message_of_a_window_that_could_be_previewed() {
    story(CONFIG, "2026-11-16 08:00", async |bot| {
        bot.say("mikko", "schedule \"Wiki move\" service:wiki when:\"2026-11-18 10:00-12:00\" poc:@anna").await;
        for message in ["digest", "confirm_subscription"] {
            let refused = bot.refused("anna", &format!("preview MW-1 {message}")).await;
            assert!(refused.detail.contains(message) && refused.hint.is_some(), "{refused:?}");
        }
    })
    .await;
}
