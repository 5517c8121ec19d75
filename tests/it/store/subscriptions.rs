//! Subscriptions.

use maintbot::domain::ledger::{DeliveryState, MessageKind, Reason};
use maintbot::domain::notice::owed;
use maintbot::domain::subject::Subject;
use maintbot::domain::subscription::{Choice, SUBSCRIBERS, Subscription, SubscriptionId, Wish};
use maintbot::domain::window::{State, Window, WindowId};
use maintbot::store::NewWindow;

use super::{minute, window, write};
use crate::databases::on_both;

fn subscription(id: i64, channel: &str) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        channel: channel.parse().expect("a channel"),
        choice: Choice { services: vec!["jira".into()], regions: vec![] },
        since: Some(minute(0)),
        wish: None,
        token: format!("{id:064}"),
        created_by: "anna".into(),
        created_at: minute(0),
    }
}

#[tokio::test]
async fn a_subscription_comes_back_with_every_fact_by_channel_token_and_number() {
    on_both(async |db| {
        let choice = Choice { services: vec!["crm".into()], regions: vec!["eu".into()] };
        let wish = Some(Wish { choice, asked_at: minute(3), asks: 2 });
        let asked = Subscription { since: None, wish, ..subscription(1, "email:anna@example.com") };
        write(&db, async |tx| {
            assert_eq!(tx.next_subscription_id().await?, SubscriptionId(1));
            tx.insert_subscription(&asked).await?;
            for found in [
                tx.subscription(SubscriptionId(1)).await?,
                tx.subscription_on(&asked.channel).await?,
                tx.subscription_by_token(&asked.token).await?,
            ] {
                assert_eq!(found.as_ref(), Some(&asked));
            }
            assert_eq!(tx.subscription_by_token("").await?, None);
            assert_eq!((tx.confirmed_subscriptions().await?, tx.subscription_counts().await?), (vec![], (1, 1)));
            assert_eq!(tx.stale_subscriptions(minute(2), 10).await?, []);
            assert_eq!(tx.stale_subscriptions(minute(3), 10).await?, std::slice::from_ref(&asked));
            let confirmed = Subscription { since: Some(minute(5)), wish: None, ..asked.clone() };
            tx.update_subscription(&confirmed).await?;
            assert_eq!(tx.confirmed_subscriptions().await?, std::slice::from_ref(&confirmed));
            assert_eq!(tx.subscriptions_after(SubscriptionId(0), 10).await?, [confirmed]);
            assert_eq!(tx.subscriptions_after(SubscriptionId(1), 10).await?, []);
            assert_eq!(tx.subscription_counts().await?, (1, 0));
            assert!(tx.update_subscription(&subscription(7, "builtin:x")).await.is_err(), "there is none such");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_channel_has_one_subscription_and_one_that_is_forgotten_leaves_nothing() {
    on_both(async |db| {
        let one = subscription(1, "builtin:team");
        let subject = Subject::from(one.id);
        write(&db, async |tx| {
            tx.insert_subscription(&one).await?;
            let what = maintbot::domain::event::What::SubscriptionAsked;
            tx.add_event(subject, minute(0), "a reader", "page", &what).await?;
            let mail = owed(0, MessageKind::ConfirmSubscription, 1, SUBSCRIBERS, one.channel.clone(), minute(0));
            tx.insert_deliveries(subject, subject, &[mail], minute(0)).await?;
            tx.forget_subscription(one.id).await?;
            assert_eq!(tx.subscription(one.id).await?, None);
            assert_eq!((tx.deliveries(subject).await?, tx.events(subject).await?), (vec![], vec![]));
            tx.insert_subscription(&one).await
        })
        .await;
        let again = Subscription { token: "x".into(), ..subscription(2, "builtin:team") };
        assert!(db.write(async |tx| tx.insert_subscription(&again).await).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn ladders_follow_a_change_window_by_window_and_begin_again_with_the_next_change() {
    on_both(async |db| {
        write(&db, async |tx| {
            let over = Window { state: State::Cancelled, ..window(2, minute(0)) };
            for w in [window(1, minute(0)), over, window(3, minute(0))] {
                tx.insert_windows(&[NewWindow { window: &w, items: &[], next_action: None }]).await?;
            }
            assert_eq!(tx.open_windows_after(WindowId(0), 10).await?, [WindowId(1), WindowId(3)]);
            assert_eq!(tx.open_windows_after(WindowId(1), 10).await?, [WindowId(3)]);
            assert_eq!(tx.open_windows_after(WindowId(0), 1).await?, [WindowId(1)]);

            tx.insert_subscription(&subscription(1, "builtin:team")).await?;
            assert_eq!(tx.subscription_to_plan().await?, None);
            assert_eq!(tx.subscriptions_stamp(true).await?, 0);
            tx.stamp_subscriptions(-5).await?;
            assert_eq!(tx.subscriptions_stamp(false).await?, -5);
            tx.plan_subscription(SubscriptionId(1), -5).await?;
            let first = tx.subscription_to_plan().await?.expect("one to plan");
            assert_eq!((first.after, first.stamp), (WindowId(0), -5));
            tx.planned_subscription(&first, Some(WindowId(1))).await?;
            assert_eq!(tx.subscription_to_plan().await?.map(|of| of.after), Some(WindowId(1)));
            // It changes again while the first change is worked on.
            tx.plan_subscription(SubscriptionId(1), 9).await?;
            tx.planned_subscription(&first, None).await?;
            let second = tx.subscription_to_plan().await?.expect("one to plan still");
            assert_eq!((second.after, second.stamp), (WindowId(0), 9));
            tx.planned_subscription(&second, None).await?;
            assert_eq!(tx.subscription_to_plan().await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn who_leaves_is_owed_nothing_more_and_what_others_are_owed_on_the_same_channel_stays() {
    on_both(async |db| {
        let (team, other) = ("builtin:team".parse().expect("a channel"), "builtin:other".parse().expect("a channel"));
        let row = |occasion: &str, audience: &str, channel: &maintbot::domain::channel::Channel| {
            owed(0, MessageKind::Reminder, occasion, audience, channel.clone(), minute(0))
        };
        let rows = [row("7d", SUBSCRIBERS, &team), row("1d", "staff", &team), row("1d", SUBSCRIBERS, &other)];
        write(&db, async |tx| {
            tx.insert_deliveries(WindowId(1).into(), WindowId(1).into(), &rows, minute(0)).await?;
            assert_eq!(tx.unsubscribe_rows(&team).await?, 1);
            assert_eq!(tx.unsubscribe_rows(&team).await?, 0);
            let left = tx.deliveries(WindowId(1)).await?;
            let gone: Vec<_> = left.iter().filter(|row| row.state == DeliveryState::Skipped).collect();
            assert_eq!(gone.len(), 1);
            assert_eq!((gone[0].reason, gone[0].plan.occasion.as_str()), (Some(Reason::Unsubscribed), "7d"));
            let seen = tx.deliveries_for(&[WindowId(1).into()], &other).await?;
            let seen: Vec<_> = seen.iter().map(|row| row.plan.audience.as_str()).collect();
            assert_eq!(seen, ["staff", SUBSCRIBERS], "not what goes to another subscriber");
            Ok(())
        })
        .await;
    })
    .await;
}
