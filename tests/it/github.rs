//! Stories on the double of GitHub: a whole maintbot on one side, people on GitHub on the other, one clock for both.

mod closing;
mod comments;
mod crash;
mod digest;
mod doctor;
mod emulated;
mod forms;
mod gate;
mod hostile;
mod items;
mod killed;
mod lanes;
mod limits;
mod lists;
pub mod log;
mod messages;
mod outage;
mod payloads;
mod places;
mod plans;
mod whole;

use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use maintbot::clock::Clock;
use maintbot::github::inbound::Inbound;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::github::hooks::Webhook;
use crate::fake::github::state::{Comment, Issue};
use crate::fake::github::{APP_ID, APP_KEY, FakeGitHub};

/// Signs webhooks in every story.
pub const SECRET: &str = "a secret of the story";
/// The repository of the stories.
pub const CRM: &str = "example/crm";

/// A maintbot and a GitHub that know each other.
pub struct Hub {
    pub bot: Bot,
    pub fake: FakeGitHub,
    folder: tempfile::TempDir,
    config: String,
    url: String,
}

/// How maintbot hears of what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    /// Webhooks are sent to it.
    Webhooks,
    /// It asks; nothing is sent.
    Polling,
}

/// An organisation with anna (admin), ben, carla and dan (write), eve (triage), frank (read) on `example/crm`; `more` is
/// added to the configuration.
pub fn config(fake: &FakeGitHub, hears: Hears, more: &str) -> String {
    let poll = if hears == Hears::Polling { "poll = \"30s\"" } else { "" };
    let key = APP_KEY.replace('\n', "\\n");
    format!(
        r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[github]
api_url = "{}"
app_id = {APP_ID}
private_key = "{key}"
webhook_secret = "{SECRET}"
repositories = ["{CRM}"]
{poll}
{more}
"#,
        fake.url
    )
}

/// Tells a story on SQLite that begins at `at` (UTC). It ends with nothing undecided, nothing given up, and every request
/// as GitHub's description wants it.
pub async fn story(hears: Hears, more: &str, at: &str, tell: impl AsyncFn(&Hub)) {
    let hub = Hub::start(hears, more, at).await;
    tell(&hub).await;
    hub.close().await;
}

impl Hub {
    pub async fn start(hears: Hears, more: &str, at: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        Self::start_on(folder, url, hears, more, at).await
    }

    /// The same on a database of the story's own.
    pub async fn start_on(folder: tempfile::TempDir, url: String, hears: Hears, more: &str, at: &str) -> Self {
        let fake = FakeGitHub::start().await;
        let repository = fake.repository(CRM).person("anna", "admin").person("ben", "write").person("carla", "write");
        repository.person("dan", "write").person("eve", "triage").person("frank", "read");
        let clock = Clock::manual(utc(at));
        fake.follow(&clock);
        let config = config(&fake, hears, more);
        let bot = Bot::start(&config, &url, clock).await;
        let hub = Self { bot, fake, folder, config, url };
        if hears == Hears::Webhooks {
            hub.listen();
        } else {
            // What is there before the first look is history.
            hub.look().await;
        }
        hub
    }

    /// The same GitHub and database under another process of maintbot; the one before is gone as if it was killed.
    pub async fn restart(&mut self) {
        self.bot.replace(&self.config, &self.url).await;
        self.listen();
    }

    /// Webhooks reach the present maintbot.
    pub fn listen(&self) {
        let inbound = self.inbound().clone();
        self.fake.deliver_with(SECRET, move |webhook| post(inbound.clone(), webhook).boxed());
    }

    pub fn inbound(&self) -> &Inbound {
        self.bot.parts.inward.github.as_ref().expect("GitHub is configured")
    }

    /// Everything that people did has reached maintbot, and what is due is handled, also what that brings about.
    pub async fn settle(&self) {
        for _ in 0..20 {
            let before = self.fake.traffic();
            self.fake.settle().await;
            self.bot.settle().await;
            if self.fake.traffic() == before {
                return;
            }
        }
        panic!("maintbot and GitHub answer each other without an end");
    }

    /// maintbot asks GitHub what is new, and what it finds is handled.
    pub async fn look(&self) {
        let looked = self.inbound().look(&CancellationToken::new()).await;
        looked.expect("GitHub answers");
        self.settle().await;
    }

    /// Moves the clock to `at` (UTC), with everything due on the way and what it brings about: at each stop GitHub's
    /// webhooks are waited for, which come on a thread of their own.
    pub async fn at(&self, at: &str) {
        while let Some(next) = self.next().await.filter(|next| *next <= utc(at)) {
            self.bot.clock.set(next);
            self.settle().await;
        }
        self.bot.clock.set(utc(at));
        self.settle().await;
    }

    /// When something is due that lies ahead (UTC).
    async fn next(&self) -> Option<DateTime<Utc>> {
        self.settle().await;
        let parts = &self.bot.parts;
        let due = [parts.service.next_tick_at().await, parts.sender.next_at().await, self.inbound().next_at().await];
        let due: Vec<_> = due.into_iter().filter_map(|at| at.expect("readable")).collect();
        due.into_iter().min().filter(|at| *at > self.bot.clock.now())
    }

    /// The change-list issue whose title begins with this id.
    pub fn list(&self, id: &str) -> Issue {
        let lists: Vec<Issue> = self.lists(id);
        assert_eq!(lists.len(), 1, "issues of {id}: {:?}", lists.iter().map(|i| &i.title).collect::<Vec<_>>());
        lists.into_iter().next().expect("one")
    }

    /// Every issue whose title begins with this id.
    pub fn lists(&self, id: &str) -> Vec<Issue> {
        let issues = self.fake.issues(CRM).into_iter();
        issues.filter(|issue| issue.title.starts_with(&format!("{id}:"))).collect()
    }

    /// Texts of the comments of an issue by maintbot, without their hidden markers.
    pub fn said(&self, number: u64) -> Vec<String> {
        let comments = self.fake.comments(CRM, number).into_iter();
        comments.filter(|c| c.author.ends_with("[bot]")).map(|c| visible(&c)).collect()
    }

    /// What came in, in order: id and state.
    pub async fn inbox(&self) -> Vec<(String, String)> {
        let maintbot::store::Db::Sqlite { read, .. } = &self.bot.parts.db else { panic!("a story on SQLite") };
        let rows = sqlx::query_as("SELECT id, state FROM inbox ORDER BY position").fetch_all(read).await;
        rows.expect("readable")
    }

    pub async fn close(self) {
        self.settle().await;
        self.bot.finish().await;
        self.fake.close().await;
        drop(self.folder);
    }
}

/// The text of a comment that a reader sees.
pub fn visible(comment: &Comment) -> String {
    let lines = comment.body.lines().filter(|line| !line.starts_with("<!-- maintbot:"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Posts a webhook to maintbot as GitHub does; the status of the answer.
pub async fn post(inbound: Inbound, webhook: Webhook) -> u16 {
    let mut request = Request::post("/github/webhook");
    for (name, value) in &webhook.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Body::from(webhook.body)).expect("a request");
    inbound.routes().oneshot(request).await.expect("an answer").status().as_u16()
}
