//! What keeps alerts quiet: whether Alertmanager answers and understands the matchers of services, whether PagerDuty takes
//! the token and knows the services.

use super::{Finding, bad, good};
use crate::alertmanager::api::Alertmanager;
use crate::clock::Clock;
use crate::config::Config;
use crate::pagerduty::api::PagerDuty;

pub(super) async fn alertmanager(config: &Config) -> Vec<Finding> {
    const NAME: &str = "alertmanager";
    let Some(settings) = &config.alertmanager else { return Vec::new() };
    let client = match Alertmanager::new(settings, Clock::System) {
        Ok(client) => client,
        Err(error) => return vec![bad(NAME, format!("{error:#}"))],
    };
    let mut found = match (client.version().await, client.knows_annotations().await) {
        (Ok(version), Ok(annotated)) => {
            let with = if annotated { "with" } else { "without" };
            vec![good(NAME, format!("{} is Alertmanager {version}: silences {with} annotations", settings.url))]
        }
        (Err(failure), _) | (_, Err(failure)) => {
            let detail = format!("{}: is `url` in [alertmanager] right?", failure.why());
            return vec![bad(NAME, detail)];
        }
    };
    if let Err(failure) = client.silences().await {
        found.push(bad(NAME, format!("silences cannot be read: {}", failure.why())));
    }
    for service in config.organisation.services.values() {
        for matcher in &service.alert_matchers {
            if let Err(failure) = client.understands(matcher).await {
                found.push(bad(NAME, format!("alert_matchers of {}, {matcher}: {}", service.id, failure.why())));
            }
        }
    }
    found
}

pub(super) async fn pagerduty(config: &Config) -> Vec<Finding> {
    const NAME: &str = "pagerduty";
    let Some(settings) = &config.pagerduty else { return Vec::new() };
    let client = match PagerDuty::new(settings, Clock::System) {
        Ok(client) => client,
        Err(error) => return vec![bad(NAME, format!("{error:#}"))],
    };
    let mut found = match client.signs_in().await {
        Ok(()) => vec![good(NAME, format!("{} lets maintbot in, in the name of {}", settings.api_url, settings.from))],
        Err(failure) => return vec![bad(NAME, format!("{}; is the token right?", failure.why()))],
    };
    for service in config.organisation.services.values() {
        let Some(id) = &service.pagerduty else { continue };
        found.push(match client.service(id).await {
            Ok(Some(name)) => good(NAME, format!("{} is the service {id} ({name})", service.id)),
            Ok(None) => bad(NAME, format!("{}: there is no service {id}, or not for this token", service.id)),
            Err(failure) => bad(NAME, format!("{}: {}", service.id, failure.why())),
        });
    }
    found
}
