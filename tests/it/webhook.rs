//! Stories on a receiver of webhooks: a whole maintbot on one side, a program that fails in every way on the other, one
//! clock for both.

mod bodies;
mod digest;
mod doctor;
mod fails;
mod gone;
mod guard;
mod manual;
mod schedule;
mod signed;
mod twice;

use maintbot::clock::Clock;
use maintbot::domain::ledger::{Delivery, DeliveryState};

use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::webhook::Receiver;

/// What messages are signed with in every story.
pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// A window in a month that is announced at once.
pub const DISKS: &str =
    "/maintenance schedule \"Disks\" service:disks when:\"2027-01-10 10:00-11:00 UTC\" poc:@ben item:\"One\"";

/// A maintbot and a receiver that know each other.
pub struct Hub {
    pub bot: Bot,
    pub receiver: Receiver,
    folder: tempfile::TempDir,
    config: String,
    url: String,
}

/// `partners` are told at `webhook:crm`, which is at this address, with `more` in its section and `rest` after that.
pub fn config(address: &str, more: &str, rest: &str) -> String {
    format!(
        r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "at_once"
remind = []
change_list = "1d"

[[audience]]
name = "partners"
channels = ["webhook:crm"]

[[webhook]]
name = "crm"
url = "{address}"
secret = "{KEY}"
{more}
{rest}
"#
    )
}

impl Hub {
    /// Begins on 8 December 2026 at 09:00 UTC.
    pub async fn start() -> Self {
        Self::with("", "").await
    }

    /// The same with more in the webhook's section and after it.
    pub async fn with(more: &str, rest: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        Self::start_on(folder, url, more, |_| rest.to_owned()).await
    }

    /// The same on a database of the story's own; what comes after the webhook's section may name the receiver's address.
    pub async fn start_on(
        folder: tempfile::TempDir,
        url: String,
        more: &str,
        rest: impl Fn(&Receiver) -> String,
    ) -> Self {
        let receiver = Receiver::start().await;
        let clock = Clock::manual(utc("2026-12-08 09:00"));
        receiver.follow(&clock);
        let more = format!("allow_private = true\n{more}");
        let config = config(&format!("{}/crm?token=hunter2", receiver.url), &more, &rest(&receiver));
        let bot = Bot::start(&config, &url, clock).await;
        Self { bot, receiver, folder, config, url }
    }

    /// The same receiver and database under another process of maintbot; the one before is gone as if it was killed.
    pub async fn restart(&mut self) {
        self.restart_with(str::to_owned).await;
    }

    /// The same with another configuration.
    pub async fn restart_with(&mut self, change: impl Fn(&str) -> String) {
        self.config = change(&self.config);
        self.bot.replace(&self.config, &self.url).await;
    }

    /// Another maintbot on the same database and clock.
    pub async fn replica(&self) -> Bot {
        Bot::start(&self.config, &self.url, self.bot.clock.clone()).await
    }

    /// What the ledger says of the messages to a webhook: kind, state, reason.
    pub async fn rows(&self, id: i64, webhook: &str) -> Vec<String> {
        let shown = |row: Delivery| {
            let reason = row.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
            format!("{} {}{reason}", row.plan.message, row.state)
        };
        let due = |row: &Delivery| row.plan.due_at <= self.bot.clock.now();
        let mine = |row: &Delivery| row.plan.channel.to_string() == format!("webhook:{webhook}") && due(row);
        self.bot.ledger(id).await.into_iter().filter(mine).map(shown).collect()
    }

    /// The one row about an announcement to a webhook.
    pub async fn announcement(&self, id: i64, webhook: &str) -> Delivery {
        let rows = self.bot.ledger(id).await.into_iter();
        let mine = |row: &Delivery| {
            row.plan.channel.to_string() == format!("webhook:{webhook}") && row.plan.message.as_str() == "announcement"
        };
        let mut found: Vec<Delivery> = rows.filter(mine).collect();
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    /// Ends with nothing undecided and nothing given up.
    pub async fn close(self) {
        self.bot.finish().await;
        drop(self.folder);
    }
}

/// Whether it waits for another try.
pub fn waits(row: &Delivery) -> bool {
    matches!(row.state, DeliveryState::Retrying | DeliveryState::Sending)
}
