//! The built-in console and tracker.

use maintbot::domain::plan::PlanId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::WindowId;
use maintbot::store::{ConsoleChannel, Issue, Post};

use super::{minute, write};
use crate::databases::on_both;

const MW4: Subject = Subject::Window(WindowId(4));

#[tokio::test]
async fn posts_come_back_newest_last_and_page_backwards() {
    on_both(async |db| {
        write(&db, async |tx| {
            for (channel, minutes) in [("ops", 1), ("general", 2), ("general", 3), ("general", 4), ("general", 5)] {
                tx.insert_post(channel, None, None, &format!("at {minutes}"), minute(minutes)).await?;
            }
            let texts = |posts: Vec<Post>| posts.into_iter().map(|post| post.text).collect::<Vec<_>>();
            let latest = tx.posts("general", None, 2).await?;
            let oldest_shown = latest[0].id;
            assert_eq!(texts(latest), ["at 4", "at 5"]);
            assert_eq!(texts(tx.posts("general", Some(oldest_shown), 10).await?), ["at 2", "at 3"]);
            assert_eq!(texts(tx.posts("nobody", None, 10).await?), [""; 0]);
            let channel =
                |name: &str, posts, last| ConsoleChannel { name: name.into(), posts, last: Some(minute(last)) };
            assert_eq!(tx.channels().await?, [channel("general", 4, 5), channel("ops", 1, 1)]);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_post_is_found_by_its_delivery_and_can_be_edited() {
    on_both(async |db| {
        let expected = write(&db, async |tx| {
            let id = tx.insert_post("ops", Some(MW4), Some(17), "first", minute(0)).await?;
            let expected = Post {
                id,
                channel: "ops".into(),
                subject: Some(MW4),
                delivery: Some(17),
                text: "first".into(),
                posted_at: minute(0),
                edited_at: None,
            };
            assert_eq!(tx.post(id).await?, Some(expected.clone()));
            assert_eq!(tx.post_of_delivery(17).await?, Some(expected.clone()));
            assert_eq!(tx.post_of_delivery(18).await?, None);
            assert!(tx.edit_post(id, "second", minute(5)).await?);
            assert!(!tx.edit_post(99, "second", minute(5)).await?);
            let edited = Post { text: "second".into(), edited_at: Some(minute(5)), ..expected };
            assert_eq!(tx.post(id).await?, Some(edited.clone()));
            Ok(edited)
        })
        .await;
        let again = db.write(async |tx| tx.insert_post("ops", None, Some(17), "again", minute(9)).await).await;
        assert!(again.is_err(), "a delivery becomes one post");
        write(&db, async |tx| {
            assert_eq!(tx.posts("ops", None, 10).await?, [expected]);
            assert_eq!(tx.channels().await?[0].posts, 1, "what was rolled back is not counted");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_window_or_plan_has_one_issue_that_opens_changes_and_closes() {
    on_both(async |db| {
        let open = |subject: Subject, opened| Issue {
            subject,
            title: subject.to_string(),
            body: "- [ ] 1".into(),
            open: true,
            close_reason: None,
            opened_at: minute(opened),
            updated_at: minute(opened),
            closed_at: None,
        };
        let plan = open(Subject::Plan(PlanId(1)), 5);
        let (ninth, tenth) = (open(Subject::Window(WindowId(9)), 1), open(Subject::Window(WindowId(10)), 1));
        let closed = Issue {
            body: "- [x] 1".into(),
            open: false,
            close_reason: Some("completed".into()),
            updated_at: minute(9),
            closed_at: Some(minute(9)),
            ..open(MW4, 3)
        };
        write(&db, async |tx| {
            for issue in [&ninth, &plan, &open(MW4, 3), &tenth] {
                tx.save_issue(issue).await?;
            }
            assert_eq!(tx.issue(MW4).await?, Some(open(MW4, 3)));
            assert_eq!(tx.issue(PlanId(1)).await?.as_ref(), Some(&plan));
            assert_eq!(tx.issue(WindowId(1)).await?, None);
            tx.save_issue(&closed).await?;
            assert_eq!(tx.issue(MW4).await?.as_ref(), Some(&closed));
            let all = [plan.clone(), closed, tenth.clone(), ninth.clone()];
            assert_eq!(tx.issues(false, 10).await?, all, "the one opened last first, then by number");
            assert_eq!(tx.issues(false, 1).await?.first(), Some(&plan));
            assert_eq!(tx.issues(true, 10).await?, [plan, tenth, ninth]);
            Ok(())
        })
        .await;
    })
    .await;
}
