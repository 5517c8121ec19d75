//! Stories on the double of Discord: a whole maintbot on one side, people on Discord on the other, one clock for both.

mod approval;
mod buttons;
mod complete;
mod crash;
mod dead;
mod doctor;
mod events;
mod forms;
mod gate;
mod gateway;
mod hostile;
mod late;
mod limits;
mod log;
mod outage;
mod posts;
mod register;
mod roles;
mod several;
mod twice;
mod whole;

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use maintbot::discord::inbound::Inbound;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::discord::state::Message;
use crate::fake::discord::{APPLICATION, BOT_TOKEN, FakeDiscord, Reply, SERVER, Way, public_key};

/// A maintbot and a Discord that know each other.
pub struct Hub {
    pub bot: Bot,
    pub fake: FakeDiscord,
    pub way: Way,
    folder: tempfile::TempDir,
    config: String,
    url: String,
    /// What maintbot does by itself while it has a connection to the gateway.
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

/// An organisation with anna (admin), ben and carla (schedulers), dan (approver) and eve (engineer) on Discord, all of them
/// on one server; `#ops`, `#dev` and `#ce` are there. `more` is added to the configuration.
pub fn config(fake: &FakeDiscord, way: Way, more: &str) -> String {
    let reached = match way {
        Way::Http => format!("public_key = \"{}\"\ngateway = false", public_key()),
        Way::Gateway => "gateway = true".to_owned(),
    };
    let people = ["anna", "ben", "carla", "dan", "eve"].map(|name| format!("{name}.discord = \"{}\"\n", fake.id(name)));
    format!(
        r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["discord:#ops"]

[discord]
api_url = "{}"
bot_token = "{BOT_TOKEN}"
application_id = "{APPLICATION}"
guilds = ["{SERVER}"]
{reached}

[[audience]]
name = "engineers"
channels = ["discord:#ce"]

[roles]
admin = ["anna"]
scheduler = ["ben", "carla"]
approver = ["dan"]
engineer = ["eve"]

[people]
{}
{more}
"#,
        fake.url,
        people.concat()
    )
}

/// Tells a story on SQLite that begins at `at` (UTC), over HTTP. It ends with nothing undecided, nothing given up,
/// everything legal on Discord, nothing said twice and everybody answered.
pub async fn story(more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    story_by(Way::Http, more, at, tell).await;
}

/// Tells the same story over HTTP and over the gateway.
pub async fn story_both_ways(more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    for way in [Way::Http, Way::Gateway] {
        println!("by {way:?}");
        story_by(way, more, at, &tell).await;
    }
}

/// Tells a story with interactions that come one way.
pub async fn story_by(way: Way, more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    let hub = Hub::start(way, more, at).await;
    tell(&hub).await;
    hub.close().await;
}

/// Tells a story on PostgreSQL, over HTTP.
pub async fn story_on_postgres(more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::postgres::database().await.as_str().to_owned();
    let hub = Hub::start_on(folder, url, Way::Http, |fake| config(fake, Way::Http, more), at).await;
    tell(&hub).await;
    hub.close().await;
}

impl Hub {
    pub async fn start(way: Way, more: &str, at: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        Self::start_on(folder, url, way, |fake| config(fake, way, more), at).await
    }

    /// The same on a database of the story's own, with a configuration of its own.
    pub async fn start_on(
        folder: tempfile::TempDir,
        url: String,
        way: Way,
        config: impl Fn(&FakeDiscord) -> String,
        at: &str,
    ) -> Self {
        let fake = FakeDiscord::start().await;
        let clock = Clock::manual(utc(at));
        fake.follow(&clock);
        fake.role("oncall");
        for name in ["anna", "ben", "carla", "dan", "eve"] {
            fake.person(name, &[]);
        }
        for name in ["#ops", "#dev", "#ce"] {
            fake.channel(name);
        }
        fake.speak(way);
        let config = config(&fake);
        let bot = Bot::start(&config, &url, clock).await;
        let mut hub = Self { bot, fake, way, folder, config, url, running: None };
        hub.connect().await;
        hub.begin().await;
        hub
    }

    /// Discord and maintbot find each other, and the commands are to be registered.
    async fn connect(&mut self) {
        match self.way {
            Way::Http => {
                self.fake.reach(self.inbound().routes());
                self.inbound().register().await.expect("it is stored");
            }
            Way::Gateway => {
                self.listen();
                self.fake.connected(1).await;
            }
        }
    }

    /// maintbot does by itself what it does while it runs; until [`Self::leave`].
    fn listen(&mut self) {
        let stop = CancellationToken::new();
        let (inbound, stopped) = (self.inbound().clone(), stop.clone());
        let running = tokio::spawn(async move { inbound.run(stopped).await });
        self.running = Some((stop, running));
    }

    /// What was begun for people at the start has ended, and the commands are there.
    async fn begin(&self) {
        self.calm().await;
        assert!(!self.fake.commands(SERVER).is_empty(), "no commands are registered");
    }

    /// Leaves the gateway.
    async fn leave(&mut self) {
        if let Some((stop, running)) = self.running.take() {
            stop.cancel();
            running.await.expect("it ends");
            self.fake.connected(0).await;
        }
    }

    /// The same Discord and database under another process of maintbot; the one before is gone as if it was killed, only
    /// the gateway it leaves first.
    pub async fn restart(&mut self) {
        self.replace().await;
        self.begin().await;
    }

    /// The same while Discord answers nothing: what the new process has to do is left for later.
    pub async fn replace(&mut self) {
        self.leave().await;
        self.bot.replace(&self.config, &self.url).await;
        self.connect().await;
    }

    pub fn inbound(&self) -> &Inbound {
        self.bot.parts.inward.discord.as_ref().expect("Discord is configured")
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

    /// Lets seconds pass until everything that Discord's limits hold back is said; at most ten minutes.
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

    /// Somebody calls `/maintenance` with a sub-command and options; what it causes is said. The answer, or the one that
    /// came after it.
    pub async fn command(&self, user: &str, channel: &str, verb: &str, options: &[(&str, &str)]) -> Reply {
        let reply = self.fake.command(user, channel, verb, options).await;
        self.answered(reply).await
    }

    /// Somebody types a whole line to `/maintenance do`; what it causes is said.
    pub async fn line(&self, user: &str, channel: &str, text: &str) -> Reply {
        let option = self.text_of_do();
        self.command(user, channel, "do", &[(&option, text)]).await
    }

    /// The name of the option of `do` that takes a line.
    fn text_of_do(&self) -> String {
        let commands = self.fake.commands(SERVER);
        let below = commands.iter().flat_map(|one| one["options"].as_array().into_iter().flatten());
        let of_do =
            below.filter(|one| one["name"] == "do").flat_map(|one| one["options"].as_array().into_iter().flatten());
        let name = of_do.map(|one| one["name"].as_str().unwrap_or_default().to_owned()).next();
        name.expect("`do` takes a line")
    }

    /// Somebody presses a button of the newest post in a channel.
    pub async fn press(&self, user: &str, channel: &str, beginning: &str) -> Reply {
        let post = self.newest(channel);
        let reply = self.fake.press(user, &post, beginning).await;
        self.answered(reply).await
    }

    /// Somebody chooses in the menu that an answer holds.
    pub async fn choose(&self, user: &str, reply: &Reply, custom_id: &str, value: &str) -> Reply {
        let menu = reply.message().unwrap_or_else(|| panic!("no message to choose in: {reply}"));
        let reply = self.fake.choose(user, &menu, custom_id, value).await;
        self.answered(reply).await
    }

    /// Somebody sends off the modal that an answer is.
    pub async fn fill_in(&self, user: &str, reply: &Reply, fields: &[(&str, &str)]) -> Reply {
        let reply = self.fake.fill_in(user, &reply.modal(), fields).await;
        self.answered(reply).await
    }

    async fn answered(&self, reply: Reply) -> Reply {
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

    /// Ends a story in which something had to be given up.
    pub async fn close_after_loss(mut self) {
        self.settle().await;
        self.leave().await;
        self.fake.close();
    }

    pub async fn close(mut self) {
        self.settle().await;
        self.leave().await;
        self.bot.finish().await;
        self.fake.close();
        drop(self.folder);
    }
}

/// A text with its timestamps as somebody in UTC reads them: `2026-12-06 16:00`, `20:00` of one without a day; how far away
/// an instant is, is left out.
pub fn in_utc(text: &str) -> String {
    let mut parts = text.split("<t:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |read, part| {
        let (stamp, rest) = part.split_once('>').unwrap_or_else(|| panic!("no timestamp: {part}"));
        let (seconds, style) = stamp.split_once(':').unwrap_or((stamp, "f"));
        let at = DateTime::from_timestamp(seconds.parse().expect("seconds"), 0).expect("an instant");
        let shown = match style {
            "R" => String::new(),
            "t" => at.format("%H:%M").to_string(),
            _ => at.format("%Y-%m-%d %H:%M").to_string(),
        };
        read + &shown + rest
    })
}
