//! demo/maintbot.toml: valid, and shows what can be configured.

use maintbot::config::{Config, Slack};
use maintbot::domain::channel::{Channel, Lane};

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

/// A channel of every kind that a lane serves. A new kind does not compile here before it has its line, and what the demo
/// does with it is then asked below.
fn channels(lane: Lane) -> Vec<Channel> {
    let all = [
        "builtin:ops",
        "log:audit",
        "tracker:builtin",
        "github:example/crm",
        "github:example/crm#7",
        "slack:#ce",
        "discord:#ce",
        "discord:1103",
        "email:ops@example.com",
        "webhook:crm",
        "statuspage",
        "statuspage:eu",
        "alertmanager",
        "pagerduty",
    ];
    let of_a_kind = |channel: &Channel| match channel {
        Channel::Builtin(_) | Channel::Tracker | Channel::Log(_) => Lane::Inside,
        Channel::Github(..) => Lane::Github,
        Channel::Slack(_) => Lane::Slack,
        Channel::Discord(_) => Lane::Discord,
        Channel::Email(_) => Lane::Mail,
        Channel::Webhook(_) => Lane::Webhook,
        Channel::Statuspage(_) => Lane::Statuspage,
        Channel::Alertmanager => Lane::Alertmanager,
        Channel::Pagerduty => Lane::Pagerduty,
    };
    let all = all.iter().map(|text| text.parse::<Channel>().expect("a channel"));
    all.filter(|channel| of_a_kind(channel) == lane).collect()
}

#[test]
fn in_the_demo_nothing_is_said_outside_whatever_is_configured() {
    let outside = "[prometheus]\nurl = \"http://127.0.0.1:9090\"\n\
                   [github]\ntoken = \"secret\"\nrepositories = [\"example/crm\"]\n\
                   [alertmanager]\nurl = \"http://127.0.0.1:9093\"\n\
                   [pagerduty]\ntoken = \"secret\"\nfrom = \"ops@example.com\"\n\
                   [[service]]\nid = \"paged\"\npagerduty = \"PIJ90N7\"\n\
                   [[webhook]]\nname = \"crm\"\nurl = \"https://hooks.example.com\"\n\
                   secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n\
                   [smtp]\nhost = \"127.0.0.1\"\nfrom = \"maintenance@example.com\"\n";
    let mut config = good(&format!("{DEMO}\n{outside}"));
    config.slack = Some(Slack { api_url: "https://slack.com/api".into(), workspaces: Vec::new() });
    let repository = Some("example/crm".parse().expect("a repository"));
    config.organisation.services.values_mut().for_each(|service| service.repository.clone_from(&repository));
    for lane in Lane::ALL {
        let channels = channels(*lane);
        assert!(channels.iter().all(|channel| channel.lane() == *lane) && !channels.is_empty(), "{lane}: {channels:?}");
        config.organisation.ops.extend(channels.clone());
        config.organisation.digest.as_mut().expect("a digest").channels.extend(channels.clone());
        config.organisation.audiences[0].channels.extend(channels);
    }
    config.organisation.mails = true;
    config.keep_inside();
    // A new section does not compile here before somebody has decided about it.
    let Config {
        server: _,
        database: _,
        prometheus,
        github,
        slack,
        discord,
        alertmanager,
        pagerduty,
        webhooks,
        smtp,
        statuspage,
        status_pages,
        templates: _,
        organisation,
    } = config;
    let asked = prometheus.is_some() || github.is_some() || slack.is_some() || discord.is_some();
    let silenced = alertmanager.is_some() || pagerduty.is_some() || !organisation.silences.channels.is_empty();
    let asked = asked || statuspage.is_some() || !status_pages.is_empty();
    let posted = !webhooks.is_empty() || smtp.is_some() || organisation.mails;
    assert!(!asked && !silenced && !posted && organisation.events.is_empty(), "nobody outside is asked anything");
    let outside = organisation.channels().filter(|channel| channel.lane() != Lane::Inside);
    let outside: Vec<String> = outside.map(ToString::to_string).collect();
    assert_eq!(outside, [""; 0]);
    assert!(
        organisation.services.keys().all(|id| organisation.tracker_for(std::slice::from_ref(id)) == Channel::Tracker)
    );
}
