//! Series: windows made ahead of time, kept on the wall clock, changed one by one or together, announced in their turn.

mod changes;

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::series::SeriesId;
use maintbot::domain::window::Window;
use maintbot::message::words;
use maintbot::service::query::FullSeries;

use crate::bot::{Bot, assert_timeline, story, utc};

/// Announced two days ahead, no reminders.
const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "2d"
remind = []
change_list = "1d"

[[audience]]
name = "crm"
channels = ["builtin:crm"]
"#;

/// A Monday; the first Sunday after it is 22 November.
const NOW: &str = "2026-11-16 09:00";
const WEEKLY: &str = "/maintenance series \"Break\" service:crm every:\"every week on sunday 02:00 for 1h\" poc:@anna";

/// A series with its windows.
async fn series(bot: &Bot, id: i64) -> FullSeries {
    bot.parts.service.one_series(SeriesId(id)).await.expect("readable").expect("a series")
}

async fn windows(bot: &Bot, id: i64) -> Vec<Window> {
    series(bot, id).await.windows
}

async fn starts(bot: &Bot, id: i64) -> Vec<DateTime<Utc>> {
    windows(bot, id).await.iter().map(|w| w.span.starts_at).collect()
}

/// Start (UTC) and state of the first windows.
async fn first(bot: &Bot, id: i64, count: usize) -> Vec<String> {
    let shown = |w: &Window| format!("{} {} {}", w.id, w.span.starts_at.format("%Y-%m-%d %H:%M"), w.state);
    windows(bot, id).await.iter().take(count).map(shown).collect()
}

/// The audit trail of a series as people read it.
async fn happened(bot: &Bot, id: i64) -> String {
    let found = series(bot, id).await;
    found.events.iter().map(|e| words::happened(&e.what, &found.series.zone)).collect::<Vec<_>>().join("\n")
}

/// Every start of `step` length from the first to the last, each once.
#[track_caller]
fn assert_steps(starts: &[DateTime<Utc>], from: &str, to: &str, step: TimeDelta) {
    let (from, to) = (utc(from), utc(to));
    let expected: Vec<_> =
        std::iter::successors(Some(from), |at| Some(*at + step)).take_while(|at| *at <= to).collect();
    assert_eq!(starts, expected, "without gaps and without doubles");
}

#[tokio::test]
async fn windows_are_made_until_400_days_are_covered_and_more_as_time_passes() {
    story(CONFIG, NOW, async |bot| {
        let made = bot.say("anna", WEEKLY).await;
        // 400 days from 16 November 2026 09:00 end on 21 December 2027.
        assert_steps(&starts(bot, 1).await, "2026-11-22 02:00", "2027-12-19 02:00", TimeDelta::days(7));
        assert_eq!(made.windows.len(), 57);
        assert!(made.message.plain().contains("57 windows"), "{}", made.message.plain());
        // 26 December 2027 02:00 comes within 400 days on 21 November 2026 02:00.
        bot.at("2026-11-21 01:59:59").await;
        assert_eq!(starts(bot, 1).await.len(), 57);
        bot.at("2026-11-21 02:00").await;
        assert_eq!(starts(bot, 1).await.len(), 58);
        bot.at("2026-12-01 00:00").await;
        assert_steps(&starts(bot, 1).await, "2026-11-22 02:00", "2028-01-02 02:00", TimeDelta::days(7));
    })
    .await;
}

#[tokio::test]
async fn at_least_24_windows_are_ahead_however_rare_they_are() {
    story(CONFIG, NOW, async |bot| {
        let monthly = "every:\"second sunday of month 02:00 for 1h\"";
        let quarterly = "every:\"last friday of quarter 22:00 for 1h\"";
        bot.say("anna", &format!("/maintenance series \"Monthly\" service:crm {monthly} poc:@anna")).await;
        bot.say("anna", &format!("/maintenance series \"Quarterly\" service:crm {quarterly} poc:@anna")).await;
        let (months, quarters) = (starts(bot, 1).await, starts(bot, 2).await);
        assert_eq!((months.len(), months[0], months[23]), (24, utc("2026-12-13 02:00"), utc("2028-11-12 02:00")));
        assert_eq!((quarters.len(), quarters[0], quarters[23]), (24, utc("2026-12-25 22:00"), utc("2032-09-24 22:00")));
        // When the first begins, only 23 are ahead.
        bot.at("2026-12-13 02:00").await;
        assert_eq!(starts(bot, 1).await.len(), 24);
        bot.at("2026-12-13 02:00:01").await;
        assert_eq!(starts(bot, 1).await[24..], [utc("2028-12-10 02:00")]);
    })
    .await;
}

#[tokio::test]
async fn after_three_months_down_there_is_no_gap_and_no_double() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.down_until("2027-02-20 12:00").await;
        // 400 days from then end on 26 March 2028 12:00, a Sunday.
        assert_steps(&starts(bot, 1).await, "2026-11-22 02:00", "2028-03-26 02:00", TimeDelta::days(7));
        let mut ids: Vec<_> = windows(bot, 1).await.iter().map(|w| w.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 71, "each has an id of its own");
    })
    .await;
}

#[tokio::test]
async fn after_years_down_the_series_goes_on_from_now_and_nothing_is_made_up_for_the_past() {
    story(CONFIG, NOW, async |bot| {
        let monthly = "every:\"second sunday of month 02:00 for 1h\"";
        bot.say("anna", &format!("/maintenance series \"Monthly\" service:crm {monthly} poc:@anna")).await;
        bot.down_until("2029-11-20 12:00").await;
        let starts = starts(bot, 1).await;
        assert_eq!(starts.len(), 48);
        assert_eq!(starts[23..25], [utc("2028-11-12 02:00"), utc("2029-12-09 02:00")]);
        assert_eq!(starts[47], utc("2031-11-09 02:00"));
        // Going on works as before: the next is made when one more has begun.
        bot.at("2029-12-09 02:00:01").await;
        assert_eq!(windows(bot, 1).await.last().expect("windows").span.starts_at, utc("2031-12-14 02:00"));
    })
    .await;
}

#[tokio::test]
async fn the_time_on_the_wall_stays_and_the_ledger_notes_what_the_clocks_did() {
    let config = CONFIG.replace("time_zone = \"UTC\"", "time_zone = \"Europe/Helsinki\"");
    story(&config, "2027-03-01 09:00", async |bot| {
        bot.say("anna", &WEEKLY.replace("02:00", "03:30")).await;
        let all = windows(bot, 1).await;
        let on = |date: &str| all.iter().find(|w| w.span.starts_at.format("%Y-%m-%d").to_string() == date).expect(date);
        // Finland: 28 March 2027 03:00 becomes 04:00; 31 October 2027 04:00 becomes 03:00 again.
        for (date, at) in [
            ("2027-03-21", "01:30"),
            ("2027-03-28", "01:30"),
            ("2027-04-04", "00:30"),
            ("2027-10-24", "00:30"),
            ("2027-10-31", "00:30"),
            ("2027-11-07", "01:30"),
        ] {
            let w = on(date);
            assert_eq!(w.span.starts_at.format("%H:%M").to_string(), at, "{date}");
            assert_eq!(w.span.length(), TimeDelta::hours(1), "an hour is an hour");
            let ledger = bot.ledger(w.id.0).await;
            let announced = ledger.iter().find(|r| r.plan.message == MessageKind::Announcement).expect("announced");
            let expected = match date {
                "2027-03-28" => Some("its start: the clocks skip that time; moved on by the gap"),
                "2027-10-31" => Some("its start: the clocks show that time twice; the first was taken"),
                _ => None,
            };
            assert_eq!(announced.plan.note.as_deref(), expected, "{date}");
        }
        let shown = bot.say("anna", &format!("/maintenance reminders {}", on("2027-03-28").id)).await.message.plain();
        assert!(shown.contains("the clocks skip that time"), "{shown}");
        assert!(on("2027-03-28").span.to_string().starts_with("Sun 28 Mar 2027 04:30–05:30"));
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_inside_the_notice_is_not_made_and_the_reply_says_so() {
    let config = CONFIG.replace("announce = \"2d\"", "announce = \"2d\"\nnotice = \"14d\"");
    story(&config, NOW, async |bot| {
        let made = bot.say("anna", WEEKLY).await.message.plain();
        // For 29 November it had to be asked for by 15 November 02:00, for 6 December by 22 November.
        assert_eq!(first(bot, 1, 1).await, ["MW-1 2026-12-06 02:00 scheduled"]);
        for left_out in ["Sun 22 Nov 2026 02:00", "Sun 29 Nov 2026 02:00", "the notice is 14 days"] {
            assert!(made.contains(left_out), "{left_out} in {made}");
        }
        let shown = bot.say("anna", "/maintenance series show SR-1").await.message.plain();
        assert!(shown.contains("Not made:") && shown.contains("Sun 29 Nov 2026 02:00"), "{shown}");
        // Those that the clock makes are 400 days ahead.
        bot.at("2026-12-01 00:00").await;
        assert_steps(&starts(bot, 1).await, "2026-12-06 02:00", "2028-01-02 02:00", TimeDelta::days(7));
    })
    .await;
}

#[tokio::test]
async fn what_lies_in_a_freeze_or_meets_another_window_is_left_out_and_said() {
    story(CONFIG, NOW, async |bot| {
        bot.say("sam", "/maintenance schedule \"Database\" service:crm when:\"2026-12-13 01:30-04:00\" poc:@sam").await;
        bot.say("sam", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        let made = bot.say("anna", WEEKLY).await.message.plain();
        assert_eq!(
            first(bot, 1, 4).await,
            [
                "MW-2 2026-11-22 02:00 scheduled",
                "MW-3 2026-11-29 02:00 scheduled",
                "MW-4 2026-12-06 02:00 scheduled",
                "MW-5 2027-01-10 02:00 scheduled",
            ]
        );
        let shown = bot.say("anna", "/maintenance series show SR-1").await.message.plain();
        for text in [&made, &shown] {
            for why in ["Sun 13 Dec 2026 02:00", "MW-1 “Database” is at the same time", "Sun 3 Jan 2027 02:00", "FR-1"]
            {
                assert!(text.contains(why), "{why} in {text}");
            }
        }
        // A freeze that comes later stops what the clock would make inside it, and that is said too.
        bot.say("sam", "/maintenance freeze add \"Audit\" from:2027-12-24 to:2027-12-27 service:crm").await;
        bot.at("2026-11-30 00:00").await;
        let starts = starts(bot, 1).await;
        assert!(!starts.contains(&utc("2027-12-26 02:00")) && starts.contains(&utc("2028-01-02 02:00")), "{starts:?}");
        assert!(happened(bot, 1).await.contains("left out Sun 26 Dec 2027 02:00"), "{}", happened(bot, 1).await);
    })
    .await;
}

#[tokio::test]
async fn with_a_reason_what_needs_approval_waits_for_it_and_the_rest_is_scheduled() {
    let config = CONFIG.replace("announce = \"2d\"", "announce = \"2d\"\napproval = [\"freeze\"]");
    story(&config, NOW, async |bot| {
        bot.say("sam", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        bot.say("sam", "/maintenance freeze add \"Audit\" from:2027-12-24 to:2027-12-27").await;
        let without = bot.say("anna", WEEKLY).await.message.plain();
        assert!(without.contains("Not made:") && without.contains("Sun 20 Dec 2026 02:00"), "{without}");
        bot.say("anna", "/maintenance series stop SR-1").await;

        let with = WEEKLY.replace("Break", "Security break");
        bot.say("anna", &format!("{with} reason:\"security updates\"")).await;
        let pending = |all: Vec<Window>| {
            let waits = all.into_iter().filter(|w| w.state.as_str() == "pending");
            waits.map(|w| w.span.starts_at.format("%Y-%m-%d").to_string()).collect::<Vec<_>>()
        };
        assert_eq!(pending(windows(bot, 2).await), ["2026-12-20", "2026-12-27", "2027-01-03"]);
        let asked = bot.timeline("ops").await.iter().filter(|line| line.contains("waits for approval")).count();
        assert_eq!(asked, 3);
        // The clock asks with the same reason, in the name of who made the series.
        bot.at("2026-11-21 02:00").await;
        let all = windows(bot, 2).await;
        let new = all.last().expect("windows");
        assert_eq!((new.span.starts_at, new.state.as_str()), (utc("2027-12-26 02:00"), "pending"));
        let request = new.request.clone().expect("a request");
        assert_eq!((request.by.as_str(), request.reason.as_str()), ("anna", "security updates"));
        let own = bot.refused("anna", &format!("/maintenance approve {}", new.id)).await.message.plain();
        assert!(own.contains("somebody else decides"), "{own}");

        let first = all.iter().find(|w| w.state.as_str() == "pending").expect("one that waits").id;
        bot.say("paul", &format!("/maintenance approve {first}")).await;
        assert_eq!(pending(windows(bot, 2).await), ["2026-12-27", "2027-01-03", "2027-12-26"]);
        // Nobody decides on the others: they are called off at their start, the series goes on.
        bot.at("2027-01-10 02:30").await;
        assert_eq!(pending(windows(bot, 2).await), ["2027-12-26"]);
    })
    .await;
}

#[tokio::test]
async fn with_at_once_an_occurrence_is_announced_when_the_one_before_it_is_over() {
    let config = CONFIG.replace("announce = \"2d\"", "announce = \"at_once\"");
    story(&config, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.at("2026-11-22 02:40").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2026-11-25 12:00").await;
        bot.say("anna", "/maintenance cancel MW-2 reason:\"nothing to do\"").await;
        bot.at("2026-12-06 02:30").await;
        bot.say("anna", "/maintenance complete MW-3").await;
        // What is said in the same second of two windows has no order.
        let mut said = bot.timeline("crm").await;
        said.sort();
        assert_timeline(
            &said,
            &[
                "2026-11-16 09:00 Planned maintenance: Break",
                "2026-11-22 02:00 Started: Break",
                // Twenty minutes before its planned end.
                "2026-11-22 02:40 Completed: Break",
                "2026-11-22 02:40 Planned maintenance: Break",
                // The third is next now.
                "2026-11-25 12:00 Cancelled: Break",
                "2026-11-25 12:00 Planned maintenance: Break",
                "2026-12-06 02:00 Started: Break",
                "2026-12-06 02:30 Completed: Break",
                "2026-12-06 02:30 Planned maintenance: Break",
            ],
        );
    })
    .await;
}

/// When the change list of a window was opened (UTC).
async fn opened(bot: &Bot, id: i64) -> Option<DateTime<Utc>> {
    let issue = bot.parts.service.issue(bot.window(id).await.id).await.expect("readable");
    issue.map(|issue| issue.opened_at)
}

#[tokio::test]
async fn the_change_list_of_an_occurrence_opens_when_the_one_before_ends_or_four_weeks_ahead() {
    story(CONFIG, NOW, async |bot| {
        let monthly = "every:\"second sunday of month 02:00 for 2h\"";
        bot.say("anna", &format!("/maintenance series \"Monthly\" service:crm {monthly} poc:@anna item:Patches")).await;
        // 13 December is less than four weeks ahead; 10 January is four weeks after it; 14 February is five weeks later.
        assert_eq!((opened(bot, 1).await, opened(bot, 2).await), (Some(utc(NOW)), None));
        bot.at("2026-12-13 01:59").await;
        assert_eq!(opened(bot, 2).await, None);
        bot.at("2026-12-13 02:00").await;
        assert_eq!((opened(bot, 2).await, opened(bot, 3).await), (Some(utc("2026-12-13 02:00")), None));
        bot.at("2027-01-10 03:20").await;
        assert_eq!(opened(bot, 3).await, None);
        bot.say("anna", "/maintenance done MW-2 1").await;
        bot.say("anna", "/maintenance complete MW-2").await;
        assert_eq!((opened(bot, 3).await, opened(bot, 4).await), (Some(utc("2027-01-10 03:20")), None));
    })
    .await;
}

#[tokio::test]
async fn every_window_starts_with_the_list_of_its_series_and_goes_its_own_way_from_there() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", &format!("{WEEKLY} item:\"OS patches\" item:\"Restart\"")).await;
        bot.say("anna", "/maintenance change add MW-1 \"Jira 10.3\"").await;
        bot.say("anna", "/maintenance change remove MW-2 1").await;
        assert_eq!(bot.items(1).await, ["1", "2", "3"]);
        assert_eq!(bot.items(2).await, ["2"]);
        bot.say("anna", "/maintenance change add MW-2 \"Confluence\"").await;
        assert_eq!(bot.items(2).await, ["2", "3"], "a number is never given again");
        bot.at("2026-11-21 02:00").await;
        assert_eq!(bot.items(58).await, ["1", "2"], "made by the clock");
        let shown = bot.say("anna", "/maintenance series show SR-1").await.message.plain();
        assert!(shown.contains("OS patches") && shown.contains("Restart"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn a_series_is_typed_in_words_as_a_rule_or_as_cron_with_days_added_and_left_out() {
    story(CONFIG, NOW, async |bot| {
        let forms = [
            ("every:\"every 2 weeks on tuesday 04:00 for 1h\"", ["2026-11-17 04:00", "2026-12-01 04:00"]),
            ("every:\"FREQ=MONTHLY;BYDAY=2SU\" at:16:00 for:4h", ["2026-12-13 16:00", "2027-01-10 16:00"]),
            ("every:\"0 16 * * SUN\" for:90m", ["2026-11-22 16:00", "2026-11-29 16:00"]),
            ("every:\"30 5 1 * *\" for:30m from:2027-02-01", ["2027-02-01 05:30", "2027-03-01 05:30"]),
            (
                "every:\"FREQ=WEEKLY;BYDAY=SU EXDATE:20261129 RDATE:20261202\" at:22:00 for:1h",
                ["2026-11-22 22:00", "2026-12-02 22:00"],
            ),
            ("every:\"FREQ=WEEKLY;BYDAY=WE;COUNT=2\" at:22:00 for:1h", ["2026-11-18 22:00", "2026-11-25 22:00"]),
        ];
        for (n, (form, expected)) in (1..).zip(forms) {
            // Each for a service of its own: they do not meet.
            let typed = format!("/maintenance series new \"Form {n}\" service:s{n} {form} poc:@anna");
            bot.say("anna", &typed).await;
            assert_eq!(starts(bot, n).await[..2], expected.map(utc), "{form}");
        }
        assert_eq!(starts(bot, 6).await.len(), 2, "a rule that ends");
        assert_eq!(windows(bot, 2).await[0].span.length(), TimeDelta::hours(4));
        let shown = bot.say("anna", "/maintenance series show").await.message.plain();
        assert!(shown.starts_with("6 series\n") && shown.contains("Form 1"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn a_series_that_makes_no_sense_is_refused_with_one_that_does() {
    story(CONFIG, NOW, async |bot| {
        for (every, why) in [
            ("every:\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\" at:02:00 for:1h", "no month has such a day"),
            ("every:\"every day at 02:00 for 25h\"", "run into one another"),
            ("every:\"0 * * * *\" for:10m", "windows in 400 days"),
            ("every:\"0 16 13 * FRI\" for:1h", "FREQ="),
            ("every:\"every week on sunday 02:00\"", "for:"),
        ] {
            let refused = bot.refused("anna", &format!("/maintenance series \"S\" service:crm {every}")).await;
            let text = refused.message.plain();
            assert!(text.contains("/maintenance series"), "one line to copy: {text}");
            assert!(text.contains(why), "{why} in {text}");
        }
        let none = bot.say("anna", "/maintenance series show").await.message.plain();
        assert!(none.contains("There is no series yet."), "{none}");
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_a_repeat_within_a_minute_makes_one_series() {
    story(CONFIG, NOW, async |bot| {
        let before = bot.everything().await;
        let dry = bot.say("anna", &format!("{WEEKLY} --dry-run")).await;
        assert!(dry.windows.is_empty() && dry.deliveries.as_ref().is_some_and(|rows| !rows.is_empty()), "{dry:?}");
        assert!(dry.message.plain().contains("Nothing is stored"), "{}", dry.message.plain());
        assert_eq!(bot.everything().await, before);

        bot.say("anna", WEEKLY).await;
        assert_eq!(first(bot, 1, 1).await, ["MW-1 2026-11-22 02:00 scheduled"], "no id was used up");
        let again = bot.say("anna", WEEKLY).await.message.plain();
        assert!(again.contains("--again"), "{again}");
        assert_eq!(bot.parts.service.series(10).await.expect("readable").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stopped_series_calls_off_what_has_not_begun_and_tells_who_was_told() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.at("2026-11-22 02:30").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2026-11-29 02:30").await;
        let reply = bot.say("anna", "/maintenance series stop SR-1 reason:\"rolling updates now\"").await;
        // 57 at first, and two more on 21 and 28 November.
        assert_eq!(reply.windows.len(), 57);
        assert_eq!(
            first(bot, 1, 3).await,
            ["MW-1 2026-11-22 02:00 completed", "MW-2 2026-11-29 02:00 in_progress", "MW-3 2026-12-06 02:00 cancelled",]
        );
        bot.say("anna", "/maintenance complete MW-2").await;
        bot.at("2027-06-01 00:00").await;
        assert_eq!(starts(bot, 1).await.len(), 59, "it makes no more");
        assert_eq!(
            bot.timeline("crm").await.last().map(String::as_str),
            Some("2026-11-29 02:30 Completed: Break"),
            "nobody was told of 6 December yet"
        );
        let twice = bot.refused("anna", "/maintenance series stop SR-1").await.message.plain();
        assert!(twice.contains("SR-1 is stopped already."), "{twice}");
    })
    .await;
}
