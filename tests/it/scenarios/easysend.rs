//! One upgrade in three phases, each with its own environment, audience, region, date and impact; announced together with
//! questions and answers, reminded of one by one, worked through on one issue with a section for each.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Forms Company"
time_zone = "Asia/Jerusalem"
ops = ["builtin:ops"]

[[region]]
id = "apac"
name = "Asia-Pacific"
time_zone = "Asia/Singapore"

[[region]]
id = "eu"
name = "Europe"
time_zone = "Europe/Berlin"

[[region]]
id = "na"
name = "North America"
time_zone = "America/New_York"

# Where forms are made: all customers, one installation.
[[service]]
id = "builder"
name = "Form Builder"
environment = "development"

# Where forms are filled in, by region.
[[service]]
id = "forms"
name = "Forms"

[policy.scheduled]
announce = "7d"
remind = ["1d"]
change_list = "1d"

[[audience]]
name = "form-makers"
channels = ["builtin:makers"]
services = ["builder"]

[[audience]]
name = "asia"
channels = ["builtin:asia"]
services = ["forms"]
regions = ["apac"]

[[audience]]
name = "west"
channels = ["builtin:west"]
services = ["forms"]
regions = ["eu", "na"]
"#;

const PHASES: [&str; 3] = [
    // Two hours ahead of UTC: 06:00 to 08:00.
    "schedule \"Development\" service:builder plan:PL-1 when:\"2027-03-09 08:00-10:00\" \
     impact:\"The builder is closed; published forms work\" downtime:2h poc:@dana item:\"Upgrade the development cluster\"",
    // Eight hours ahead: 12 March 18:00 to 20:00.
    "schedule \"Production APAC\" service:forms regions:apac plan:PL-1 when:\"2027-03-13 02:00-04:00\" tz:Asia/Singapore \
     impact:\"A maintenance page is shown for some minutes; work in progress is kept\" downtime:15m poc:@dana \
     item:\"Upgrade the cluster in Singapore\"",
    // Clocks go forward in New York on 14 March at 2: it starts four hours behind UTC, 15 March 02:00 to 04:00.
    "schedule \"Production EU and North America\" service:forms regions:eu,na plan:PL-1 when:\"2027-03-14 22:00-00:00\" \
     tz:America/New_York impact:\"A maintenance page is shown for some minutes; work in progress is kept\" downtime:15m \
     poc:@dana item:\"Upgrade the cluster in Frankfurt\" item:\"Upgrade the cluster in Virginia\"",
];

const QUESTIONS: [(&str, &str); 6] = [
    ("What happens?", "The infrastructure under all forms is upgraded, in three phases."),
    ("When?", "See the table: every region has its own date."),
    ("What does the end customer see?", "A maintenance page for up to 15 minutes inside a two-hour window."),
    ("What are the advantages?", "Faster forms and newer security updates."),
    ("Is data safe?", "Yes: every system is backed up before its phase."),
    ("Is work in progress lost?", "No: it is kept and can be gone on with."),
];

#[tokio::test]
async fn three_phases_are_announced_together_reminded_separately_and_share_one_issue() {
    story(CONFIG, "2027-02-22 08:00", async |bot| {
        bot.say("dana", "/maintenance plan new \"Infrastructure upgrade\"").await;
        for phase in PHASES {
            bot.say("dana", &format!("/maintenance {phase}")).await;
        }
        for (question, answer) in QUESTIONS {
            bot.say("dana", &format!("/maintenance qa add PL-1 \"{question}\" \"{answer}\"")).await;
        }
        // A draft says nothing to anybody, however long it lies there.
        bot.at("2027-03-01 08:00").await;
        for channel in ["makers", "asia", "west", "ops"] {
            assert_timeline(&bot.timeline(channel).await, &[]);
        }
        let published = bot.say("dana", "/maintenance plan publish PL-1").await.message.plain();
        assert!(published.contains("development") && published.contains("Asia-Pacific"), "{published}");

        bot.at("2027-03-09 05:50").await;
        bot.say("dana", "/maintenance ack MW-1").await;
        bot.at("2027-03-09 07:30").await;
        bot.say("dana", "/maintenance done MW-1 1").await;
        bot.say("dana", "/maintenance complete MW-1").await;
        bot.at("2027-03-12 17:50").await;
        bot.say("dana", "/maintenance ack MW-2").await;
        bot.at("2027-03-12 19:10").await;
        bot.say("dana", "/maintenance done MW-2 1").await;
        bot.say("dana", "/maintenance complete MW-2 downtime:9m").await;
        bot.at("2027-03-15 01:50").await;
        bot.say("dana", "/maintenance ack MW-3").await;
        bot.at("2027-03-15 03:30").await;
        let issue = bot.issue(3).await;
        assert!(issue.open, "the last phase has open items");
        for section in ["Phase 1 of 3: Development (MW-1)", "Phase 2 of 3: Production APAC (MW-2)", "Phase 3 of 3"] {
            assert!(issue.body.contains(section), "a section for each phase: {}", issue.body);
        }
        bot.say("dana", "/maintenance done MW-3 1 2").await;
        let issue = bot.issue(3).await;
        assert!(!issue.open, "every phase has begun and every item is done: {}", issue.body);
        bot.say("dana", "/maintenance complete MW-3").await;
        bot.at("2027-04-01 00:00").await;

        // The first phase starts 9 March 08:00 on the clock of the organisation: a week earlier it is 2 March 06:00 UTC.
        assert_timeline(
            &bot.timeline("makers").await,
            &[
                "2027-03-02 06:00 Planned maintenance in 3 phases: Infrastructure upgrade",
                "2027-03-08 06:00 Reminder: Infrastructure upgrade, phase 1 of 3: Development",
                "2027-03-09 06:00 Started: Infrastructure upgrade, phase 1 of 3: Development",
                "2027-03-09 07:30 Completed: Infrastructure upgrade, phase 1 of 3: Development",
            ],
        );
        assert_timeline(
            &bot.timeline("asia").await,
            &[
                "2027-03-02 06:00 Planned maintenance in 3 phases: Infrastructure upgrade",
                "2027-03-11 18:00 Reminder: Infrastructure upgrade, phase 2 of 3: Production APAC",
                "2027-03-12 18:00 Started: Infrastructure upgrade, phase 2 of 3: Production APAC",
                "2027-03-12 19:10 Completed: Infrastructure upgrade, phase 2 of 3: Production APAC",
            ],
        );
        // The day before, New York is still five hours behind: 22:00 there is 03:00.
        assert_timeline(
            &bot.timeline("west").await,
            &[
                "2027-03-02 06:00 Planned maintenance in 3 phases: Infrastructure upgrade",
                "2027-03-14 03:00 Reminder: Infrastructure upgrade, phase 3 of 3: Production EU and North America",
                "2027-03-15 02:00 Started: Infrastructure upgrade, phase 3 of 3: Production EU and North America",
                "2027-03-15 03:30 Completed: Infrastructure upgrade, phase 3 of 3: Production EU and North America",
            ],
        );
        let name = |n: usize, title: &str| format!("Infrastructure upgrade, phase {n} of 3: {title}");
        let (dev, apac, west) =
            (name(1, "Development"), name(2, "Production APAC"), name(3, "Production EU and North America"));
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                &format!("2027-03-08 06:00 Change list for {dev} (MW-1), 1 item"),
                &format!("2027-03-09 05:45 MW-1 {dev} starts in 15m"),
                &format!("2027-03-09 07:30 MW-1 {dev}: every change item is reported done"),
                &format!("2027-03-11 18:00 Change list for {apac} (MW-2), 1 item"),
                &format!("2027-03-12 17:45 MW-2 {apac} starts in 15m"),
                &format!("2027-03-12 19:10 MW-2 {apac}: every change item is reported done"),
                &format!("2027-03-14 03:00 Change list for {west} (MW-3), 2 items"),
                &format!("2027-03-15 01:45 MW-3 {west} starts in 15m"),
                &format!("2027-03-15 03:30 MW-3 {west}: every change item is reported done"),
            ],
        );
        // Everybody reads the whole: all dates, the impact of each phase, the questions with their answers.
        let announced = &bot.texts("asia").await[0];
        for text in ["Tue 9 Mar 2027 08:00–10:00 Asia/Jerusalem", "Sat 13 Mar 2027 02:00–04:00 Asia/Singapore"] {
            assert!(announced.contains(text), "{text} in {announced}");
        }
        for text in ["The builder is closed", "work in progress is kept", "up to 15m", "up to 2h"] {
            assert!(announced.contains(text), "{text} in {announced}");
        }
        for (question, answer) in QUESTIONS {
            assert!(announced.contains(question) && announced.contains(answer), "{question} in {announced}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_phase_that_is_taken_back_holds_the_later_ones_until_somebody_lets_them_go_on() {
    story(CONFIG, "2027-03-01 08:00", async |bot| {
        bot.say("dana", "/maintenance plan new \"Infrastructure upgrade\"").await;
        for phase in PHASES {
            bot.say("dana", &format!("/maintenance {phase}")).await;
        }
        bot.say("dana", "/maintenance plan publish PL-1").await;
        bot.at("2027-03-09 07:30").await;
        bot.say("dana", "/maintenance complete MW-1 outcome:rolled_back note:\"The new cluster lost connections\"")
            .await;
        // Phase 2 does not start by the clock, nor by hand.
        bot.at("2027-03-12 18:05").await;
        let refused = bot.refused("dana", "/maintenance start MW-2").await.message.plain();
        assert!(refused.contains("PL-1 is on hold") && refused.contains("/maintenance release PL-1"), "{refused}");
        bot.say("dana", "/maintenance reschedule MW-2 when:\"2027-03-20 02:00-04:00\" reason:\"a new attempt\"").await;
        bot.say("dana", "/maintenance reschedule MW-3 when:\"2027-03-21 22:00-00:00\" reason:\"a new attempt\"").await;
        bot.at("2027-03-16 09:00").await;
        bot.say("dana", "/maintenance release PL-1 reason:\"the connections hold\"").await;
        bot.at("2027-03-19 18:30").await;
        assert_timeline(
            &bot.timeline("asia").await,
            &[
                "2027-03-02 06:00 Planned maintenance in 3 phases: Infrastructure upgrade",
                "2027-03-09 07:30 On hold: Infrastructure upgrade",
                "2027-03-11 18:00 Reminder: Infrastructure upgrade, phase 2 of 3: Production APAC",
                "2027-03-12 18:05 Moved: Infrastructure upgrade, phase 2 of 3: Production APAC",
                "2027-03-12 18:05 Moved: Infrastructure upgrade, phase 3 of 3: Production EU and North America",
                "2027-03-16 09:00 Goes on: Infrastructure upgrade",
                "2027-03-18 18:00 Reminder: Infrastructure upgrade, phase 2 of 3: Production APAC",
                "2027-03-19 18:00 Started: Infrastructure upgrade, phase 2 of 3: Production APAC",
            ],
        );
        bot.say("dana", "/maintenance complete MW-2 outcome:partial").await;
        bot.say("dana", "/maintenance plan cancel PL-1 reason:\"postponed\"").await;
    })
    .await;
}
