//! Status pages: whether they let maintbot in, whether every component is there, and what they say that was not planned. A dry
//! run: nothing is changed.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;

use super::{Finding, bad, good};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery;
use crate::statuspage::api::Statuspage;
use crate::statuspage::json::JsonPage;
use crate::store::Db;

const NAME: &str = "statuspage";

pub(super) async fn statuspage(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(settings) = &config.statuspage {
        match Statuspage::new(settings, Clock::System) {
            Ok(page) => found.extend(examine(config, &page).await),
            Err(error) => found.push(bad(NAME, format!("{error:#}"))),
        }
    }
    for settings in &config.status_pages {
        found.push(match JsonPage::new(settings, Clock::System) {
            Ok(page) => listed(&page).await,
            Err(error) => bad(NAME, format!("{error:#}")),
        });
    }
    found
}

async fn examine(config: &Config, page: &Statuspage) -> Vec<Finding> {
    let name = match page.name().await {
        Ok(name) => name,
        Err(failure) => return vec![bad(NAME, format!("Statuspage does not let maintbot in: {}", failure.why()))],
    };
    let mut found = vec![good(NAME, format!("Statuspage lets maintbot in on the page {name}"))];
    found.push(components(page).await);
    found.extend(plan(config, page).await);
    found
}

/// Whether every component of the configuration is on the page.
async fn components(page: &Statuspage) -> Finding {
    let wanted = page.components();
    if wanted.is_empty() {
        return good(NAME, "no service has a statuspage_component: entries touch none");
    }
    let there: BTreeSet<String> = match page.list_components().await {
        Ok(there) => there.into_iter().map(|component| component.id).collect(),
        Err(failure) => return bad(NAME, format!("its components are not listed: {}", failure.why())),
    };
    let lacks = wanted.iter().filter(|(_, component)| !there.contains(*component));
    let lacks: Vec<String> = lacks.map(|(service, component)| format!("{component} of {service}")).collect();
    if lacks.is_empty() {
        return good(NAME, "every statuspage_component is on the page");
    }
    bad(NAME, format!("not on the page: {}; copy the ids from its components", lacks.join(", ")))
}

/// What the page says and was not planned, one line each.
async fn plan(config: &Config, page: &Statuspage) -> Vec<Finding> {
    let compared = async {
        let db = Db::open(config.database.url.expose_secret()).await?;
        let found = delivery::differences(&db, &config.organisation, page, Clock::wall()).await;
        db.close().await;
        found
    };
    match compared.await {
        Ok(found) if found.is_empty() => vec![good(NAME, "the page says what was planned")],
        Ok(found) => found.into_iter().map(|difference| bad(NAME, line(&difference))).collect(),
        Err(error) => vec![bad(NAME, format!("the page is not compared with what was planned: {error:#}"))],
    }
}

fn line(difference: &delivery::Difference) -> String {
    let window = difference.window.map_or_else(|| "an unknown window".into(), |id| id.to_string());
    let entry = difference.entry.as_ref().map(|id| format!(" (entry {id})")).unwrap_or_default();
    format!("{window}{entry}: {}; maintbot mends it while it serves", difference.what)
}

async fn listed(page: &JsonPage) -> Finding {
    match page.list().await {
        Ok(Some(entries)) => good(NAME, format!("{}: it lists {} entries", page.name(), entries.len())),
        Ok(None) => good(NAME, format!("{}: its templates are good; without `list` it is not asked", page.name())),
        Err(failure) => bad(NAME, format!("{}: {}", page.name(), failure.why())),
    }
}
