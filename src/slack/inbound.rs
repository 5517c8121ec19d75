//! Inward half: what people do on Slack. Comes over HTTP ([`hook`]) or a socket ([`socket`]), and is handled the same:
//! commands, buttons and forms at once, under keys that make them safe to come twice; events are stored first and worked
//! on afterwards ([`work`]).
//!
//! Slack waits three seconds. Whatever takes longer is acknowledged, goes on in a task of its own, and is answered where
//! only the person reads it. It changes things only through [`Service::run`].

mod answer;
mod command;
mod event;
mod form;
mod home;
mod hook;
mod mention;
mod payload;
mod press;
mod roles;
mod run;
#[cfg(feature = "slack-socket-mode")]
mod socket;
mod typed;
mod work;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config;
use crate::service::Service;
use crate::slack::api::Slack;

/// How many presses and forms are remembered, so that Slack may send them twice.
const REMEMBERED: usize = 1000;
/// What the inbox calls Slack.
const SOURCE: &str = "slack";

/// The inward half of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inbound {
    service: Service,
    slack: Arc<[Slack]>,
    settings: Arc<config::Slack>,
    clock: Clock,
    owner: Arc<str>,
    /// What is being done for people who pressed, typed or filled in something.
    tasks: TaskTracker,
    without_secret: Arc<Once>,
    /// Keys of what came last, the oldest first.
    came: Arc<Mutex<VecDeque<String>>>,
}

/// What is said back at once: the body of an HTTP answer, the payload of an acknowledgement.
#[derive(Clone, Debug, PartialEq)]
enum Reply {
    /// That it came.
    Nothing,
    /// What Slack shows or does.
    Json(Value),
}

/// Why nothing of it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotTaken {
    /// It is not what Slack sends.
    Unreadable,
    /// It could not be stored: Slack sends it again.
    NotStored,
}

type Taken = Result<Reply, NotTaken>;

impl Inbound {
    /// An inward half with a client for each workspace of the settings, under a name of its own: no two running processes
    /// may share it.
    #[must_use]
    pub fn new(service: Service, slack: Vec<Slack>, settings: config::Slack, clock: Clock, owner: String) -> Self {
        let tasks = TaskTracker::new();
        // Closed from the start, so that it can be waited for again and again; it takes tasks all the same.
        tasks.close();
        Self {
            service,
            slack: slack.into(),
            settings: Arc::new(settings),
            clock,
            owner: owner.into(),
            tasks,
            without_secret: Arc::new(Once::new()),
            came: Arc::default(),
        }
    }

    /// Whether something comes for the first time, as far as this process remembers. What a command does is guarded by its
    /// key in the database; this keeps its answer from being whispered twice.
    fn is_first(&self, key: &str) -> bool {
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        if came.iter().any(|known| known == key) {
            return false;
        }
        if came.len() >= REMEMBERED {
            came.pop_front();
        }
        came.push_back(key.to_owned());
        true
    }

    /// Returns when nothing is being done for anybody: everything that was begun has ended and is answered, or its answer
    /// is stored.
    pub async fn idle(&self) {
        self.tasks.wait().await;
    }

    /// The client of a workspace of the configuration.
    fn workspace(&self, id: &str) -> Option<&Slack> {
        self.slack.iter().find(|slack| slack.workspace() == id)
    }

    /// Does something in a task of its own, whatever becomes of the caller. `Some`: what came of it within `limit` of
    /// real time; `None`: it takes longer, and `late` gets what comes of it.
    async fn in_time<T, L>(
        &self,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
        late: impl FnOnce(T) -> L + Send + 'static,
    ) -> Option<T>
    where
        T: Send + 'static,
        L: Future<Output = ()> + Send + 'static,
    {
        let (give, mut take) = oneshot::channel();
        self.tasks.spawn(async move {
            let came = work.await;
            if let Err(came) = give.send(came) {
                late(came).await;
            }
        });
        if let Ok(came) = tokio::time::timeout(limit, &mut take).await {
            return came.ok();
        }
        // It may have come between the end of the wait and now; after this it is given to `late`.
        take.close();
        take.try_recv().ok()
    }
}
