//! The ledger as the sender sees it: leases, order, doubt.

use std::collections::BTreeSet;

use maintbot::domain::channel::Lane;
use maintbot::domain::ledger::{DeliveryState, MessageKind, Planned, Reason};
use maintbot::domain::plan::PlanId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::WindowId;
use maintbot::store::{Claimed, Db, Settled, StoreError};

use super::{minute, planned, write};
use crate::databases::on_both;

const MW1: Subject = Subject::Window(WindowId(1));
const MW2: Subject = Subject::Window(WindowId(2));
const PL1: Subject = Subject::Plan(PlanId(1));

/// A row of its own kind in the channel, so that several can be owed there.
fn rung(channel: &str, lead: &str, due: i64) -> Planned {
    Planned { message: MessageKind::Reminder, occasion: lead.into(), ..planned(channel, minute(due)) }
}

async fn plan(db: &Db, rows: &[Planned]) {
    write(db, async |tx| tx.insert_deliveries(MW1, MW1, rows, minute(0)).await).await;
}

async fn claim(db: &Db, owner: &str, now: i64) -> Vec<Claimed> {
    write(db, async |tx| tx.claim(Lane::Inside, owner, minute(now), minute(now + 5), 100).await).await
}

fn ids(claims: &[Claimed]) -> Vec<i64> {
    claims.iter().map(|claim| claim.delivery.id).collect()
}

#[tokio::test]
async fn due_rows_are_claimed_in_the_order_they_are_due_up_to_the_limit() {
    on_both(async |db| {
        plan(&db, &[rung("a", "1", 3), rung("b", "1", 1), rung("c", "1", 2), rung("d", "1", 9)]).await;
        let two = write(&db, async |tx| tx.claim(Lane::Inside, "s", minute(5), minute(10), 2).await).await;
        assert_eq!(ids(&two), [2, 3]);
        let first = &two[0].delivery;
        assert_eq!((first.state, first.attempts), (DeliveryState::Sending, 1));
        assert!(!two[0].in_doubt);
        assert_eq!(ids(&claim(&db, "s", 5).await), [1], "the others are taken, or not due");
        assert_eq!(ids(&claim(&db, "s", 5).await), [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn per_channel_the_messages_of_a_window_keep_their_order() {
    on_both(async |db| {
        plan(&db, &[rung("a", "2d", 2), rung("a", "7d", 1), rung("b", "7d", 1)]).await;
        write(&db, async |tx| tx.insert_deliveries(MW2, MW2, &[rung("a", "7d", 3)], minute(0)).await).await;
        assert_eq!(ids(&claim(&db, "s", 10).await), [2, 3, 4], "another window on that channel does not wait");
        assert_eq!(ids(&claim(&db, "s", 10).await), [0; 0], "2d waits for 7d, which is on its way");
        write(&db, async |tx| tx.retry(2, "s", minute(30), "busy", false).await).await;
        assert_eq!(ids(&claim(&db, "s", 11).await), [0; 0], "and while 7d is to be tried again");
        assert_eq!(ids(&claim(&db, "s", 30).await), [2, 3, 4], "3 and 4 were never recorded");
        write(&db, async |tx| tx.sent(2, "s", minute(30), None).await).await;
        assert_eq!(ids(&claim(&db, "s", 30).await), [1]);
    })
    .await;
}

#[tokio::test]
async fn the_messages_of_a_plan_and_its_phases_are_one_queue_per_channel() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_deliveries(PL1, PL1, &[rung("a", "14d", 2), rung("b", "14d", 2)], minute(0)).await?;
            tx.insert_deliveries(MW1, PL1, &[rung("a", "7d", 3)], minute(0)).await?;
            tx.insert_deliveries(MW2, PL1, &[rung("a", "7d", 1)], minute(0)).await
        })
        .await;
        assert_eq!(ids(&claim(&db, "s", 10).await), [4, 2], "the second phase is first in line on channel a");
        assert_eq!(ids(&claim(&db, "s", 10).await), [0; 0]);
        write(&db, async |tx| tx.sent(4, "s", minute(10), None).await).await;
        assert_eq!(ids(&claim(&db, "s", 10).await), [1]);
        write(&db, async |tx| {
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(15)), "the first phase waits for the plan");
            tx.sent(1, "s", minute(10), None).await
        })
        .await;
        assert_eq!(ids(&claim(&db, "s", 10).await), [3]);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_given_up_or_settled_holds_nobody_up() {
    on_both(async |db| {
        plan(&db, &[rung("a", "1", 1), rung("a", "2", 2), rung("a", "3", 3)]).await;
        assert_eq!(ids(&claim(&db, "s", 10).await), [1]);
        write(&db, async |tx| tx.dead(1, "s", "no such channel").await).await;
        write(&db, async |tx| tx.settle(2, Settled::Superseded, Reason::Newer, None).await).await;
        assert_eq!(ids(&claim(&db, "s", 10).await), [3]);
        let dead = write(&db, async |tx| tx.delivery(1).await).await.expect("the row");
        assert_eq!((dead.state, dead.error.as_deref()), (DeliveryState::Dead, Some("no such channel")));
    })
    .await;
}

#[tokio::test]
async fn a_row_whose_sender_died_is_claimed_again_in_doubt_when_the_lease_is_over() {
    on_both(async |db| {
        plan(&db, &[rung("a", "1", 0)]).await;
        assert_eq!(claim(&db, "died", 0).await.len(), 1);
        assert_eq!(ids(&claim(&db, "s", 4).await), [0; 0], "the lease holds");
        let again = claim(&db, "s", 5).await;
        assert_eq!(ids(&again), [1]);
        assert!(again[0].in_doubt);
        assert_eq!(again[0].delivery.attempts, 2);
        write(&db, async |tx| {
            assert!(!tx.sent(1, "died", minute(6), None).await?, "the lease went to somebody else");
            assert!(!tx.retry(1, "died", minute(6), "late", false).await?);
            assert!(!tx.dead(1, "died", "late").await?);
            assert!(tx.sent(1, "s", minute(6), Some("post-7")).await?);
            assert!(!tx.sent(1, "s", minute(7), None).await?, "sent once");
            let row = tx.delivery(1).await?.expect("the row");
            assert_eq!(row.state, DeliveryState::Sent);
            assert_eq!((row.sent_at, row.remote_id.as_deref()), (Some(minute(6)), Some("post-7")));
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_tried_again_at_its_time_and_stays_in_doubt_when_no_answer_came() {
    on_both(async |db| {
        plan(&db, &[rung("a", "1", 0), rung("b", "1", 0)]).await;
        claim(&db, "s", 0).await;
        write(&db, async |tx| {
            assert!(tx.retry(1, "s", minute(10), "503", false).await?);
            assert!(tx.retry(2, "s", minute(10), "timed out", true).await?);
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(10)));
            let row = tx.delivery(1).await?.expect("the row");
            assert_eq!((row.state, row.error.as_deref()), (DeliveryState::Retrying, Some("503")));
            assert_eq!(row.plan.due_at, minute(0), "when it was owed is remembered");
            Ok(())
        })
        .await;
        assert_eq!(ids(&claim(&db, "s", 9).await), [0; 0]);
        let again = claim(&db, "s", 10).await;
        let doubts: Vec<_> = again.iter().map(|claim| (claim.delivery.id, claim.in_doubt)).collect();
        assert_eq!(doubts, [(1, false), (2, true)]);
        write(&db, async |tx| tx.sent(1, "s", minute(10), None).await).await;
        let sent = write(&db, async |tx| tx.delivery(1).await).await.expect("the row");
        assert_eq!((sent.error, sent.attempts), (None, 2));
    })
    .await;
}

#[tokio::test]
async fn a_stop_in_order_gives_back_what_was_not_begun() {
    on_both(async |db| {
        plan(&db, &[rung("a", "1", 0), rung("b", "1", 0), rung("c", "1", 0)]).await;
        let first = write(&db, async |tx| tx.claim(Lane::Inside, "died", minute(0), minute(1), 1).await).await;
        assert_eq!(ids(&first), [1]);
        assert_eq!(ids(&claim(&db, "s", 1).await), [1, 2, 3]);
        write(&db, async |tx| {
            tx.sent(3, "s", minute(1), None).await?;
            assert_eq!(tx.release("s").await?, 2);
            assert_eq!(tx.release("s").await?, 0);
            Ok(())
        })
        .await;
        let again = claim(&db, "next", 1).await;
        let found: Vec<_> =
            again.iter().map(|claim| (claim.delivery.id, claim.delivery.attempts, claim.in_doubt)).collect();
        assert_eq!(found, [(1, 2, true), (2, 1, false)], "a row in doubt stays so; what was not tried does not count");
    })
    .await;
}

#[tokio::test]
async fn what_waits_in_line_is_given_back_until_its_time_and_was_not_tried() {
    on_both(async |db| {
        plan(&db, &[rung("a", "1", 0), rung("b", "1", 0), rung("c", "1", 0)]).await;
        write(&db, async |tx| tx.claim(Lane::Inside, "died", minute(0), minute(1), 1).await).await;
        assert_eq!(ids(&claim(&db, "s", 1).await), [1, 2, 3]);
        write(&db, async |tx| tx.postpone(&[1, 2], "s", minute(3)).await).await;
        write(&db, async |tx| tx.postpone(&[3], "another", minute(9)).await).await;
        assert_eq!(ids(&claim(&db, "s", 2).await), [0; 0]);
        let again = claim(&db, "s", 3).await;
        let found: Vec<_> =
            again.iter().map(|claim| (claim.delivery.id, claim.delivery.attempts, claim.in_doubt)).collect();
        assert_eq!(found, [(1, 2, true), (2, 1, false)], "3 is somebody else's to give back");
    })
    .await;
}

#[tokio::test]
async fn the_next_claim_ignores_rows_that_wait_behind_another() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, None);
            Ok(())
        })
        .await;
        plan(&db, &[rung("a", "1", 1), rung("a", "2", 2)]).await;
        claim(&db, "s", 1).await;
        write(&db, async |tx| {
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(6)), "the end of the lease");
            tx.retry(1, "s", minute(60), "busy", false).await?;
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(60)), "row 2 is due but waits for row 1");
            Ok(())
        })
        .await;
        claim(&db, "s", 60).await;
        write(&db, async |tx| {
            tx.sent(1, "s", minute(60), None).await?;
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(2)));
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn senders_that_claim_at_once_never_get_the_same_row() {
    on_both(async |db| {
        let many: Vec<_> = (0..200).map(|n| rung(&format!("channel-{n}"), "1", 0)).collect();
        plan(&db, &many).await;
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    loop {
                        let owner = format!("sender {sender}");
                        let claims =
                            db.write(async |tx| tx.claim(Lane::Inside, &owner, minute(0), minute(5), 7).await).await?;
                        if claims.is_empty() {
                            return Ok::<_, StoreError>(mine);
                        }
                        mine.extend(ids(&claims));
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for sender in senders {
            all.extend(sender.await.expect("a task").expect("claims"));
        }
        // A sender may stop early when all that is left is locked by another one; nothing may be taken twice.
        let distinct: BTreeSet<_> = all.iter().copied().collect();
        assert_eq!(distinct.len(), all.len());
        all.extend(ids(&claim(&db, "last", 0).await));
        assert_eq!(all.len(), 200);
    })
    .await;
}
