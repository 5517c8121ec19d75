//! Measuring how much services are used, so that `suggest` knows the quiet hours: asks Prometheus at the start and every
//! six hours, one service after the other. What it cannot measure keeps its last measurement. Nothing waits for it.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::prometheus::{Client, Failure};
use crate::store::Db;

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two rounds.
const EVERY: TimeDelta = TimeDelta::hours(6);
/// A round comes up to so much later, so that several maintbots do not ask at the same moment (seconds).
const JITTER: u32 = 600;

/// Measures the services that have a `quiet_query`.
#[derive(Debug)]
pub struct Measurer {
    client: Client,
    /// Ids of services, each with its query.
    queries: BTreeMap<String, String>,
    db: Db,
    clock: Clock,
    /// Services that could not be measured the last time, with the sort of failure; `None`: it could not be stored.
    troubles: BTreeMap<String, Option<Discriminant<Failure>>>,
}

impl Measurer {
    /// For the services of `config` with a `quiet_query`; `None` where there is nothing to measure or nobody to ask.
    ///
    /// # Errors
    /// The address in `[prometheus]` is none.
    pub fn new(config: &Config, db: Db, clock: Clock) -> anyhow::Result<Option<Self>> {
        let services = config.organisation.services.values();
        let queries: BTreeMap<String, String> =
            services.filter_map(|service| Some((service.id.clone(), service.quiet_query.clone()?))).collect();
        let Some(prometheus) = config.prometheus.as_ref().filter(|_| !queries.is_empty()) else { return Ok(None) };
        let client = Client::new(&prometheus.url, PATIENCE)?;
        Ok(Some(Self { client, queries, db, clock, troubles: BTreeMap::new() }))
    }

    /// Rounds until `stop` is asked for; what is under way then is left.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let next = now + EVERY + jitter();
            let clock = self.clock.clone();
            tokio::select! {
                () = stop.cancelled() => {}
                () = async { self.tick(now).await; clock.sleep_until(next).await } => {}
            }
        }
    }

    /// Measures every service once, as at `now` (UTC). Returns how many were measured; what went wrong is logged when it
    /// begins and when it ends.
    pub async fn tick(&mut self, now: DateTime<Utc>) -> usize {
        let mut measured = 0;
        for (service, query) in self.queries.clone() {
            match self.measure(&service, &query, now).await {
                Ok(()) => {
                    measured += 1;
                    if self.troubles.remove(&service).is_some() {
                        tracing::info!(service, "the use of the service is measured again");
                    }
                }
                Err(error) => {
                    let sort = error.downcast_ref::<Failure>().map(discriminant);
                    if self.troubles.get(&service) != Some(&sort) {
                        tracing::warn!(service, error = format!("{error:#}"), "the use of the service is not measured");
                        self.troubles.insert(service, sort);
                    }
                }
            }
        }
        measured
    }

    async fn measure(&self, service: &str, query: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        let loads = self.client.week(query, now).await?;
        self.db
            .write(async |tx| tx.save_traffic(service, now, &loads).await)
            .await
            .context("the measurement cannot be stored")
    }
}

/// A random part of the longest one; none where the system gives no randomness.
fn jitter() -> TimeDelta {
    let random = getrandom::u32().unwrap_or_default();
    TimeDelta::seconds(i64::from(random % JITTER))
}
