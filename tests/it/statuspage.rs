//! Stories on the double of Statuspage, and on doubles of pages that are filled by JSON: a whole maintbot on one side, one
//! clock for both, on both databases.

mod check;
mod course;
mod crash;
mod doctor;
mod filled;
mod outage;
mod plans;
mod sweep;

use maintbot::clock::Clock;

use crate::bot::{Bot, utc};
use crate::fake::statuspage::{FakeStatuspage, KEY, PAGE};
use crate::{databases, postgres};

/// A maintbot and a page that know each other.
pub struct Hub {
    pub bot: Bot,
    pub page: FakeStatuspage,
    config: String,
    url: String,
}

/// An organisation whose audience reads the page, a week ahead; nothing starts or ends by itself. `more` is added.
pub fn config(url: &str, more: &str) -> String {
    format!(
        r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
name = "Example"
time_zone = "UTC"

[statuspage]
api_url = "{url}"
page_id = "{PAGE}"
api_key = "{KEY}"

[[service]]
id = "crm"
name = "CRM"
statuspage_component = "c-crm"

[[service]]
id = "api"
statuspage_component = "c-api"

[[service]]
id = "lab"

[[audience]]
name = "customers"
channels = ["statuspage"]
services = ["crm", "api"]

[[audience]]
name = "staff"
channels = ["builtin:news"]

[policy.scheduled]
announce = "7d"
remind = ["1d"]
{more}
"#
    )
}

/// Windows begin by hand.
pub const BY_HAND: &str = "auto_start = false\nauto_complete = false";
/// Windows begin and end at their times.
pub const BY_CLOCK: &str = "auto_start = true\nauto_complete = \"at_end\"";

/// Tells a story on both databases. It ends with nothing undecided, nothing given up, and everything within Statuspage's rules.
pub async fn story(more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    let folder = tempfile::tempdir().expect("a folder");
    for url in [databases::sqlite_url(&folder), postgres::database().await.as_str().to_owned()] {
        let hub = Hub::start(&url, more, at).await;
        tell(&hub).await;
        hub.bot.finish().await;
        hub.page.close();
    }
}

impl Hub {
    pub async fn start(url: &str, more: &str, at: &str) -> Self {
        let clock = Clock::manual(utc(at));
        let page = FakeStatuspage::start(&clock).await;
        let config = config(&page.url, more);
        let bot = Bot::start(&config, url, clock).await;
        Self { bot, page, config, url: url.to_owned() }
    }

    /// The same page and database under another process of maintbot; the one before is gone as if it was killed.
    pub async fn restart(&mut self) {
        self.bot.replace(&self.config, &self.url).await;
    }

    pub async fn say(&self, text: &str) {
        self.bot.say("anna", &format!("/maintenance {text}")).await;
    }

    /// Looks for differences as the clock would have it done, and mends them.
    pub async fn sweep(&self) -> usize {
        let mended = self.bot.parts.sender.sweep_pages(self.bot.clock.now()).await;
        self.bot.settle().await;
        mended
    }

    /// What was said in the only entry: `status: first line`, oldest first.
    pub fn said(&self) -> Vec<String> {
        let updates = self.page.only().updates.into_iter();
        updates.map(|(status, text)| format!("{status}: {}", text.lines().next().unwrap_or_default())).collect()
    }
}

/// A window of the CRM on 20 December from 14 to 16 o'clock UTC.
pub const UPGRADE: &str = "schedule \"Upgrade\" service:crm when:\"2026-12-20 14:00-16:00 UTC\" poc:@ben";
