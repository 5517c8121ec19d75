//! What is maintained, where, and for whom: regions, services, customers.

use std::collections::BTreeMap;
use std::path::Path;

use super::github::{github_hint, repository};
use super::problem::{Complaint, Findings};
use super::schema::{self, CUSTOMER, REGION, SERVICE};
use super::section::{Once, Section};
use super::server::prometheus_hint;
use super::silence;
use super::statuspage;
use super::word::{contact, id_of, name, well_formed, well_formed_in_any_case, zone_of};
use super::working;
use crate::domain::calendar::{WeekHours, WorkingCalendar};
use crate::domain::channel::Repository;
use crate::domain::customer::Customer;
use crate::domain::organisation::{Person, Region, Service};

/// Longer queries are mistakes (characters).
const LONGEST_QUERY: usize = 4000;

/// The ids that may be named elsewhere.
pub(super) struct Declared {
    /// The section that declares them.
    title: &'static str,
    /// `None` where none is declared, or a declaration is wrong already: then every well-formed id is fine.
    ids: Option<Vec<String>>,
}

impl Declared {
    fn new(title: &'static str, blocks: &[Section<'_>], ids: Vec<String>) -> Self {
        let complete = !blocks.is_empty() && blocks.len() == ids.len();
        Self { title, ids: complete.then_some(ids) }
    }

    /// Checks that an id is well-formed and declared.
    pub(super) fn check(&self, id: &str) -> Result<String, Complaint> {
        let id = well_formed(id)?;
        let Some(ids) = self.ids.as_ref().filter(|ids| !ids.contains(&id)) else { return Ok(id) };
        let hint = match schema::nearest(&id, ids.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add a {} with id = \"{id}\"", self.title),
        };
        Err(Complaint::new(format!("no {} has the id `{id}`", self.title), hint))
    }
}

/// The regions by id; each works as the organisation (`base`) where it says nothing else.
pub(super) fn regions(
    top: &Section<'_>,
    base: &WorkingCalendar,
    folder: &Path,
    findings: &mut Findings,
) -> (BTreeMap<String, Region>, Declared) {
    let blocks = top.blocks("region", &REGION, findings);
    let mut once = Once::default();
    let mut regions = BTreeMap::new();
    for block in &blocks {
        let given = block.read(findings, "name", "\"Asia-Pacific\"", name);
        let working = working::calendar(block, base.clone(), folder, findings);
        let Some(id) = id_of(block, ["id", "\"apac\""], well_formed, &mut once, findings) else { continue };
        regions.insert(id.clone(), Region { name: given.unwrap_or_else(|| id.clone()), id, working });
    }
    let declared = Declared::new(REGION.title, &blocks, regions.keys().cloned().collect());
    (regions, declared)
}

/// The services by id, and which component of Statuspage each of them is.
pub(super) fn services(
    top: &Section<'_>,
    known_regions: &Declared,
    findings: &mut Findings,
) -> (BTreeMap<String, Service>, Declared, BTreeMap<String, String>) {
    let blocks = top.blocks("service", &SERVICE, findings);
    let mut once = Once::default();
    let (mut services, mut components) = (BTreeMap::new(), BTreeMap::new());
    for block in &blocks {
        let given = block.read(findings, "name", "\"CRM\"", name);
        let regions = block.list(findings, "regions", "[\"eu\"]", |id| known_regions.check(id)).unwrap_or_default();
        let environment = block.read(findings, "environment", "\"production\"", well_formed);
        let zone = zone_of(block, findings);
        let quiet_hours = block.list(findings, "quiet_hours", "[\"Sun 02:00-06:00\"]", |text| {
            text.parse::<WeekHours>().map_err(Complaint::from)
        });
        let quiet_query = quiet_query(block, top, findings);
        let repository = own_repository(block, top, findings);
        let alert_matchers = silence::matchers(block, top, findings).unwrap_or_default();
        let pagerduty = silence::on_pagerduty(block, top, findings);
        let component = statuspage::component(block, top, findings);
        let Some(id) = id_of(block, ["id", "\"crm\""], well_formed, &mut once, findings) else { continue };
        let name = given.unwrap_or_else(|| id.clone());
        let quiet_hours = quiet_hours.unwrap_or_default();
        components.extend(component.map(|component| (id.clone(), component)));
        let service = Service {
            id,
            name,
            regions,
            environment,
            zone,
            quiet_hours,
            quiet_query,
            repository,
            alert_matchers,
            pagerduty,
        };
        services.insert(service.id.clone(), service);
    }
    let declared = Declared::new(SERVICE.title, &blocks, services.keys().cloned().collect());
    (services, declared, components)
}

/// Where a service's change lists are kept: it needs the section that says how to get there.
fn own_repository(block: &Section<'_>, top: &Section<'_>, findings: &mut Findings) -> Option<Repository> {
    let key = "repository";
    let found = block.read(findings, key, "\"example/crm\"", repository)?;
    if top.has("github") {
        return Some(found);
    }
    let complaint = Complaint::new("a repository cannot be reached without GitHub", github_hint());
    block.complain(findings, key, block.place_of(key), complaint);
    None
}

/// The query that measures how much a service is used: it needs a server that answers it.
fn quiet_query(block: &Section<'_>, top: &Section<'_>, findings: &mut Findings) -> Option<String> {
    let key = "quiet_query";
    let found = block.read(findings, key, "'sum(rate(http_requests_total{job=\"crm\"}[5m]))'", query)?;
    if top.has("prometheus") {
        return Some(found);
    }
    let complaint = Complaint::new("nobody is named who answers the query", prometheus_hint());
    block.complain(findings, key, block.place_of(key), complaint);
    None
}

/// A query may stand on several lines; what it means is for the server to say.
fn query(text: &str) -> Result<String, Complaint> {
    let query = text.trim();
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if query.is_empty() || query.chars().count() > LONGEST_QUERY || query.contains(odd) {
        let why = format!("a query is text of 1 to {LONGEST_QUERY} characters");
        return Err(Complaint::new(why, "write one that answers with a single number over time"));
    }
    Ok(query.to_owned())
}

/// The customers by id.
pub(super) fn customers(
    top: &Section<'_>,
    [known_services, known_regions]: [&Declared; 2],
    people: &BTreeMap<String, Person>,
    findings: &mut Findings,
) -> BTreeMap<String, Customer> {
    // Without a directory of people every name is fine; with one, a stranger would never be reached.
    let people = top.has("people").then_some(people);
    let mut once = Once::default();
    let mut customers = BTreeMap::new();
    for block in &top.blocks("customer", &CUSTOMER, findings) {
        let given = block.read(findings, "name", "\"Acme Corp\"", name);
        let services = block.list(findings, "services", "[\"crm\"]", |id| known_services.check(id));
        let regions = block.list(findings, "regions", "[\"eu\"]", |id| known_regions.check(id));
        let contacts = block.list(findings, "contacts", "[\"ops@acme.example\"]", contact);
        let owner = block.read(findings, "owner", "\"anna\"", |id| owner(id, people));
        let Some(id) = id_of(block, ["id", "\"ACME\""], well_formed_in_any_case, &mut once, findings) else { continue };
        let customer = Customer {
            name: given.unwrap_or_else(|| id.clone()),
            id: id.clone(),
            services: services.unwrap_or_default(),
            regions: regions.unwrap_or_default(),
            contacts: contacts.unwrap_or_default(),
            owner,
        };
        customers.insert(id, customer);
    }
    customers
}

fn owner(id: &str, people: Option<&BTreeMap<String, Person>>) -> Result<String, Complaint> {
    let id = well_formed(id)?;
    let Some(people) = people.filter(|people| !people.contains_key(&id)) else { return Ok(id) };
    let hint = match schema::nearest(&id, people.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add [people.{id}]"),
    };
    Err(Complaint::new(format!("`{id}` is not among [people]"), hint))
}
