//! Stories on the double of Slack: a whole maintbot on one side, people on Slack on the other, one clock for both.

mod approval;
mod buttons;
mod crash;
mod dead;
mod doctor;
mod forms;
mod gate;
mod home;
mod hostile;
mod late;
mod limits;
mod log;
mod mentions;
mod outage;
mod posts;
mod roles;
mod several;
mod socket;
mod twice;
mod wait;
mod whole;

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use maintbot::slack::inbound::Inbound;

use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::slack::state::Message;
use crate::fake::slack::{BOT_TOKEN, FakeSlack, Reply, SIGNING_SECRET};

/// A maintbot and a Slack that know each other.
pub struct Hub {
    pub bot: Bot,
    pub fake: FakeSlack,
    folder: tempfile::TempDir,
    config: String,
    url: String,
}

/// An organisation with anna (admin), ben and carla (schedulers), dan (approver) and eve (engineer) on Slack, all of them
/// with an id of their own here; `#ops`, `#dev` and `#ce` are there. `more` is added to the configuration.
pub fn config(fake: &FakeSlack, more: &str) -> String {
    format!(
        r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["slack:#ops"]

[slack]
api_url = "{}"
bot_token = "{BOT_TOKEN}"
signing_secret = "{SIGNING_SECRET}"

[[audience]]
name = "engineers"
channels = ["slack:#ce"]

[roles]
admin = ["anna"]
scheduler = ["ben", "carla"]
approver = ["dan"]
engineer = ["eve"]

[people]
anna.slack = "U0ANNA"
ben.slack = "U0BEN"
carla.slack = "U0CARLA"
dan.slack = "U0DAN"
eve.slack = "U0EVE"
{more}
"#,
        fake.url
    )
}

/// Tells a story on SQLite that begins at `at` (UTC). It ends with nothing undecided, nothing given up, everything legal on
/// Slack, and nothing said twice.
pub async fn story(more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    let hub = Hub::start(more, at).await;
    tell(&hub).await;
    hub.close().await;
}

impl Hub {
    pub async fn start(more: &str, at: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        Self::start_on(folder, url, |fake| config(fake, more), at).await
    }

    /// The same on a database of the story's own, with a configuration of its own.
    pub async fn start_on(
        folder: tempfile::TempDir,
        url: String,
        config: impl Fn(&FakeSlack) -> String,
        at: &str,
    ) -> Self {
        let fake = FakeSlack::start().await;
        let clock = Clock::manual(utc(at));
        fake.follow(&clock);
        for (name, zone) in [
            ("anna", "Europe/Berlin"),
            ("ben", "Asia/Singapore"),
            ("carla", "America/New_York"),
            ("dan", "Europe/London"),
            ("eve", "Europe/Helsinki"),
        ] {
            fake.person(name, zone);
        }
        fake.channel("#ops");
        fake.channel("#dev");
        fake.channel("#ce");
        let config = config(&fake);
        let bot = Bot::start(&config, &url, clock).await;
        let hub = Self { bot, fake, folder, config, url };
        hub.fake.reach(hub.inbound().routes());
        hub
    }

    /// The same Slack and database under another process of maintbot; the one before is gone as if it was killed.
    pub async fn restart(&mut self) {
        self.bot.replace(&self.config, &self.url).await;
        self.fake.reach(self.inbound().routes());
    }

    pub fn inbound(&self) -> &Inbound {
        self.bot.parts.inward.slack.as_ref().expect("Slack is configured")
    }

    /// What was begun for people has ended, and what is due is handled.
    pub async fn settle(&self) {
        self.inbound().idle().await;
        self.bot.settle().await;
    }

    /// Moves the clock to `at` (UTC), with everything due on the way.
    pub async fn at(&self, at: &str) {
        self.settle().await;
        self.bot.at(at).await;
    }

    /// Lets seconds pass until everything that Slack's limits hold back is said; at most ten minutes.
    pub async fn calm(&self) {
        self.settle().await;
        let end = self.bot.clock.now() + chrono::TimeDelta::minutes(10);
        while let Some(next) = self.next().await.filter(|next| *next <= end) {
            self.bot.clock.set(next);
            self.settle().await;
        }
    }

    /// When something waits to be said that is overdue by now and held back (UTC).
    async fn next(&self) -> Option<DateTime<Utc>> {
        let now = self.bot.clock.now();
        let rows = self.bot.parts.sender.next_at().await.expect("readable");
        let came = self.inbound().next_at().await.expect("readable");
        let soon = |at: &DateTime<Utc>| *at > now && *at - now < chrono::TimeDelta::minutes(6);
        [rows, came].into_iter().flatten().filter(soon).min()
    }

    /// Somebody types `/maintenance …`; what it causes is said. The answer, or the one that came after it.
    pub async fn command(&self, user: &str, channel: &str, text: &str) -> Reply {
        let reply = self.fake.command(user, channel, text).await;
        assert_eq!(reply.status, 200, "{reply}");
        self.calm().await;
        reply
    }

    /// Somebody presses a button of the newest post in a channel.
    pub async fn press(&self, user: &str, channel: &str, action: &str) -> Reply {
        let post = self.newest(channel);
        let reply = self.fake.press(user, &post, action).await;
        assert_eq!(reply.status, 200, "{reply}");
        self.calm().await;
        reply
    }

    /// The newest post in a channel itself.
    pub fn newest(&self, channel: &str) -> Message {
        self.fake.posts(channel).pop().unwrap_or_else(|| panic!("nothing stands in {channel}"))
    }

    /// First lines of the posts in a channel, in order.
    pub fn headings(&self, channel: &str) -> Vec<String> {
        let posts = self.fake.posts(channel).into_iter();
        posts.map(|post| post.plain().lines().next().unwrap_or_default().to_owned()).collect()
    }

    /// What only this person was told, in order.
    pub fn whispers(&self, user: &str) -> Vec<String> {
        self.fake.whispers(user).into_iter().map(|whisper| whisper.plain()).collect()
    }

    pub async fn close(self) {
        self.settle().await;
        self.bot.finish().await;
        self.fake.close();
        drop(self.folder);
    }
}
