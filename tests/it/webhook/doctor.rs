//! `maintbot doctor` reaches every webhook, and posts nothing.

use super::{KEY, config};
use crate::fake::webhook::{Answer, Receiver};
use crate::process::maintbot;

/// The lines about webhooks, logging all it can; nothing of it holds a secret. `proxy`: the environment names one.
fn doctor(config: &str, proxy: Option<&str>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("maintbot.toml"), config).expect("written");
    let mut command = maintbot(folder.path());
    command.arg("doctor").env("MAINTBOT_LOG", "trace");
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        match proxy {
            Some(proxy) => command.env(name, proxy),
            None => command.env_remove(name),
        };
    }
    let output = command.output().expect("it runs");
    let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for text in [&said, &logged] {
        for secret in [KEY, KEY.trim_start_matches("whsec_"), "hunter2"] {
            assert!(!text.contains(secret), "{secret} in:\n{text}");
        }
    }
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    said.lines().map(line).filter(|line| line.contains(" webhook ")).collect()
}

fn written(receiver: &Receiver, more: &str) -> String {
    config(&format!("{}/crm?token=hunter2", receiver.url), &format!("allow_private = true\n{more}"), "")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_answers_anything_is_reached_and_gets_no_message() {
    let receiver = Receiver::start().await;
    receiver.always(Answer::status(405));
    assert_eq!(doctor(&written(&receiver, ""), None), ["ok webhook crm: 127.0.0.1 answers (405); nothing was posted"]);
    let taken = receiver.received();
    assert_eq!(taken.iter().map(|one| one.method.as_str()).collect::<Vec<_>>(), ["OPTIONS"]);
    assert!(taken[0].body.is_empty() && taken[0].header("webhook-request-origin").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_of_cloud_events_is_asked_whether_it_takes_them() {
    let receiver = Receiver::start().await;
    let text = written(&receiver, "format = \"cloudevents\"");
    let without =
        "ok webhook crm: 127.0.0.1 answers (204), without saying that it takes events from maintenance.example.com";
    assert_eq!(doctor(&text, None), [without]);
    receiver.always(Answer::with(200, "webhook-allowed-origin", "maintenance.example.com"));
    assert_eq!(doctor(&text, None), ["ok webhook crm: 127.0.0.1 answers (200); nothing was posted"]);
    assert_eq!(receiver.received()[1].header("webhook-request-origin"), "maintenance.example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_of_the_environment_are_passed_over() {
    let (receiver, proxy) = (Receiver::start().await, Receiver::start().await);
    doctor(&written(&receiver, ""), Some(&proxy.url));
    assert_eq!((receiver.received().len(), proxy.received().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_own_network_or_not_there_is_said() {
    let told = doctor(&config("https://localhost/x?token=hunter2", "", ""), None);
    assert!(told.len() == 1 && told[0].starts_with("FAILED webhook crm: localhost is at "), "{told:?}");
    let told = doctor(&config("https://nobody.invalid/x?token=hunter2", "", ""), None);
    assert!(told.len() == 1 && told[0].starts_with("FAILED webhook crm: nobody.invalid is not known"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_half_of_a_key_is_shown_for_receivers() {
    let receiver = Receiver::start().await;
    let pair = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let told = doctor(&written(&receiver, "").replace(KEY, pair), None);
    let expected = "ok webhook crm: receivers verify with whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    assert!(told.contains(&expected.to_owned()), "{told:#?}");
}
