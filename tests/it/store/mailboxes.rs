//! Addresses at which nobody is.

use maintbot::domain::channel::EmailAddress;

use super::{minute, write};
use crate::databases::on_both;

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

#[tokio::test]
async fn an_address_is_refused_until_it_is_allowed_again() {
    on_both(async |db| {
        let gone = address("Gone@example.com");
        write(&db, async |tx| {
            assert_eq!(tx.refused_mailbox(&gone).await?, None);
            tx.refuse_mailbox(&gone, "550 no such user", minute(0)).await?;
            tx.refuse_mailbox(&gone, "550 still none", minute(9)).await?;
            tx.refuse_mailbox(&address("other@example.com"), "553 \"none\"; --", minute(5)).await
        })
        .await;
        write(&db, async |tx| {
            let first = tx.refused_mailbox(&gone).await?.expect("it is refused");
            assert_eq!((first.reason.as_str(), first.refused_at), ("550 no such user", minute(0)));
            assert_eq!(tx.refused_mailbox(&address("gone@example.com")).await?, None, "another mailbox");
            let all = tx.refused_mailboxes().await?;
            assert_eq!(
                all.iter().map(|m| m.reason.as_str()).collect::<Vec<_>>(),
                ["553 \"none\"; --", "550 no such user"]
            );
            assert!(tx.allow_mailbox(&gone).await?);
            assert!(!tx.allow_mailbox(&gone).await?, "once");
            assert_eq!(tx.refused_mailboxes().await?.len(), 1);
            Ok(())
        })
        .await;
    })
    .await;
}
