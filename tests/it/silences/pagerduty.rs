//! A window as a maintenance window on PagerDuty's double.

use axum::http::Method;
use maintbot::clock::Clock;

use crate::bot::{Bot, utc};
use crate::fake::pagerduty::{FROM, FakePagerduty, Fault, TOKEN};
use crate::{databases, postgres};

const SERVICES: &str = r#"
[[service]]
id = "crm"
pagerduty = "PIJ90N7"

[[service]]
id = "jira"
pagerduty = "PJIRA01"

[[service]]
id = "wiki"
"#;
const AT: &str = "2026-12-01 09:00";
const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm service:jira service:wiki when:\"2026-12-08 14:00-16:00\" poc:@anna";

/// A maintbot with PagerDuty's double.
struct Pager {
    fake: FakePagerduty,
    bot: Bot,
    config: String,
    url: String,
    folder: Option<tempfile::TempDir>,
}

impl Pager {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        Self { folder: Some(folder), ..Self::on(url).await }
    }

    async fn on(url: String) -> Self {
        let clock = Clock::manual(utc(AT));
        let fake = FakePagerduty::start(clock.clone()).await;
        let config =
            format!("[pagerduty]\napi_url = \"{}\"\ntoken = \"{TOKEN}\"\nfrom = \"{FROM}\"\n{SERVICES}", fake.url);
        let bot = Bot::start(&config, &url, clock).await;
        Self { fake, bot, config, url, folder: None }
    }

    async fn say(&self, text: &str) {
        self.bot.say("anna", &format!("/maintenance {text}")).await;
    }

    /// The times of the only one that is not over.
    fn only(&self) -> (String, String) {
        let open = self.fake.open();
        assert_eq!(open.len(), 1, "{:#?}", self.fake.all());
        (open[0].id.clone(), format!("{} {}", open[0].starts_at.format("%d %H:%M"), open[0].ends_at.format("%d %H:%M")))
    }

    #[track_caller]
    fn is(&self, id: &str, times: &str) {
        assert_eq!(self.only(), (id.to_owned(), times.to_owned()));
    }

    async fn close(self) {
        self.bot.finish().await;
        self.fake.close();
        drop(self.folder);
    }
}

async fn a_whole_life(pager: Pager) {
    pager.bot.say("anna", SCHEDULE).await;
    pager.is("PMW0001", "08 14:00 08 16:00");
    let made = pager.fake.all().remove(0);
    assert_eq!(made.services, ["PIJ90N7", "PJIRA01"], "those that are known there");
    assert!(made.description.starts_with("MW-1 Upgrade · ") && made.description.ends_with(" MW-1]"), "{made:?}");
    pager.say("reschedule MW-1 when:\"2026-12-08 15:00-17:00\"").await;
    pager.is("PMW0001", "08 15:00 08 17:00");
    pager.bot.at("2026-12-08 14:40").await;
    pager.say("start MW-1").await;
    pager.is("PMW0001", "08 14:40 08 17:00");
    pager.say("extend MW-1 for:30m").await;
    pager.is("PMW0001", "08 14:40 08 17:30");
    pager.bot.at("2026-12-08 17:24").await;
    pager.is("PMW0001", "08 14:40 08 17:30");
    pager.bot.at("2026-12-08 17:25").await;
    pager.is("PMW0001", "08 14:40 08 18:00");
    pager.bot.at("2026-12-08 20:10").await;
    pager.is("PMW0001", "08 14:40 08 20:30");
    pager.say("complete MW-1").await;
    assert_eq!(pager.fake.open(), []);
    assert_eq!(pager.fake.all()[0].ends_at, utc("2026-12-08 20:10"));
    assert_eq!(pager.fake.all().len(), 1, "never a second one");
    pager.close().await;
}

#[tokio::test]
async fn a_window_is_one_maintenance_that_is_extended_before_it_ends() {
    a_whole_life(Pager::start().await).await;
}

#[tokio::test]
async fn a_window_is_one_maintenance_that_is_extended_before_it_ends_on_postgresql() {
    a_whole_life(Pager::on(postgres::database().await.as_str().to_owned()).await).await;
}

#[tokio::test]
async fn one_that_ended_while_nobody_could_extend_it_gets_a_second() {
    let pager = Pager::start().await;
    pager.bot.say("anna", SCHEDULE).await;
    pager.bot.at("2026-12-08 14:30").await;
    pager.bot.down_until("2026-12-08 16:20").await;
    pager.is("PMW0002", "08 16:20 08 16:30");
    pager.bot.at("2026-12-08 16:25").await;
    pager.is("PMW0002", "08 16:20 08 17:00");
    pager.say("complete MW-1").await;
    assert_eq!((pager.fake.open(), pager.fake.all().len()), (Vec::new(), 2));
    pager.close().await;
}

#[tokio::test]
async fn one_that_has_not_begun_is_taken_away_and_what_is_over_stays() {
    let pager = Pager::start().await;
    pager.bot.say("anna", SCHEDULE).await;
    pager.say("cancel MW-1 reason:\"not needed\"").await;
    assert!(pager.fake.all()[0].deleted);
    pager.bot.say("anna", &SCHEDULE.replace("Upgrade", "Other")).await;
    pager.bot.at("2026-12-08 15:00").await;
    // By the clock there it is over already, and refused.
    pager.fake.clock_shows("2026-12-08 16:01");
    pager.say("complete MW-2").await;
    assert_eq!((pager.fake.open(), pager.fake.calls("DELETE")), (Vec::new(), 2));
    pager.close().await;
}

#[tokio::test]
async fn one_that_is_over_by_the_clock_there_gets_a_second_when_it_is_over_here() {
    let pager = Pager::start().await;
    pager.bot.say("anna", SCHEDULE).await;
    pager.bot.at("2026-12-08 15:54").await;
    pager.fake.clock_shows("2026-12-08 16:01");
    pager.bot.at("2026-12-08 15:56").await;
    assert_eq!(pager.fake.open(), [], "what is over there cannot be extended");
    assert!(pager.fake.calls("PUT") > 0);
    pager.bot.at("2026-12-08 16:02").await;
    let open = pager.fake.open();
    assert_eq!((open.len(), open[0].ends_at), (1, utc("2026-12-08 16:30")));
    pager.say("complete MW-1").await;
    assert_eq!((pager.fake.open(), pager.fake.all().len()), (Vec::new(), 2));
    pager.close().await;
}

#[tokio::test]
async fn what_somebody_ended_by_hand_stays_ended_until_the_window_moves() {
    let pager = Pager::start().await;
    pager.bot.say("anna", SCHEDULE).await;
    pager.fake.end_by_hand("PMW0001");
    pager.say("edit MW-1 title:\"Other\"").await;
    assert_eq!(pager.fake.open(), []);
    pager.say("reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
    pager.is("PMW0002", "09 14:00 09 16:00");
    pager.bot.at("2026-12-09 15:00").await;
    pager.fake.end_by_hand("PMW0002");
    pager.say("extend MW-1 for:2h").await;
    pager.bot.at("2026-12-09 17:58").await;
    assert_eq!((pager.fake.open(), pager.fake.all().len()), (Vec::new(), 2));
    pager.say("complete MW-1").await;
    pager.close().await;
}

#[tokio::test]
async fn services_follow_the_window_and_without_any_there_is_none() {
    let pager = Pager::start().await;
    pager.bot.say("anna", &SCHEDULE.replace(" service:crm service:jira", "")).await;
    assert_eq!(pager.fake.all(), []);
    pager.say("edit MW-1 service:wiki service:crm").await;
    assert_eq!(pager.fake.open()[0].services, ["PIJ90N7"]);
    pager.say("edit MW-1 service:jira").await;
    assert_eq!(
        (pager.only().0.as_str(), pager.fake.open()[0].services.as_slice()),
        ("PMW0001", &["PJIRA01".into()][..])
    );
    pager.say("edit MW-1 service:wiki").await;
    assert_eq!(pager.fake.open(), []);
    pager.close().await;
}

#[tokio::test]
async fn limits_and_outages_are_waited_for_and_nothing_is_made_twice() {
    let pager = Pager::start().await;
    pager.fake.fail(Method::POST, Fault::Limited(40));
    pager.bot.say("anna", SCHEDULE).await;
    assert_eq!((pager.fake.all().len(), pager.fake.calls("POST")), (0, 1));
    pager.bot.at("2026-12-01 09:00:39").await;
    assert_eq!(pager.fake.calls("POST"), 1, "not before the limit ends");
    pager.fake.fail(Method::POST, Fault::DoneThen500);
    pager.bot.at("2026-12-01 09:10").await;
    pager.is("PMW0001", "08 14:00 08 16:00");
    assert_eq!(pager.fake.calls("POST"), 2, "found, and not made again");
    for fault in [Fault::Away, Fault::DoneThen500] {
        pager.fake.fail(Method::PUT, fault);
    }
    pager.say("reschedule MW-1 when:\"2026-12-08 15:00-17:00\"").await;
    pager.bot.at("2026-12-01 10:00").await;
    pager.is("PMW0001", "08 15:00 08 17:00");
    pager.fake.fail(Method::DELETE, Fault::DoneThen500);
    pager.say("cancel MW-1 reason:\"not needed\"").await;
    pager.bot.at("2026-12-01 11:00").await;
    assert_eq!((pager.fake.open(), pager.fake.all().len()), (Vec::new(), 1));
    pager.close().await;
}

/// What was made although nobody recorded it is found again by the window's key, whatever else there is.
#[tokio::test]
async fn killed_after_it_was_made_it_is_found_again() {
    let mut pager = Pager::start().await;
    pager.fake.fail(Method::POST, Fault::DoneThen500);
    pager.bot.say("anna", SCHEDULE).await;
    assert_eq!(pager.fake.all().len(), 1);
    pager.bot = Bot::start(&pager.config, &pager.url, pager.bot.clock.clone()).await;
    let other = SCHEDULE.replace("Upgrade", "About MW-1 [maintbot 000000000000 MW-1]");
    pager.bot.say("anna", &other.replace("2026-12-08", "2026-12-11")).await;
    pager.say("reschedule MW-1 when:\"2026-12-10 15:00-17:00\"").await;
    pager.bot.at("2026-12-01 10:00").await;
    let open = pager.fake.open();
    let starts: Vec<_> = open.iter().map(|found| (found.id.as_str(), found.starts_at)).collect();
    assert_eq!(starts, [("PMW0001", utc("2026-12-10 15:00")), ("PMW0002", utc("2026-12-11 14:00"))]);
    pager.close().await;
}

#[tokio::test]
async fn a_token_that_is_not_good_is_given_up_and_told_without_being_shown() {
    let pager = Pager::start().await;
    let config = pager.config.replace(TOKEN, "other-secret");
    let bot = Bot::start(&config, &pager.url, pager.bot.clock.clone()).await;
    bot.say("anna", SCHEDULE).await;
    let error = bot.ledger(1).await.into_iter().find_map(|row| row.error).expect("an error");
    assert_eq!(error, "PagerDuty answers POST maintenance_windows with 401: 2006 Unauthorized; Unauthorized");
    let told = bot.texts("ops").await;
    assert!(told.iter().any(|text| text.contains("pagerduty")), "{told:#?}");
    assert!(!bot.everything().await.contains("other-secret"));
}
