//! The harness of stories: a whole maintbot on one database with a clock that the story moves.

use std::path::Path;

use chrono::{DateTime, Utc};
use maintbot::app::Parts;
use maintbot::clock::Clock;
use maintbot::command::Input;
use maintbot::config::Config;
use maintbot::domain::access::{Actor, Role};
use maintbot::domain::advisory::AdvisoryId;
use maintbot::domain::change::ChangeItem;
use maintbot::domain::ledger::{Class, Delivery, DeliveryState};
use maintbot::domain::plan::PlanId;
use maintbot::domain::series::SeriesId;
use maintbot::domain::window::{Window, WindowId};
use maintbot::message::words::{self, Refused};
use maintbot::service::query::{FullPlan, FullSeries, Issue, WindowFilter};
use maintbot::service::{Answer, Invocation, Reply};
use maintbot::store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::{databases, postgres};

/// One maintbot, its clock stopped at the story's time.
pub struct Bot {
    pub parts: Parts,
    pub clock: Clock,
    stop: CancellationToken,
}

/// An instant of a story, UTC: `2026-12-06 14:00`.
pub fn utc(text: &str) -> DateTime<Utc> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    format!("{date}T{time}Z").parse().unwrap_or_else(|e| panic!("{text} is no instant: {e}"))
}

/// Tells a story on both databases. `config` is the text of a `maintbot.toml`, `at` where the clock starts (UTC).
pub async fn story(config: &str, at: &str, tell: impl AsyncFn(&Bot)) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, url) in
        [("SQLite", databases::sqlite_url(&folder)), ("PostgreSQL", postgres::database().await.as_str().to_owned())]
    {
        println!("on {name}");
        let bot = Bot::start(config, &url, Clock::manual(utc(at))).await;
        tell(&bot).await;
        bot.finish().await;
    }
}

impl Bot {
    pub async fn start(config: &str, url: &str, clock: Clock) -> Self {
        let none: [(String, String); 0] = [];
        let mut config =
            Config::from_text(Path::new("maintbot.toml"), config, none).expect("the story's configuration");
        config.database.url = url.to_owned().into();
        let parts = Parts::open(config, clock.clone()).await.expect("the story's database");
        Self { parts, clock, stop: CancellationToken::new() }
    }

    /// Puts another process in the place of this one on its database, as if this one was killed: what it was storing is
    /// stored or lost before the next one looks, and nobody has leases.
    pub async fn replace(&mut self, config: &str, url: &str) {
        let last = self.parts.db.write(async |_| Ok::<_, StoreError>(())).await;
        last.expect("what is stored comes to its end");
        *self = Self::start(config, url, self.clock.clone()).await;
        self.parts.db.write(async |tx| tx.end_leases(self.clock.now()).await).await.expect("leases end");
        self.parts.service.end_inbound_leases().await.expect("leases end");
    }

    /// Moves the clock to `at` (UTC), with everything due on the way.
    pub async fn at(&self, at: &str) {
        self.parts.advance(utc(at), &self.stop).await.expect("time passes");
    }

    /// Lets the process be down until `at` (UTC): nothing happens on the way, then it starts again.
    pub async fn down_until(&self, at: &str) {
        self.clock.set(utc(at));
        self.settle().await;
    }

    /// Handles what is due now.
    pub async fn settle(&self) {
        self.parts.settle(&self.stop).await.expect("what is due is handled");
    }

    pub async fn run(&self, actor: Actor, text: &str, key: Option<&str>) -> Answer {
        self.run_in("console", actor, text, key).await
    }

    /// What somebody types in a place, such as a channel; what is due is left alone.
    pub async fn run_in(&self, place: &str, actor: Actor, text: &str, key: Option<&str>) -> Answer {
        let invocation = Invocation {
            actor,
            place: place.to_owned(),
            zone: None,
            within: None,
            input: Input::Text(text.to_owned()),
            key: key.map(str::to_owned),
        };
        // The future is large, and stories hold several at once.
        Box::pin(self.parts.service.run(&invocation)).await.expect("no fault")
    }

    /// Somebody with every role types a line that is done; nothing is sent yet.
    pub async fn type_only(&self, who: &str, text: &str) -> Reply {
        match self.run(Actor::with_role(who, Role::Admin), text, None).await {
            Answer::Done(reply) => reply,
            Answer::Refused(refused) => panic!("`{text}` was refused:\n{}", refused.message.plain()),
        }
    }

    /// Somebody with every role types a line that is done; what is due at once is handled.
    pub async fn say(&self, who: &str, text: &str) -> Reply {
        self.say_as(Role::Admin, who, text).await
    }

    pub async fn say_as(&self, role: Role, who: &str, text: &str) -> Reply {
        let answer = self.run(Actor::with_role(who, role), text, None).await;
        self.settle().await;
        match answer {
            Answer::Done(reply) => reply,
            Answer::Refused(refused) => panic!("`{text}` was refused:\n{}", refused.message.plain()),
        }
    }

    /// Somebody with every role types a line that is refused.
    pub async fn refused(&self, who: &str, text: &str) -> Refused {
        self.refused_as(Role::Admin, who, text).await
    }

    pub async fn refused_as(&self, role: Role, who: &str, text: &str) -> Refused {
        match self.run(Actor::with_role(who, role), text, None).await {
            Answer::Refused(refused) => refused,
            Answer::Done(reply) => panic!("`{text}` was done:\n{}", reply.message.plain()),
        }
    }

    /// The line to copy of a refusal.
    pub async fn hint_as(&self, role: Role, who: &str, text: &str) -> String {
        let refused = self.refused_as(role, who, text).await;
        refused.hint.unwrap_or_else(|| panic!("`{text}` has no line to copy: {}", refused.detail))
    }

    /// A dry run of a line that would be done, by somebody with every role: it stores nothing.
    pub async fn dry(&self, who: &str, text: &str) -> Reply {
        let before = self.everything().await;
        let reply = self.type_only(who, &format!("{text} --dry-run")).await;
        assert_eq!(self.everything().await, before, "`{text} --dry-run` stores something");
        assert_eq!(reply.windows, [], "`{text} --dry-run` answers with windows");
        assert!(reply.deliveries.is_some(), "`{text} --dry-run` does not say what would be owed");
        reply
    }

    pub async fn window(&self, id: i64) -> Window {
        self.parts.service.full(WindowId(id)).await.expect("readable").expect("a window").window
    }

    pub async fn ledger(&self, id: i64) -> Vec<Delivery> {
        self.parts.service.deliveries(WindowId(id)).await.expect("readable").expect("a window")
    }

    /// Rows of the ledger as `sequence lead channel state reason`, in order of time.
    pub async fn rows(&self, id: i64, message: &str) -> Vec<String> {
        rows(&self.ledger(id).await, message)
    }

    /// A plan with its phases, questions and audit trail.
    pub async fn plan(&self, id: i64) -> FullPlan {
        self.parts.service.plan(PlanId(id)).await.expect("readable").expect("a plan")
    }

    /// The ledger of a plan itself: its phases have their own.
    pub async fn plan_ledger(&self, id: i64) -> Vec<Delivery> {
        self.parts.service.plan_deliveries(PlanId(id)).await.expect("readable").expect("a plan")
    }

    /// Rows of a plan's ledger as `sequence lead channel state reason`, in order of time.
    pub async fn plan_rows(&self, id: i64, message: &str) -> Vec<String> {
        rows(&self.plan_ledger(id).await, message)
    }

    /// The ledger of an advisory.
    pub async fn advisory_ledger(&self, id: i64) -> Vec<Delivery> {
        self.parts.service.advisory_deliveries(AdvisoryId(id)).await.expect("readable").expect("an advisory")
    }

    /// A series with its windows and audit trail.
    pub async fn series(&self, id: i64) -> FullSeries {
        self.parts.service.one_series(SeriesId(id)).await.expect("readable").expect("a series")
    }

    /// Who has told which customer: `round CUSTOMER by`.
    pub async fn told(&self, id: i64) -> Vec<String> {
        let full = self.parts.service.full(WindowId(id)).await.expect("readable").expect("a window");
        full.told.iter().map(|told| format!("{} {} {}", told.round, told.customer, told.by)).collect()
    }

    /// What the public page shows, in its order: `MW-1 scheduled: Tue 8 Dec 2026 14:00–16:00 UTC`.
    pub async fn page(&self) -> Vec<String> {
        let now = self.clock.now();
        let found = self.parts.service.overview(100).await.expect("readable");
        let shown = found.now.iter().chain(&found.upcoming).chain(&found.past).map(|full| &full.window);
        shown.map(|w| format!("{} {}: {}", w.id, w.state_words(now), w.span)).collect()
    }

    /// Each row about people of one kind of message: when it is due (UTC), to which audience, its state and why.
    pub async fn due(&self, id: i64, message: &str) -> Vec<String> {
        let shown = |row: &Delivery| {
            let reason = row.reason.map(|r| format!(" {r}")).unwrap_or_default();
            let due = row.plan.due_at.format("%Y-%m-%d %H:%M");
            format!("{due} {} {}{reason}", row.plan.audience, row.state)
        };
        let rows = self.ledger(id).await;
        rows.iter().filter(|row| row.plan.message.as_str() == message).map(shown).collect()
    }

    /// Rows of the ledger as `message channel state reason`, those about people only, in order of time.
    pub async fn messages(&self, id: i64, channel: &str) -> Vec<String> {
        let rows = self.ledger(id).await;
        let people = |row: &&Delivery| {
            row.plan.message.class() == Class::Message && row.plan.channel.to_string() == format!("builtin:{channel}")
        };
        let shown = |row: &Delivery| {
            let reason = row.reason.map(|r| format!(" {r}")).unwrap_or_default();
            let lead = row.plan.lead.clone().map(|l| format!(" {l}")).unwrap_or_default();
            format!("{} {}{lead} {}{reason}", row.plan.sequence, row.plan.message, row.state)
        };
        rows.iter().filter(people).map(shown).collect()
    }

    /// The change list in the built-in tracker.
    pub async fn issue(&self, id: i64) -> Issue {
        self.parts.service.issue(WindowId(id)).await.expect("readable").expect("its change list")
    }

    /// The audit trail as people read it: who did what.
    pub async fn events(&self, id: i64) -> Vec<String> {
        let full = self.parts.service.full(WindowId(id)).await.expect("readable").expect("a window");
        let zone = full.window.span.zone.clone();
        full.events.iter().map(|e| format!("{}: {}", e.actor, words::happened(&e.what, &zone))).collect()
    }

    /// The change list: number, `x` where done, and by whom.
    pub async fn items(&self, id: i64) -> Vec<String> {
        let full = self.parts.service.full(WindowId(id)).await.expect("readable").expect("a window");
        let line = |i: &ChangeItem| {
            let done = i.done.as_ref().map(|d| format!(" {}", d.by)).unwrap_or_default();
            format!("{}{}{done}", i.number, if i.late { " late" } else { "" })
        };
        full.items.0.iter().map(line).collect()
    }

    /// Everything stored that anybody can read, for comparing before and after.
    pub async fn everything(&self) -> String {
        let service = &self.parts.service;
        let mut all = String::new();
        let filter = WindowFilter::default();
        for (window, items) in service.windows(&filter, None, 500).await.expect("readable") {
            let full = service.full(window.id).await.expect("readable").expect("a window");
            let ledger = self.ledger(window.id.0).await;
            let issue = service.issue(window.id).await.expect("readable");
            all += &format!("{window:#?}\n{items:#?}\n{:#?}\n{ledger:#?}\n{issue:#?}\n", full.events);
            all += &format!("{:#?}\n{:#?}\n", full.qa, full.told);
        }
        for plan in service.plans(100).await.expect("readable") {
            let ledger = self.plan_ledger(plan.phases.plan.id.0).await;
            all += &format!("{:#?}\n{:#?}\n{:#?}\n{ledger:#?}\n", plan.phases.plan, plan.qa, plan.events);
        }
        for series in service.series(100).await.expect("readable") {
            all += &format!("{:#?}\n", self.series(series.id.0).await);
        }
        for topic in service.advisories(None, 100).await.expect("readable") {
            all += &format!("{topic:#?}\n{:#?}\n", self.advisory_ledger(topic.advisory.id.0).await);
        }
        all += &format!("{:#?}\n", service.digest_deliveries().await.expect("readable"));
        all += &format!("{:#?}\n", service.freezes().await.expect("readable"));
        for channel in service.channels().await.expect("readable") {
            let posts = service.posts(&channel.name, None, 500).await.expect("readable");
            all += &format!("{channel:#?}\n{posts:#?}\n");
        }
        all
    }

    /// What a console channel shows: when posted (UTC) and the first line of each post.
    pub async fn timeline(&self, channel: &str) -> Vec<String> {
        let posts = self.parts.service.posts(channel, None, 500).await.expect("readable");
        let first = |text: &str| text.lines().next().unwrap_or("").to_owned();
        posts.iter().map(|p| format!("{} {}", p.posted_at.format("%Y-%m-%d %H:%M"), first(&p.text))).collect()
    }

    /// Whole texts of the posts of a console channel.
    pub async fn texts(&self, channel: &str) -> Vec<String> {
        let posts = self.parts.service.posts(channel, None, 500).await.expect("readable");
        posts.into_iter().map(|p| p.text).collect()
    }

    /// Every story ends here: nothing is undecided and nothing was given up.
    pub async fn finish(&self) {
        self.settle().await;
        let now = self.clock.now();
        let filter = WindowFilter::default();
        let mut rows = Vec::new();
        for (window, _) in self.parts.service.windows(&filter, None, 500).await.expect("readable") {
            rows.extend(self.ledger(window.id.0).await);
        }
        for plan in self.parts.service.plans(100).await.expect("readable") {
            rows.extend(self.plan_ledger(plan.phases.plan.id.0).await);
        }
        for topic in self.parts.service.advisories(None, 100).await.expect("readable") {
            rows.extend(self.advisory_ledger(topic.advisory.id.0).await);
        }
        rows.extend(self.parts.service.digest_deliveries().await.expect("readable"));
        for row in rows {
            let undecided = row.state.is_open() && row.plan.due_at <= now;
            let wrong = undecided || matches!(row.state, DeliveryState::Sending | DeliveryState::Dead);
            assert!(!wrong, "left behind: {row:?}");
        }
        self.parts.db.close().await;
    }
}

/// Rows of one kind of message as `sequence lead channel state reason`.
fn rows(rows: &[Delivery], message: &str) -> Vec<String> {
    let shown = |row: &Delivery| {
        let reason = row.reason.map(|r| format!(" {r}")).unwrap_or_default();
        let lead = row.plan.lead.clone().map(|l| format!(" {l}")).unwrap_or_default();
        format!("{}{lead} {} {}{reason}", row.plan.sequence, row.plan.channel, row.state)
    };
    rows.iter().filter(|row| row.plan.message.as_str() == message).map(shown).collect()
}

/// Asserts a timeline line by line, with a readable difference.
#[track_caller]
pub fn assert_timeline(found: &[String], expected: &[&str]) {
    assert_eq!(found.join("\n"), expected.join("\n"));
}
