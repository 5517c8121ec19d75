//! Inward half: what people do on GitHub. Stores first ([`hook`], [`poll`], [`sweep`]) and works afterwards ([`work`]):
//! commands in comments, issue forms, boxes ticked in change lists.
//!
//! Webhooks and polling put the same into the same inbox, so that what comes of it is the same and both may run. It
//! changes things only through [`Service::run`] and what the service offers for change lists, and answers where the
//! person wrote.

mod comment;
mod form;
mod hook;
mod list;
mod places;
mod poll;
mod roles;
mod seen;
mod step;
mod sweep;
mod talk;
mod work;

use std::sync::{Arc, Once};

use crate::clock::Clock;
use crate::config;
use crate::github::api::GitHub;
use crate::service::Service;

/// What the inbox calls GitHub.
const SOURCE: &str = "github";

/// The inward half of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inbound {
    service: Service,
    github: GitHub,
    settings: Arc<config::Github>,
    clock: Clock,
    owner: Arc<str>,
    roles: Arc<roles::Roles>,
    without_secret: Arc<Once>,
}

impl Inbound {
    /// An inward half under a name of its own: no two running processes may share it.
    #[must_use]
    pub fn new(service: Service, github: GitHub, settings: config::Github, clock: Clock, owner: String) -> Self {
        Self {
            service,
            github,
            settings: Arc::new(settings),
            clock,
            owner: owner.into(),
            roles: Arc::default(),
            without_secret: Arc::new(Once::new()),
        }
    }
}
