//! Alertmanager and PagerDuty: where they are, how maintbot signs in, and what services are called there.

use maintbot::config::{AlertmanagerLogin, Config};
use maintbot::domain::channel::Channel;
use secrecy::ExposeSecret as _;

use super::{good, lines, problem};

const URL: &str = "[alertmanager]\nurl = \"http://alertmanager:9093/am/\"\n";
const PAGER: &str = "[pagerduty]\ntoken = \"hunter2\"\nfrom = \"ops@example.com\"\n[[service]]\nid = \"jira\"\npagerduty = \"PJIRA01\"\n";

#[test]
fn without_a_word_nothing_is_silenced() {
    let config = Config::with_defaults();
    assert!(config.alertmanager.is_none() && config.pagerduty.is_none());
    assert_eq!(config.organisation.silences.channels, []);
}

#[test]
fn an_address_is_enough_for_alertmanager_and_services_are_known_by_their_label() {
    let config = good(URL);
    let settings = config.alertmanager.expect("it is written");
    assert_eq!((settings.url.as_str(), settings.label.as_str()), ("http://alertmanager:9093/am", "service"));
    assert!(settings.login.is_none());
    assert_eq!(config.organisation.silences.channels, [Channel::Alertmanager]);
    let shown = |config: &Config, id: &str| {
        config.organisation.alert_matchers(id).iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    assert_eq!(shown(&good(URL), "crm"), "service=\"crm\"");
    let config = good(&format!(
        "{URL}label = \"app\"\nbearer_token = \"hunter2\"\n[[service]]\nid = \"crm\"\n\
         alert_matchers = ['job=~\"crm.*\"', 'env!=\"test\"']\n"
    ));
    assert_eq!(shown(&config, "crm"), "job=~\"crm.*\",env!=\"test\"");
    assert_eq!(shown(&config, "jira"), "app=\"jira\"");
    let login = config.alertmanager.and_then(|settings| settings.login);
    assert!(matches!(login, Some(AlertmanagerLogin::Bearer(token)) if token.expose_secret() == "hunter2"));
    let config = good(&format!("{URL}username = \"bot\"\npassword = \"hunter2\"\n"));
    let login = config.alertmanager.and_then(|settings| settings.login);
    assert!(matches!(login, Some(AlertmanagerLogin::Basic { username, .. }) if username == "bot"));
}

#[test]
fn pagerduty_wants_a_token_a_user_and_a_service() {
    let config = good(PAGER);
    let settings = config.pagerduty.expect("it is written");
    assert_eq!((settings.api_url.as_str(), settings.from.as_str()), ("https://api.pagerduty.com", "ops@example.com"));
    assert_eq!(config.organisation.silences.channels, [Channel::Pagerduty]);
    let told = lines("[pagerduty]\n");
    assert_eq!(told.len(), 3, "{told:#?}");
    for part in ["needs `token`", "needs `from`", "no [[service]] says what it is on PagerDuty"] {
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn mistakes_are_told_with_what_to_write_and_secrets_are_not_repeated() {
    let service = |keys: &str| format!("[[service]]\nid = \"crm\"\n{keys}\n");
    for (text, expected) in [
        ("[alertmanager]\n".to_owned(), "[alertmanager] needs `url`"),
        (format!("{URL}label = \"a b\"\n"), "`a b` is not the name of a label"),
        (format!("{URL}username = \"bot\"\n"), "a name needs its password"),
        (format!("{URL}password = \"hunter2\"\n"), "it is not said whose password this is"),
        (format!("{URL}bearer_token = \"hunter2\"\nusername = \"bot\"\n"), "`username` is given as well"),
        (format!("{URL}bearer_token = \" hunter2\"\n"), "this is no secret of one line"),
        (format!("{URL}{}", service("alert_matchers = ['crm']")), "`crm` has no =, !=, =~ or !~"),
        (
            format!("{URL}{}", service("alert_matchers = ['env!=\"test\"']")),
            "this fits every alert without these labels",
        ),
        (format!("{URL}{}", service("alert_matchers = []")), "the list is empty"),
        (service("alert_matchers = ['job=\"crm\"']"), "there is no Alertmanager to keep them quiet"),
        (service("pagerduty = \"PIJ90N7\""), "PagerDuty cannot be reached"),
        (format!("{PAGER}{}", service("pagerduty = \"P/1\"")), "`P/1` is not PagerDuty's id of a service"),
        (PAGER.replace("ops@example.com", "ops"), "`from` in [pagerduty]"),
    ] {
        let told = problem(&text);
        assert!(told.contains(expected) && !told.contains("hunter2"), "{text}\n{told}");
    }
}
