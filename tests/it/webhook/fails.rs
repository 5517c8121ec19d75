//! Every way in which a receiver and the network can fail: what was taken is sent, what was not is tried again under the
//! same id, and nothing is followed anywhere else.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;

use maintbot::domain::ledger::DeliveryState;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{DISKS, Hub, KEY, waits};
use crate::fake::webhook::{Answer, Receiver};

/// The first try fails this way, and the second, five seconds later, is taken: what the ledger says in between.
async fn tried_again(answer: Answer) -> String {
    let hub = Hub::start().await;
    hub.receiver.once(answer.clone());
    hub.bot.say("anna", DISKS).await;
    let row = hub.announcement(1, "crm").await;
    assert!(waits(&row), "{answer:?}: {row:?}");
    let error = row.error.clone().unwrap_or_default();
    assert!(!error.contains("hunter2") && !error.contains("whsec_"), "{error}");
    hub.bot.at("2026-12-08 09:00:06").await;
    let ids = hub.receiver.ids();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{answer:?}: {ids:?}");
    assert_eq!(hub.announcement(1, "crm").await.state, DeliveryState::Sent, "{answer:?}");
    hub.close().await;
    error
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_a_failure_that_is_tried_again() {
    for (status, word) in [
        (302, "leads elsewhere"),
        (304, "leads elsewhere"),
        (400, "does not take"),
        (401, "the key of [[webhook]]"),
        (404, "is `url` in [[webhook]] right?"),
        (409, "does not take"),
        (429, "too many"),
        (500, "has a fault"),
        (502, "not there now"),
        (504, "not there now"),
        (999, "does not take"),
    ] {
        let error = tried_again(Answer::status(status)).await;
        assert!(error.contains(&status.to_string()) && error.contains(word), "{status}: {error}");
    }
}

#[tokio::test]
async fn no_answer_is_a_failure_that_is_tried_again() {
    for answer in [Answer::Reset, Answer::Garbage, Answer::HugeHead] {
        assert!(!tried_again(answer).await.is_empty());
    }
}

#[tokio::test]
async fn any_success_is_one_whatever_is_said_with_it() {
    let ways = [
        Answer::status(200),
        Answer::status(202),
        Answer::status(299),
        Answer::ResetInBody,
        Answer::SlowBody,
        Answer::HugeBody,
    ];
    for answer in ways {
        let hub = Hub::start().await;
        hub.receiver.always(answer.clone());
        hub.bot.say("anna", DISKS).await;
        let row = hub.announcement(1, "crm").await;
        assert_eq!((row.state, row.attempts), (DeliveryState::Sent, 1), "{answer:?}");
        assert_eq!(row.remote_id.as_deref(), Some(hub.receiver.received()[0].id()));
        hub.close().await;
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let other = Receiver::start().await;
    for status in [301, 302, 303, 307, 308] {
        tried_again(Answer::with(status, "location", &format!("{}/elsewhere", other.url))).await;
    }
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_tried_again() {
    let mut hub = Hub::start().await;
    let there = hub.receiver.url.clone();
    // Nobody listens where somebody has just stopped to.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    hub.restart_with(|config| config.replace(&there, &format!("http://{free}"))).await;
    hub.bot.say("anna", DISKS).await;
    let row = hub.announcement(1, "crm").await;
    assert_eq!(row.state, DeliveryState::Retrying, "nothing can have arrived: {row:?}");
    hub.restart_with(|config| config.replace(&format!("http://{free}"), &there)).await;
    hub.bot.at("2026-12-08 09:00:06").await;
    assert_eq!(hub.receiver.kinds(), ["announcement"]);
    hub.close().await;
}

/// Real time passes here, as long as an answer is waited for.
#[tokio::test]
async fn one_that_hangs_holds_up_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::databases::sqlite_url(&folder);
    let slow = Receiver::start().await;
    let rest = |receiver: &Receiver| {
        let block = |name: &str, url: &str| {
            format!(
                "[[webhook]]\nname = \"{name}\"\nurl = \"{url}\"\nsecret = \"{KEY}\"\nallow_private = true\n\
                 [[audience]]\nname = \"{name}\"\nchannels = [\"webhook:{name}\"]\n"
            )
        };
        format!("{}{}", block("slow", &slow.url), block("well", &format!("{}/well", receiver.url)))
    };
    let hub = Hub::start_on(folder, url, "", rest).await;
    hub.receiver.answer(|one| one.path.starts_with("/crm").then_some(Answer::Hang));
    slow.always(Answer::SlowHead);
    hub.bot.type_only("anna", DISKS).await;
    hub.bot.type_only("anna", &DISKS.replace("Disks", "Cables").replace("01-10", "01-12")).await;
    hub.bot.settle().await;
    for id in [1, 2] {
        assert_eq!(hub.announcement(id, "well").await.state, DeliveryState::Sent);
    }
    for (webhook, tries) in [("crm", &hub.receiver), ("slow", &slow)] {
        let row = hub.announcement(1, webhook).await;
        assert!(waits(&row) && row.error.as_deref() == Some("nothing came in time"), "{row:?}");
        let behind = hub.announcement(2, webhook).await;
        assert_eq!((behind.state, behind.attempts), (DeliveryState::Due, 0), "it waits without being tried");
        let tried = tries.received().into_iter().filter(|one| !one.path.starts_with("/well")).count();
        assert_eq!(tried, 1);
    }
    hub.receiver.heal();
    slow.heal();
    hub.bot.at("2026-12-08 09:01").await;
    hub.close().await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = std::thread::spawn(move || {
        let file = |name: &str| format!("{}/tests/data/webhook/{name}.pem", env!("CARGO_MANIFEST_DIR"));
        let certificate = CertificateDer::from_pem_file(file("certificate")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(file("key")).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_single_cert(vec![certificate], key);
        let mut tls = rustls::ServerConnection::new(Arc::new(config.expect("a pair"))).expect("a server");
        let (mut stream, _) = listener.accept().expect("a client");
        let ended = tls.complete_io(&mut stream);
        let _ = stream.flush();
        ended.err().map(|error| error.to_string())
    });
    let mut hub = Hub::start().await;
    let there = hub.receiver.url.clone();
    hub.restart_with(|config| config.replace(&there, &format!("https://localhost:{port}"))).await;
    hub.bot.say("anna", DISKS).await;
    let alert = served.join().expect("the server ends").expect("no handshake comes to its end");
    assert!(alert.contains("UnknownCA"), "{alert}");
    let row = hub.announcement(1, "crm").await;
    assert_eq!(row.state, DeliveryState::Retrying, "nothing can have arrived: {row:?}");
    assert!(row.error.as_deref().is_some_and(|error| error.contains("certificate")), "{row:?}");
    hub.restart_with(|config| config.replace(&format!("https://localhost:{port}"), &there)).await;
    hub.bot.at("2026-12-08 09:00:06").await;
    assert_eq!(hub.receiver.kinds(), ["announcement"]);
    hub.close().await;
}
