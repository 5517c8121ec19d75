//! What keeps alerts quiet: stories with a real Alertmanager, behind a door at which maintbot can be killed, and with a
//! double of PagerDuty.
//!
//! The real Alertmanager lives in the machine's time, so that these stories begin now and have their windows soon. Where
//! they move their clock ahead, Alertmanager's stays behind.

mod alertmanager;
mod crash;
mod doctor;
mod door;
mod mend;
mod pagerduty;
mod server;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use maintbot::clock::Clock;
use serde_json::Value;

use crate::bot::Bot;
use crate::{databases, postgres};
use door::Door;
use server::Alertmanager;

/// A maintbot with an Alertmanager behind a door.
struct House {
    bot: Bot,
    alertmanager: Alertmanager,
    door: Door,
    config: String,
    /// The database.
    url: String,
    began: DateTime<Utc>,
    folder: Option<tempfile::TempDir>,
}

impl House {
    /// On SQLite, with more configuration.
    async fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        Self { folder: Some(folder), ..Self::on(url, more).await }
    }

    async fn start_on_postgres(more: &str) -> Self {
        Self::on(postgres::database().await.as_str().to_owned(), more).await
    }

    async fn on(url: String, more: &str) -> Self {
        let alertmanager = Alertmanager::start().await;
        let door = Door::before(&alertmanager.url).await;
        let config = format!("[alertmanager]\nurl = \"{}\"\n{more}", door.url);
        let began = Clock::wall();
        let bot = Bot::start(&config, &url, Clock::manual(began)).await;
        Self { bot, alertmanager, door, config, url, began, folder: None }
    }

    /// So many minutes after the story began, on the minute.
    fn soon(&self, minutes: i64) -> DateTime<Utc> {
        self.began.duration_trunc(TimeDelta::minutes(1)).expect("a minute") + TimeDelta::minutes(minutes)
    }

    /// Schedules a window of two hours that begins after so many minutes.
    async fn schedule(&self, title: &str, services: &str, minutes: i64) {
        let when = self.soon(minutes).format("%Y-%m-%d %H:%M");
        self.say(&format!("schedule \"{title}\" {services} when:\"{when} for 2h\" poc:@anna")).await;
    }

    async fn say(&self, text: &str) {
        self.bot.say("anna", &format!("/maintenance {text}")).await;
    }

    /// Moves the story's clock.
    async fn at(&self, at: DateTime<Utc>) {
        self.bot.at(&at.format("%Y-%m-%d %H:%M:%S").to_string()).await;
    }

    /// Compares, and mends what differs; how many windows that concerns.
    async fn sweep(&self) -> usize {
        let now = self.bot.clock.now();
        let found = self.bot.parts.sender.sweep_silences(now).await.expect("compared");
        self.bot.settle().await;
        found
    }

    /// Silences that are not over.
    async fn live(&self) -> Vec<Silence> {
        self.alertmanager.silences().await.into_iter().filter(|silence| silence.state != "expired").collect()
    }

    /// The only silence that is not over.
    async fn only(&self) -> Silence {
        let live = self.live().await;
        assert_eq!(live.len(), 1, "{live:#?}");
        live.into_iter().next().expect("one")
    }

    async fn close(self) {
        self.bot.finish().await;
        drop(self.folder);
    }
}

/// A silence as the real Alertmanager shows it.
#[derive(Clone, Debug, PartialEq)]
struct Silence {
    id: String,
    state: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    created_by: String,
    comment: String,
    /// Sorted, as Alertmanager writes them.
    matchers: Vec<String>,
}

impl Silence {
    fn read(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().expect(name).to_owned();
        let at = |name: &str| text(name).parse().expect(name);
        let matcher = |m: &Value| {
            let operator = match (m["isEqual"].as_bool(), m["isRegex"].as_bool()) {
                (Some(true), Some(false)) => "=",
                (Some(true), Some(true)) => "=~",
                (Some(false), Some(false)) => "!=",
                _ => "!~",
            };
            format!("{}{operator}{}", m["name"].as_str().expect("a name"), m["value"])
        };
        let mut matchers: Vec<String> = value["matchers"].as_array().expect("matchers").iter().map(matcher).collect();
        matchers.sort();
        Self {
            id: text("id"),
            state: value["status"]["state"].as_str().expect("a state").to_owned(),
            starts_at: at("startsAt"),
            ends_at: at("endsAt"),
            created_by: text("createdBy"),
            comment: text("comment"),
            matchers,
        }
    }

    fn times(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.starts_at, self.ends_at)
    }
}
