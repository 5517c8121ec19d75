//! Stories by mail: a whole maintbot on one side, a mail server that others wrote on the other.

mod crash;
mod digest;
mod doctor;
mod hostile;
mod pace;
mod preview;
mod trouble;
mod unsubscribe;
mod whole;

use maintbot::clock::Clock;
use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind};

use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::smtp::{LOGIN, Office, Taken, Way};

/// Nothing is secret, nobody signs in.
pub const PLAIN: Way = Way { tls: "none", required: false, login: false };
/// As a server on the internet wants it.
pub const STRICT: Way = Way { tls: "starttls", required: true, login: true };

/// A maintbot and a server that takes its mail.
pub struct Desk {
    pub bot: Bot,
    pub office: Office,
    pub config: String,
    pub url: String,
    _folder: tempfile::TempDir,
}

/// `[smtp]` for a server, with more keys.
pub fn smtp(office: &Office, way: Way, more: &str) -> String {
    let ca = format!("{}/tests/data/mail/ca.pem", env!("CARGO_MANIFEST_DIR"));
    let [name, password] = LOGIN;
    let login = if way.login { format!("username = \"{name}\"\npassword = \"{password}\"") } else { String::new() };
    let trust = if way.tls == "none" { String::new() } else { format!("ca_file = \"{ca}\"") };
    format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\ntls = \"{}\"\nfrom = \"Example Cloud <maintenance@example.com>\"\n\
         {login}\n{trust}\n{more}\n",
        office.port, way.tls
    )
}

/// An organisation whose customers are told by mail, at once and a day before; anna answers for the windows and reads mail.
/// `more` is added to the configuration.
pub fn config(smtp: &str, recipients: &[&str], more: &str) -> String {
    let channels: Vec<String> = recipients.iter().map(|to| format!("\"email:{to}\"")).collect();
    format!(
        r#"
[server]
public_url = "https://maint.example.com"

[organisation]
name = "Example Cloud"
time_zone = "Europe/Helsinki"

{smtp}

[policy.scheduled]
announce = "at_once"
remind = ["1d"]
change_list = "1d"

[[audience]]
name = "customers"
channels = [{}]

[people.anna]
email = "anna@example.com"
{more}
"#,
        channels.join(", ")
    )
}

impl Desk {
    /// On SQLite, from `at` (UTC) on. `more` is added to the configuration.
    pub async fn open(way: Way, recipients: &[&str], more: &str, at: &str) -> Self {
        let office = Office::open(way);
        let config = config(&smtp(&office, way, ""), recipients, more);
        Self::with(office, config, at).await
    }

    /// The same with a configuration of its own.
    pub async fn with(office: Office, config: String, at: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        let bot = Bot::start(&config, &url, Clock::manual(utc(at))).await;
        Self { bot, office, config, url, _folder: folder }
    }

    /// The same database under another process, perhaps with another configuration; the one before is gone.
    pub async fn born_again(&mut self) {
        self.bot.replace(&self.config, &self.url).await;
    }

    /// Subjects of the mails to one recipient, in order.
    pub fn subjects(&self, to: &str) -> Vec<String> {
        self.office.taken_by(to).iter().map(|mail| mail.header("Subject")).collect()
    }

    /// Rows about a window to one address: message, state, and why not.
    pub async fn rows(&self, window: i64, to: &str) -> Vec<String> {
        let shown = |row: &Delivery| {
            let reason = row.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
            format!("{} {}{reason}", row.plan.message, row.state)
        };
        let rows = self.bot.ledger(window).await;
        rows.iter().filter(|row| row.plan.channel.to_string() == format!("email:{to}")).map(shown).collect()
    }

    /// The row of one message to one address.
    pub async fn row(&self, to: &str, message: MessageKind) -> Delivery {
        let rows = self.bot.ledger(1).await;
        let found = rows
            .into_iter()
            .find(|row| row.plan.channel.to_string() == format!("email:{to}") && row.plan.message == message);
        found.unwrap_or_else(|| panic!("no {message} to {to}"))
    }

    /// Nothing may be left undecided; what was given up is what the story says.
    pub async fn finish(self, given_up: &[&str]) {
        self.bot.settle().await;
        let now = self.bot.clock.now();
        let mut dead = Vec::new();
        for (window, _) in self.bot.parts.service.windows(&<_>::default(), None, 100).await.expect("readable") {
            for row in self.bot.ledger(window.id.0).await {
                let open = row.state.is_open() && row.plan.due_at <= now;
                assert!(!open && row.state != DeliveryState::Sending, "left behind: {row:?}");
                if row.state == DeliveryState::Dead {
                    dead.push(format!("{} {}", row.plan.message, row.plan.channel));
                }
            }
        }
        assert_eq!(dead, given_up);
        self.bot.parts.db.close().await;
    }
}

/// One mail, where there is only one.
pub fn one(mails: Vec<Taken>) -> Taken {
    let [mail] = <[Taken; 1]>::try_from(mails).unwrap_or_else(|mails| panic!("one mail is wanted: {mails:#?}"));
    mail
}

/// The line that schedules the window of most stories.
pub const JIRA: &str = "/maintenance schedule \"Jira 10.3 upgrade\" service:jira when:\"2026-12-06 16:00-20:00\" \
                        poc:@anna downtime:15m impact:\"Jira cannot be reached.\" item:\"Upgrade Jira\"";
