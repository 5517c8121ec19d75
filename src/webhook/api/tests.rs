use super::*;

fn webhook(keys: &[&str], url: &str) -> Webhook {
    let keys = keys.iter().map(|key| (*key).into()).collect();
    let (name, format) = ("crm".to_owned(), WebhookFormat::Standard);
    let settings = config::Webhook { name, url: url.into(), keys, allow_private: false, format };
    Webhook::new(&settings, Clock::manual("2026-12-06T14:00:00Z".parse().unwrap())).unwrap()
}

/// The example of the reference libraries: <https://github.com/standard-webhooks/standard-webhooks>,
/// `libraries/python/tests/test_webhooks.py`.
#[test]
fn the_signature_is_that_of_the_reference_libraries() {
    let webhook = webhook(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "https://hooks.example.com");
    let signature = webhook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn every_key_signs_the_newest_first() {
    let (old, new) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
    let both = webhook(&[new, old], "https://hooks.example.com").signature("msg_1", 7, b"{}");
    let [first, second] = both.split(' ').collect::<Vec<_>>()[..] else { panic!("{both}") };
    assert!(first.starts_with("v1a,") && second.starts_with("v1,"), "{both}");
    assert_eq!(second, webhook(&[old], "https://hooks.example.com").signature("msg_1", 7, b"{}"));
}

/// RFC 8032, section 7.1, test 3: what is signed there is signed the same here.
#[test]
fn an_ed25519_key_signs_as_the_standard_has_it() {
    let seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
    let public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    let signature = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    let encode =
        |digits: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hex::decode(digits).unwrap());
    for key in [encode(seed), encode(&format!("{seed}{public}"))] {
        let key = Key::read(&format!("whsk_{key}")).unwrap();
        assert_eq!(key.sign(&[0xaf, 0x82]), format!("v1a,{}", encode(signature)));
    }
    assert!(Key::read(&format!("whsk_{}", encode(&format!("{seed}{seed}")))).is_none(), "halves of two keys");
}

#[test]
fn nothing_of_address_and_keys_is_shown() {
    let webhook = webhook(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "https://hooks.example.com/token-77");
    assert_eq!(format!("{webhook:?}"), "Webhook(\"crm\", ..)");
    assert_eq!(webhook.host(), "hooks.example.com");
    assert!(!webhook.address().contains("token"));
}

#[test]
fn retry_after_is_read_in_seconds_and_as_a_date() {
    let now = "2026-12-06T14:00:00Z".parse().unwrap();
    let seconds = |n| Some(TimeDelta::seconds(n));
    assert_eq!(wait("120", now), seconds(120));
    assert_eq!(wait("Sun, 06 Dec 2026 14:10:00 GMT", now), seconds(600));
    assert_eq!(wait("Sun, 06 Dec 2020 14:10:00 GMT", now), seconds(1), "it is over");
    assert_eq!(wait("Sun, 06 Dec 2099 14:10:00 GMT", now), Some(LONGEST));
    assert_eq!(wait("later", now), None);
}

#[tokio::test]
async fn a_private_address_is_barred_before_anything_is_sent() {
    let webhook = webhook(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "https://127.1:9/x");
    let failure = webhook.post("msg_1", b"{}".to_vec()).await.unwrap_err();
    let Failure::Barred { why } = failure else { panic!("{failure:?}") };
    assert!(why.contains("127.0.0.1") && why.contains("allow_private"), "{why}");
}
