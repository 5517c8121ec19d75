//! Addresses of the own network are not spoken to, whatever name leads there.

use maintbot::domain::ledger::DeliveryState;

use super::{DISKS, Hub};

/// The receiver is there, under this address, and gets nothing; what the ledger says.
async fn barred(host: &str) -> String {
    let mut hub = Hub::start().await;
    let port = hub.receiver.url.rsplit(':').next().unwrap_or_default().to_owned();
    let there = hub.receiver.url.clone();
    hub.restart_with(|config| {
        config.replace(&there, &format!("https://{host}:{port}")).replace("allow_private = true", "")
    })
    .await;
    hub.bot.say("anna", DISKS).await;
    hub.bot.at("2026-12-09 09:00").await;
    assert!(hub.receiver.received().is_empty(), "{host}");
    let row = hub.announcement(1, "crm").await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Dead, 1), "{host}: {row:?}");
    let told = hub.bot.texts("ops").await;
    assert!(told.iter().any(|text| text.contains("webhook:crm") && text.contains("allow_private")), "{told:#?}");
    row.error.unwrap_or_default()
}

#[tokio::test]
async fn no_way_of_writing_a_private_address_leads_there() {
    for host in ["127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0177.1", "[::ffff:127.0.0.1]", "0"] {
        let error = barred(host).await;
        assert!(error.contains("not on the public internet"), "{host}: {error}");
    }
    assert!(barred("[::ffff:169.254.169.254]").await.contains("169.254.169.254"));
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_spoken_to() {
    let error = barred("localhost").await;
    assert!(error.contains("localhost is at ") && !error.contains("hunter2"), "{error}");
}
