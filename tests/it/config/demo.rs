//! demo/maintbot.toml: valid, and shows what can be configured.

use super::good;

const DEMO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/demo/maintbot.toml"));

#[test]
fn the_organisation_of_the_demo_shows_hours_holidays_notice_approval_and_customers() {
    let config = good(DEMO);
    let organisation = &config.organisation;
    assert!(organisation.working.hours.is_some() && organisation.working.holidays.len() > 20);
    assert!(organisation.regions.values().any(|region| region.working.zone != organisation.zone));
    assert!(organisation.policies["scheduled"].notice.is_some());
    assert!(!organisation.policies["scheduled"].approval.is_empty());
    assert!(organisation.audiences.iter().any(|audience| audience.send_hours.is_some()));
    assert!(organisation.customers.values().all(|customer| customer.owner.is_some()));
    let served = |id: &String| organisation.customers.values().any(|customer| customer.services.contains(id));
    assert!(organisation.services.keys().all(served));
}
