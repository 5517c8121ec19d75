//! Inward half: what people do on Slack. Comes over HTTP ([`hook`]) or a socket ([`socket`]), and is handled the same:
//! commands, buttons and forms at once, under keys that make them safe to come twice; events are stored first and worked
//! on afterwards ([`work`]).
//!
//! Slack waits three seconds. Whatever takes longer is stored and acknowledged, goes on in a task of its own, and is
//! answered where only the person reads it ([`crate::inward::errand`]). It changes things only through [`Service::run`].

mod answer;
mod command;
mod event;
mod form;
mod home;
mod hook;
mod late;
mod mention;
mod payload;
mod press;
mod roles;
mod run;
#[cfg(feature = "slack-socket-mode")]
mod socket;
mod typed;
mod work;

use std::sync::{Arc, Once};

use serde_json::Value;

use crate::clock::Clock;
use crate::config;
use crate::inward::errand::Errands;
use crate::service::Service;
use crate::slack::api::Slack;

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
    errands: Errands,
    without_secret: Arc<Once>,
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

impl From<Value> for Reply {
    fn from(answer: Value) -> Self {
        Self::Json(answer)
    }
}

impl Inbound {
    /// An inward half with a client for each workspace of the settings, under a name of its own: no two running processes
    /// may share it.
    #[must_use]
    pub fn new(service: Service, slack: Vec<Slack>, settings: config::Slack, clock: Clock, owner: String) -> Self {
        Self {
            service,
            slack: slack.into(),
            settings: Arc::new(settings),
            clock,
            owner: owner.into(),
            errands: Errands::default(),
            without_secret: Arc::new(Once::new()),
        }
    }

    /// Returns when nothing is being done for anybody: everything that was begun has ended and is answered, or its answer
    /// is stored.
    pub async fn idle(&self) {
        self.errands.idle().await;
    }

    /// The client of a workspace of the configuration.
    fn workspace(&self, id: &str) -> Option<&Slack> {
        self.slack.iter().find(|slack| slack.workspace() == id)
    }
}
