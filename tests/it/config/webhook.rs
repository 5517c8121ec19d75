//! Webhooks: where they are, their keys, and the channels that need them.

use maintbot::config::{Config, WebhookFormat};
use maintbot::domain::channel::Channel;
use secrecy::ExposeSecret;

use super::{FILE, NO_ENVIRONMENT, good, lines, problem, with_environment};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDhMIv2eMyYZs=";
const PAIR: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

fn block(more: &str) -> String {
    format!("[[webhook]]\nname = \"crm\"\n{more}\n")
}

fn with_url(url: &str) -> String {
    block(&format!("url = \"{url}\"\nsecret = \"{KEY}\""))
}

#[test]
fn an_address_and_a_key_are_enough() {
    assert!(Config::with_defaults().webhooks.is_empty());
    let found = good(&with_url("https://hooks.example.com/maintenance?token=77")).webhooks;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "crm");
    assert_eq!(found[0].url.expose_secret(), "https://hooks.example.com/maintenance?token=77");
    assert_eq!(found[0].keys.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), [KEY]);
    assert_eq!((found[0].allow_private, found[0].format), (false, WebhookFormat::Standard));
    assert_eq!(
        lines("[[webhook]]\n"),
        [
            "maintbot.toml:1: [[webhook]] needs `name`; write name = \"crm\"",
            "maintbot.toml:1: [[webhook]] needs `url`; write url = \"https://hooks.example.com/maintenance\"",
            "maintbot.toml:1: [[webhook]] needs `secret`; write secret_file = \"crm.key\", and into the file a key; make one: echo \"whsec_$(head -c 32 /dev/urandom | base64)\"",
        ]
    );
}

#[test]
fn everything_that_can_be_written_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("new.key"), format!("{PAIR}\n")).expect("written");
    let text = block(&format!(
        "url = \"http://10.0.0.5:8080/x\"\nsecret_file = \"new.key\"\nprevious_secret = \"{OLD}\"\nallow_private = true\n\
         format = \"cloudevents\"\n[[audience]]\nname = \"all\"\nchannels = [\"webhook:crm\"]"
    ));
    let config = Config::from_text(&folder.path().join(FILE), &text, NO_ENVIRONMENT);
    let config = config.unwrap_or_else(|problems| panic!("{problems}"));
    let webhook = &config.webhooks[0];
    assert_eq!(webhook.keys.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), [PAIR, OLD], "newest first");
    assert_eq!((webhook.allow_private, webhook.format), (true, WebhookFormat::CloudEvents));
    assert_eq!(config.organisation.audiences[0].channels, [Channel::Webhook("crm".into())]);
    let all = format!("[{{name = \"crm\", url = \"https://hooks.example.com\", secret = \"{KEY}\"}}]");
    let from_environment = with_environment("", &[("MAINTBOT__WEBHOOK", &all)]).expect("good");
    assert_eq!(from_environment.webhooks[0].name, "crm");
}

#[test]
fn an_address_is_https_and_holds_no_password() {
    for (url, word) in [
        ("http://hooks.example.com", "everybody on the way"),
        ("ftp://hooks.example.com", "must begin with https://"),
        ("hooks.example.com/x", "not an address of the web"),
        ("https://anna:hunter2@hooks.example.com", "no user name or password"),
        ("https://hooks.example.com/#hunter2", "a part after #"),
        ("https://", "not an address of the web"),
        ("https://hooks.example.com/a b", "not an address of the web"),
        ("", "not an address of the web"),
    ] {
        let told = problem(&with_url(url));
        assert!(told.contains(word) && told.contains(":3:"), "{url}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    good(&format!("{}allow_private = true\n", with_url("http://hooks.example.com")));
}

#[test]
fn a_key_is_one_of_standard_webhooks_and_never_repeated() {
    let url = "url = \"https://hooks.example.com\"";
    for (key, word) in [
        ("hunter2-hunter2-hunter2-hunter2", "begins with whsec_"),
        ("whsec_hunter2hunter2hu", "24 to 64 bytes"),
        ("whsec_hunter2!", "not base64"),
        ("whsk_hunter2hunter2hu", "Ed25519"),
        ("whpk_hunter2hunter2", "the public key"),
    ] {
        for name in ["secret", "previous_secret"] {
            let other = if name == "secret" { String::new() } else { format!("secret = \"{KEY}\"\n") };
            let told = problem(&block(&format!("{url}\n{other}{name} = \"{key}\"")));
            assert!(told.contains(word) && told.contains(name) && !told.contains("hunter2"), "{told}");
        }
    }
    let told = problem(&block(&format!("{url}\nsecret = \"{KEY}\"\nformat = \"cloudevent\"")));
    assert!(told.contains("did you mean `cloudevents`?"), "{told}");
}

#[test]
fn names_are_there_once_and_channels_name_one_that_is_there() {
    let one = with_url("https://hooks.example.com");
    assert!(problem(&format!("{one}{one}")).contains("`crm` is there already"));
    let audience = "[[audience]]\nname = \"all\"\nchannels = [\"webhook:cmr\"]\n";
    let told = problem(&format!("{one}{audience}"));
    assert!(told.contains("`webhook:cmr` is not written as [[webhook]]; did you mean `crm`?"), "{told}");
    let told = problem("[organisation]\nops = [\"webhook:crm\"]\n");
    assert!(told.contains("add [[webhook]] with name = \"crm\", url and secret"), "{told}");
}
