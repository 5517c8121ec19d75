//! The ledger as commands see it.

use std::collections::{BTreeMap, BTreeSet};

use maintbot::domain::channel::Lane;
use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind, Planned, Reason};
use maintbot::domain::organisation::Channel;
use maintbot::domain::plan::PlanId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::WindowId;
use maintbot::store::{Db, Owed, Settled, Tx};

use super::{minute, planned, write};
use crate::databases::on_both;

const MW1: Subject = Subject::Window(WindowId(1));
const PL1: Subject = Subject::Plan(PlanId(1));

/// Takes one row of a channel and records it as sent.
async fn send(tx: &mut Tx, now: i64) -> Vec<i64> {
    let claims = tx.claim(Lane::Inside, "s", minute(now), minute(now + 5), 100).await.expect("a claim");
    for claim in &claims {
        assert!(tx.sent(claim.delivery.id, "s", minute(now), Some("r")).await.expect("sent"));
    }
    claims.iter().map(|claim| claim.delivery.id).collect()
}

async fn rows(db: &Db) -> Vec<Delivery> {
    write(db, async |tx| tx.deliveries(WindowId(1)).await).await
}

#[tokio::test]
async fn planned_rows_come_back_in_the_order_they_are_due() {
    on_both(async |db| {
        let skipped = Planned {
            message: MessageKind::Reminder,
            occasion: "2d".into(),
            lead: None,
            channel: Channel::Log("audit".into()),
            skipped: Some(Reason::DayOffMerge),
            note: Some("the clocks skip that time".into()),
            ..planned("a", minute(5))
        };
        let sync = Planned {
            message: MessageKind::IssueOpen,
            occasion: "1".into(),
            lead: None,
            audience: String::new(),
            channel: Channel::Tracker,
            ..planned("a", minute(1))
        };
        let plan = [planned("a", minute(9)), skipped.clone(), sync.clone()];
        write(&db, async |tx| {
            assert_eq!(tx.insert_deliveries(MW1, MW1, &plan, minute(0)).await?, 3);
            assert_eq!(tx.insert_deliveries(MW1, MW1, &[], minute(0)).await?, 0);
            Ok(())
        })
        .await;
        let stored = |id, plan: Planned, state, reason| Delivery {
            id,
            subject: MW1,
            plan,
            state,
            reason,
            error: None,
            attempts: 0,
            sent_at: None,
            remote_id: None,
            created_at: minute(0),
        };
        let expected = [
            stored(3, sync, DeliveryState::Due, None),
            stored(2, skipped, DeliveryState::Skipped, Some(Reason::DayOffMerge)),
            stored(1, planned("a", minute(9)), DeliveryState::Due, None),
        ];
        assert_eq!(rows(&db).await, expected);
        let (one, none) = write(&db, async |tx| Ok((tx.delivery(3).await?, tx.delivery(4).await?))).await;
        assert_eq!((one.as_ref(), none), (Some(&expected[0]), None));
    })
    .await;
}

#[tokio::test]
async fn the_same_row_is_planned_once_and_a_row_that_differs_in_any_part_of_its_key_is_another() {
    on_both(async |db| {
        let base = planned("a", minute(9));
        let others = [
            Planned { sequence: 1, ..base.clone() },
            Planned { message: MessageKind::Reminder, ..base.clone() },
            Planned { occasion: "7d".into(), ..base.clone() },
            Planned { audience: "ops".into(), ..base.clone() },
            planned("b", minute(9)),
        ];
        write(&db, async |tx| {
            let twice = [base.clone(), base.clone()];
            assert_eq!(tx.insert_deliveries(MW1, MW1, &twice, minute(0)).await?, 1);
            let later = Planned { due_at: minute(99), lead: None, skipped: Some(Reason::Moved), ..base.clone() };
            assert_eq!(tx.insert_deliveries(MW1, MW1, &[later], minute(0)).await?, 0, "the first plan stays");
            assert_eq!(tx.insert_deliveries(MW1, MW1, &others, minute(0)).await?, 5);
            assert_eq!(tx.insert_deliveries(PL1, PL1, &[base], minute(0)).await?, 1);
            Ok(())
        })
        .await;
        let rows = rows(&db).await;
        assert_eq!(rows.len(), 6, "a plan's rows are its own");
        assert_eq!(rows[0].plan.due_at, minute(9));
    })
    .await;
}

#[tokio::test]
async fn rows_are_listed_by_what_they_are_about_alone_or_together() {
    on_both(async |db| {
        let plan_row = [planned("a", minute(2))];
        let phase_row = [planned("a", minute(3)), planned("a", minute(1)), planned("b", minute(1))];
        write(&db, async |tx| {
            let owed = [
                Owed { subject: PL1, queue: PL1, rows: &plan_row },
                Owed { subject: MW1, queue: PL1, rows: &phase_row },
                Owed { subject: MW1, queue: PL1, rows: &[] },
            ];
            assert_eq!(tx.insert_all_deliveries(&owed, minute(0)).await?, 3, "one of the rows is there twice");
            assert_eq!(tx.insert_all_deliveries(&owed, minute(0)).await?, 0);
            assert_eq!(tx.insert_all_deliveries(&[], minute(0)).await?, 0);
            let found = |rows: Vec<Delivery>| rows.iter().map(|row| (row.subject, row.id)).collect::<Vec<_>>();
            assert_eq!(found(tx.deliveries(PlanId(1)).await?), [(PL1, 1)]);
            assert_eq!(found(tx.deliveries(WindowId(1)).await?), [(MW1, 4), (MW1, 2)]);
            assert_eq!(found(tx.deliveries_of(&[MW1, PL1, MW1]).await?), [(MW1, 4), (PL1, 1), (MW1, 2)]);
            assert_eq!(found(tx.deliveries_of(&[]).await?), []);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn more_rows_than_fit_into_one_statement_are_all_stored() {
    on_both(async |db| {
        let many: Vec<_> = (0..1234).map(|n| planned(&format!("channel-{n}"), minute(n))).collect();
        write(&db, async |tx| {
            assert_eq!(tx.insert_deliveries(MW1, MW1, &many, minute(0)).await?, 1234);
            Ok(())
        })
        .await;
        let rows = rows(&db).await;
        assert!(rows.iter().map(|row| &row.plan).eq(&many));
        let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), 1234);
    })
    .await;
}

#[tokio::test]
async fn only_a_row_that_nobody_sends_can_be_settled_by_a_command() {
    on_both(async |db| {
        let plan = ["a", "b", "c", "d"].map(|channel| planned(channel, minute(0)));
        write(&db, async |tx| {
            tx.insert_deliveries(MW1, MW1, &plan, minute(0)).await?;
            tx.claim(Lane::Inside, "s", minute(0), minute(5), 3).await?; // a, b and c
            assert!(tx.retry(1, "s", minute(9), "busy", false).await?);
            assert!(tx.sent(2, "s", minute(0), None).await?);
            assert!(tx.settle(1, Settled::Superseded, Reason::Moved, None).await?, "to be tried again");
            assert!(!tx.settle(1, Settled::Skipped, Reason::TooLate, None).await?, "settled before");
            assert!(!tx.settle(2, Settled::Superseded, Reason::Moved, None).await?, "sent");
            assert!(!tx.settle(3, Settled::Superseded, Reason::Moved, None).await?, "on its way");
            assert!(!tx.settle(3, Settled::Skipped, Reason::TooLate, Some("other")).await?, "somebody else has it");
            assert!(tx.settle(3, Settled::Skipped, Reason::TooLate, Some("s")).await?, "its sender may");
            assert!(tx.settle(4, Settled::Superseded, Reason::Cancelled, None).await?, "due");
            assert!(!tx.settle(99, Settled::Superseded, Reason::Cancelled, None).await?);
            Ok(())
        })
        .await;
        let found: Vec<_> = rows(&db).await.iter().map(|row| (row.state, row.reason)).collect();
        let expected = [
            (DeliveryState::Superseded, Some(Reason::Moved)),
            (DeliveryState::Sent, None),
            (DeliveryState::Skipped, Some(Reason::TooLate)),
            (DeliveryState::Superseded, Some(Reason::Cancelled)),
        ];
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn a_settled_row_can_be_owed_again_and_an_open_one_moved() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_deliveries(MW1, MW1, &[planned("a", minute(10))], minute(0)).await?;
            assert!(!tx.reopen(1, minute(5)).await?, "it is open");
            assert!(tx.set_due(1, minute(20)).await?);
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(20)));
            tx.settle(1, Settled::Superseded, Reason::Moved, None).await?;
            assert!(!tx.set_due(1, minute(30)).await?, "it is settled");
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, None);
            assert!(tx.reopen(1, minute(40)).await?);
            let row = tx.delivery(1).await?.expect("the row");
            assert_eq!((row.state, row.reason, row.plan.due_at), (DeliveryState::Due, None, minute(40)));
            assert_eq!(tx.next_claim_at(Lane::Inside).await?, Some(minute(40)));
            assert_eq!(send(tx, 40).await, [1]);
            assert!(!tx.set_due(1, minute(50)).await? && !tx.reopen(1, minute(50)).await?, "it is sent");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_a_channel_got_about_a_window_leaves_out_changes_to_outside_things() {
    on_both(async |db| {
        let channel = Channel::Builtin("a".into());
        let started = Planned { message: MessageKind::Started, occasion: "5".into(), ..planned("a", minute(2)) };
        let edit = Planned { message: MessageKind::PostEdit, occasion: "6".into(), ..planned("a", minute(3)) };
        let later = Planned { message: MessageKind::Completed, occasion: "7".into(), ..planned("a", minute(90)) };
        let plan = [started, edit, later, planned("a", minute(1)), planned("b", minute(1))];
        write(&db, async |tx| {
            tx.insert_deliveries(MW1, MW1, &plan, minute(0)).await?;
            for _ in 0..4 {
                send(tx, 10).await;
            }
            let sent: Vec<_> = tx.sent_on(WindowId(1), &channel).await?;
            let messages: Vec<_> = sent.iter().map(|row| row.plan.message).collect();
            assert_eq!(messages, [MessageKind::Announcement, MessageKind::Started]);
            assert_eq!(sent[0].remote_id.as_deref(), Some("r"));
            assert_eq!(tx.sent_on(WindowId(2), &channel).await?, []);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_channel_counts_as_told_once_the_message_is_on_its_way() {
    on_both(async |db| {
        let moved = Planned { sequence: 1, message: MessageKind::Moved, ..planned("c", minute(0)) };
        let plan = [planned("a", minute(0)), planned("b", minute(0)), planned("d", minute(60)), moved];
        write(&db, async |tx| {
            tx.insert_deliveries(MW1, MW1, &plan, minute(0)).await?;
            let claims = tx.claim(Lane::Inside, "s", minute(0), minute(5), 10).await?;
            assert_eq!(claims.len(), 3, "d is not due");
            tx.sent(1, "s", minute(0), None).await?; // a is sent, b and c are on their way
            let channels =
                |names: &[&str]| names.iter().map(|n| Channel::Builtin((*n).into())).collect::<BTreeSet<_>>();
            let both = [MessageKind::Announcement, MessageKind::Moved];
            assert_eq!(tx.told_channels(WindowId(1), None, &both).await?, channels(&["a", "b", "c"]));
            assert_eq!(tx.told_channels(WindowId(1), Some(1), &both).await?, channels(&["a", "b"]));
            assert_eq!(tx.told_channels(WindowId(1), None, &[MessageKind::Moved]).await?, channels(&["c"]));
            assert_eq!(tx.told_channels(WindowId(1), Some(0), &both).await?, channels(&[]));
            assert_eq!(tx.told_channels(WindowId(2), None, &both).await?, channels(&[]));
            tx.dead(2, "s", "no such channel").await?;
            assert_eq!(tx.told_channels(WindowId(1), None, &both).await?, channels(&["a", "c"]));
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn rows_that_need_somebody_are_counted() {
    on_both(async |db| {
        let plan = ["a", "b", "c", "d", "e", "f"].map(|channel| planned(channel, minute(0)));
        write(&db, async |tx| {
            assert_eq!(tx.delivery_counts().await?, BTreeMap::new());
            tx.insert_deliveries(MW1, MW1, &plan, minute(0)).await?;
            tx.claim(Lane::Inside, "s", minute(0), minute(5), 4).await?; // a, b, c and d
            tx.sent(1, "s", minute(0), None).await?;
            tx.retry(2, "s", minute(9), "busy", false).await?;
            tx.dead(3, "s", "gone").await?;
            let expected = BTreeMap::from([
                (DeliveryState::Due, 2),
                (DeliveryState::Sending, 1),
                (DeliveryState::Retrying, 1),
                (DeliveryState::Dead, 1),
            ]);
            assert_eq!(tx.delivery_counts().await?, expected);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn each_lane_is_claimed_by_itself_and_what_was_posted_there_is_found_by_its_id() {
    on_both(async |db| {
        let on = |channel: &str| Planned { channel: channel.parse().expect("a channel"), ..planned("a", minute(0)) };
        let plan = [on("builtin:a"), on("slack:#ce"), on("github:example/crm")];
        write(&db, async |tx| {
            tx.insert_deliveries(MW1, PL1, &plan, minute(0)).await?;
            for (lane, row) in [(Lane::Slack, 2), (Lane::Github, 3), (Lane::Inside, 1)] {
                assert_eq!(tx.next_claim_at(lane).await?, Some(minute(0)));
                let claims = tx.claim(lane, "s", minute(0), minute(5), 10).await?;
                assert_eq!(claims.iter().map(|claim| claim.delivery.id).collect::<Vec<_>>(), [row]);
                assert_eq!(tx.next_claim_at(lane).await?, Some(minute(5)), "the end of its lease");
            }
            tx.sent(2, "s", minute(1), Some("C0CE/1796572800.000100")).await?;
            tx.sent(3, "s", minute(1), Some("7/5002")).await?;
            assert_eq!(tx.posted(Lane::Slack, "C0CE/1796572800.000100").await?, Some(MW1));
            assert_eq!(tx.posted(Lane::Slack, "7/5002").await?, None, "that is on GitHub");
            assert_eq!(tx.posted(Lane::Slack, "C0CE/1796572800.000101").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}
