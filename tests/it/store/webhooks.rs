//! Webhooks that are disabled, and enabled again.

use super::{minute, write};
use crate::databases::on_both;

#[tokio::test]
async fn a_webhook_is_disabled_at_one_address_and_enabled_by_its_name() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.webhook_disabled("crm", "a").await?, None);
            tx.disable_webhook("crm", "a", minute(3)).await?;
            tx.disable_webhook("crm", "a", minute(9)).await?;
            assert_eq!(tx.webhook_disabled("crm", "a").await?, Some(minute(3)), "the first time stays");
            assert_eq!(tx.webhook_disabled("crm", "b").await?, None, "another address");
            assert_eq!(tx.webhook_disabled("wiki", "a").await?, None, "another webhook");
            assert!(tx.enable_webhook("crm").await?);
            assert!(!tx.enable_webhook("crm").await?, "it was not disabled");
            assert_eq!(tx.webhook_disabled("crm", "a").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}
