//! Who has told whom, and how much services are used.

use maintbot::domain::customer::Told;
use maintbot::domain::window::WindowId;
use maintbot::store::Fault;

use super::{minute, window, write};
use crate::databases::on_both;

fn told(customer: &str, round: i64, minutes: i64) -> Told {
    Told { customer: customer.into(), round, by: "mikko".into(), at: minute(minutes) }
}

#[tokio::test]
async fn a_customer_is_told_once_in_a_round() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_window(&window(1, minute(0))).await?;
            tx.insert_window(&window(2, minute(0))).await?;
            let one = WindowId(1);
            assert!(tx.add_told(one, &told("ACME", 0, 9)).await?);
            assert!(!tx.add_told(one, &told("ACME", 0, 10)).await?, "the first stays");
            assert!(tx.add_told(one, &told("Globex", 0, 3)).await?);
            assert!(tx.add_told(one, &told("ACME", 1, 1)).await?, "a round later");
            assert!(tx.add_told(WindowId(2), &told("ACME", 0, 1)).await?, "of another window");
            assert_eq!(tx.told(one).await?, [told("Globex", 0, 3), told("ACME", 0, 9), told("ACME", 1, 1)]);
            assert_eq!(tx.told(WindowId(3)).await?, []);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_loads_of_a_week_replace_those_measured_before() {
    on_both(async |db| {
        let week: Vec<f64> = (0..168).map(|hour| f64::from(hour) * 1.5).collect();
        write(&db, async |tx| {
            assert_eq!(tx.traffic("jira").await?, None);
            tx.save_traffic("jira", minute(0), &[1.0, 2.25]).await?;
            tx.save_traffic("jira", minute(5), &week).await?;
            tx.save_traffic("wiki", minute(6), &[]).await?;
            assert_eq!(tx.traffic("jira").await?, Some((minute(5), week)));
            assert_eq!(tx.traffic("wiki").await?, Some((minute(6), vec![])));
            Ok(())
        })
        .await;
        let none = db.write(async |tx| tx.save_traffic("crm", minute(0), &[f64::NAN]).await).await;
        assert_eq!(none.expect_err("no number").kind(), Fault::Corrupt);
    })
    .await;
}
