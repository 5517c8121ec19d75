//! `maintbot doctor` about Alertmanager and PagerDuty.

use maintbot::clock::Clock;

use super::Alertmanager;
use crate::fake::pagerduty::{FROM, FakePagerduty, TOKEN};
use crate::process::maintbot;

/// What doctor says about one of them.
fn doctor(config: &str, about: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("maintbot.toml"), config).expect("written");
    let output = maintbot(folder.path()).arg("doctor").env("MAINTBOT_LOG", "trace").output().expect("it runs");
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(TOKEN) && !text.contains("am-hunter2"), "a secret in:\n{text}");
    }
    let text = String::from_utf8(output.stdout).expect("text");
    let of_it = |line: &&str| line.split_whitespace().nth(1) == Some(about);
    text.lines().filter(of_it).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test]
async fn alertmanager_is_named_with_its_version_and_each_matcher_is_tried() {
    let alertmanager = Alertmanager::start().await;
    let url = &alertmanager.url;
    let config = format!(
        "[alertmanager]\nurl = \"{url}\"\nbearer_token = \"am-hunter2\"\n\
         [[service]]\nid = \"crm\"\nalert_matchers = ['job=~\"crm.*\"']\n"
    );
    let said = doctor(&config, "alertmanager");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with(&format!("ok alertmanager {url} is Alertmanager 0.")), "{said:?}");
    let said = doctor(&config.replace("crm.*", "("), "alertmanager");
    assert!(said[1].starts_with("FAILED alertmanager alert_matchers of crm, job=~\"(\": "), "{said:?}");
    drop(alertmanager);
    let said = doctor(&config, "alertmanager");
    assert!(said[0].starts_with("FAILED alertmanager Alertmanager at "), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pagerduty_takes_the_token_and_knows_each_service() {
    let fake = FakePagerduty::start(Clock::System).await;
    let config = format!(
        "[pagerduty]\napi_url = \"{}\"\ntoken = \"{TOKEN}\"\nfrom = \"{FROM}\"\n\
         [[service]]\nid = \"crm\"\npagerduty = \"PIJ90N7\"\n[[service]]\nid = \"jira\"\npagerduty = \"PNOTHING\"\n",
        fake.url
    );
    let expected = [
        format!("ok pagerduty {} lets maintbot in, in the name of {FROM}", fake.url),
        "ok pagerduty crm is the service PIJ90N7 (Service PIJ90N7)".to_owned(),
        "FAILED pagerduty jira: there is no service PNOTHING, or not for this token".to_owned(),
    ];
    assert_eq!(doctor(&config, "pagerduty"), expected);
    let wrong = config.replace(&format!("token = \"{TOKEN}\""), "token = \"other\"");
    let expected = "FAILED pagerduty PagerDuty answers GET abilities with 401: 2006 Unauthorized; Unauthorized; is the token right?";
    assert_eq!(doctor(&wrong, "pagerduty"), [expected]);
    fake.close();
}
