//! What is kept about GitHub: issues, comments, conversations, marks, and new names of repositories.

use maintbot::domain::channel::{Lane, Repository};
use maintbot::domain::ledger::{DeliveryState, Planned, Reason};
use maintbot::domain::organisation::Channel;
use maintbot::domain::plan::PlanId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::WindowId;
use maintbot::store::{CommentRun, Conversation, IssueRole, ListIssue, Settled, StoreError};

use super::{minute, planned, write};
use crate::databases::on_both;

const MW1: Subject = Subject::Window(WindowId(1));
const MW2: Subject = Subject::Window(WindowId(2));
const PL1: Subject = Subject::Plan(PlanId(1));

fn repository(text: &str) -> Repository {
    text.parse().expect("a repository")
}

/// The open change list of a window at `example/crm#7` or the like.
fn list(subject: Subject, place: &str, number: u64) -> ListIssue {
    ListIssue {
        subject,
        role: IssueRole::List,
        item: 0,
        repository: repository(place),
        number,
        remote: 3_000_000_000 + number,
        body: "- [ ] 1 „Ünïcode“\n<!-- maintbot:list -->".into(),
        seen_at: minute(1),
        open: true,
        left_open: false,
        locked: false,
        gone: false,
    }
}

fn places(issues: &[ListIssue]) -> Vec<String> {
    issues.iter().map(|issue| format!("{}#{}", issue.repository, issue.number)).collect()
}

#[tokio::test]
async fn an_issue_comes_back_as_it_was_and_as_it_became() {
    on_both(async |db| {
        let issue = list(MW1, "example/crm", 7);
        let changed = ListIssue {
            role: IssueRole::Item,
            item: 3,
            body: String::new(),
            seen_at: minute(9),
            open: false,
            left_open: true,
            locked: true,
            gone: true,
            remote: i64::MAX.unsigned_abs(),
            subject: PL1,
            ..issue.clone()
        };
        write(&db, async |tx| {
            assert_eq!(tx.github_issue(&repository("example/crm"), 7).await?, None);
            tx.save_github_issue(&issue).await?;
            assert_eq!(tx.github_issue(&repository("Example/CRM"), 7).await?.as_ref(), Some(&issue));
            assert_eq!(tx.github_issue(&repository("example/crm"), 8).await?, None);
            assert_eq!(tx.github_issue(&repository("example/wiki"), 7).await?, None);
            tx.save_github_issue(&changed).await?;
            assert_eq!(tx.github_issue(&repository("example/crm"), 7).await?.as_ref(), Some(&changed));
            assert_eq!(tx.github_issues_of(MW1).await?, []);
            Ok(())
        })
        .await;
        let beyond = ListIssue { remote: u64::MAX, ..issue };
        let refused = db.write(async |tx| tx.save_github_issue(&beyond).await).await;
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn the_issues_of_a_subject_and_those_that_are_open_are_found() {
    on_both(async |db| {
        let item = |number, item| ListIssue { role: IssueRole::Item, item, ..list(MW1, "example/crm", number) };
        let announced = ListIssue { role: IssueRole::Announcements, ..list(MW1, "a/news", 1) };
        let gone = ListIssue { gone: true, ..list(MW1, "example/crm", 2) };
        let closed = ListIssue { open: false, ..list(MW2, "example/crm", 10) };
        let all = [item(9, 2), item(12, 1), announced, list(MW1, "example/crm", 3), gone, closed];
        write(&db, async |tx| {
            for issue in &all {
                tx.save_github_issue(issue).await?;
            }
            let of_window = tx.github_issues_of(WindowId(1)).await?;
            let expected = ["example/crm#2", "example/crm#3", "a/news#1", "example/crm#12", "example/crm#9"];
            assert_eq!(places(&of_window), expected, "list, announcements, items by number");
            assert_eq!(places(&tx.github_issues_of(MW2).await?), ["example/crm#10"]);
            let open = ["a/news#1", "example/crm#3", "example/crm#9", "example/crm#12"];
            assert_eq!(places(&tx.open_github_issues().await?), open);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_list_has_one_comment_under_each_name() {
    on_both(async |db| {
        let (crm, wiki) = (repository("example/crm"), repository("example/wiki"));
        write(&db, async |tx| {
            assert_eq!(tx.list_comment(MW1, &crm, "status").await?, None);
            tx.save_list_comment(MW1, &crm, "status", 5).await?;
            tx.save_list_comment(MW1, &crm, "started", 6).await?;
            tx.save_list_comment(MW1, &wiki, "status", 7).await?;
            tx.save_list_comment(MW2, &crm, "status", 8).await?;
            tx.save_list_comment(WindowId(1), &crm, "status", 9).await?;
            assert_eq!(tx.list_comment(MW1, &crm, "status").await?, Some(9));
            assert_eq!(tx.list_comment(MW1, &crm, "started").await?, Some(6));
            assert_eq!(tx.list_comment(MW1, &wiki, "status").await?, Some(7));
            assert_eq!(tx.list_comment(WindowId(2), &crm, "status").await?, Some(8));
            assert_eq!(tx.list_comment(PL1, &crm, "status").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

fn conversation(key: &str) -> Conversation {
    let run = |line: &str, nth, ok| CommentRun { line: line.into(), nth, ok, said: "**Done**\n\n\"quoted\"".into() };
    Conversation {
        key: key.into(),
        reply: Some(51),
        reaction: Some(52),
        runs: vec![run("/maintenance done 3", 0, true), run("/maintenance done 3", 1, false)],
        done: false,
    }
}

#[tokio::test]
async fn a_conversation_comes_back_as_it_was_and_as_it_went_on() {
    on_both(async |db| {
        let empty = Conversation { key: "example/crm/issue/7".into(), ..Conversation::default() };
        let odd = Conversation { key: "odd".into(), done: true, ..Conversation::default() };
        let first = conversation("example/crm/comment/7");
        let later = Conversation { reply: None, reaction: Some(53), runs: vec![], done: true, ..first.clone() };
        write(&db, async |tx| {
            assert_eq!(tx.conversation(&first.key).await?, None);
            for kept in [&empty, &odd, &first] {
                tx.save_conversation(kept).await?;
            }
            for kept in [&empty, &odd, &first] {
                assert_eq!(tx.conversation(&kept.key).await?.as_ref(), Some(kept));
            }
            tx.save_conversation(&later).await?;
            assert_eq!(tx.conversation(&first.key).await?.as_ref(), Some(&later));
            assert_eq!(tx.conversation("example/crm/comment/70").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_mark_is_what_it_was_last_set_to() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.mark("etag").await?, None);
            tx.set_mark("etag", "W/\"1\"").await?;
            tx.set_mark("etag", "").await?;
            tx.set_mark("other", "x").await?;
            assert_eq!(tx.mark("etag").await?.as_deref(), Some(""));
            assert_eq!(tx.mark("other").await?.as_deref(), Some("x"));
            assert_eq!(tx.first_mark("other", "y").await?, "x", "whoever came first decides");
            assert_eq!((tx.first_mark("new", "y").await?, tx.first_mark("new", "z").await?), ("y".into(), "y".into()));
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn everything_about_a_repository_follows_it_to_its_new_name() {
    on_both(async |db| {
        let (old, new) = (repository("example/crm"), repository("example/crm2"));
        // Names that only look alike: `_` is any letter to a careless search.
        let alike = ["example/crm-api", "exampleXcrm/x", "example/cr_m"].map(repository);
        write(&db, async |tx| {
            tx.save_github_issue(&list(MW1, "example/crm", 7)).await?;
            tx.save_list_comment(MW1, &old, "status", 5).await?;
            tx.save_conversation(&conversation("example/crm/comment/123")).await?;
            for other in &alike {
                tx.save_github_issue(&list(MW2, &other.to_string(), 7)).await?;
                tx.save_conversation(&conversation(&format!("{other}/comment/123"))).await?;
            }
            tx.rename_repository(&old, &new).await?;

            assert_eq!(tx.github_issue(&old, 7).await?, None);
            assert_eq!(tx.github_issue(&new, 7).await?, Some(list(MW1, "example/crm2", 7)));
            assert_eq!(tx.list_comment(MW1, &old, "status").await?, None);
            assert_eq!(tx.list_comment(MW1, &new, "status").await?, Some(5));
            assert_eq!(tx.conversation("example/crm/comment/123").await?, None);
            let key = "example/crm2/comment/123";
            assert_eq!(tx.conversation(key).await?, Some(conversation(key)));
            assert_eq!(tx.github_issues_of(MW2).await?.len(), 3);
            for other in &alike {
                assert!(tx.conversation(&format!("{other}/comment/123")).await?.is_some());
            }
            // Told again, and told of nothing: as it is.
            tx.rename_repository(&old, &new).await?;
            tx.rename_repository(&new, &new).await?;
            assert_eq!(places(&tx.github_issues_of(MW1).await?), ["example/crm2#7"]);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_is_known_under_the_new_name_already_is_neither_lost_nor_doubled() {
    on_both(async |db| {
        let (old, new) = (repository("example/crm"), repository("example/crm2"));
        let newer = ListIssue { body: "newer".into(), ..list(MW1, "example/crm2", 7) };
        // Another repository had the new name before.
        let foreign = ListIssue { remote: 4, ..list(MW2, "example/crm2", 8) };
        write(&db, async |tx| {
            for issue in [&list(MW1, "example/crm", 7), &newer, &foreign, &list(PL1, "example/crm", 8)] {
                tx.save_github_issue(issue).await?;
            }
            tx.save_list_comment(MW1, &old, "status", 5).await?;
            tx.save_list_comment(MW1, &new, "status", 6).await?;
            tx.save_conversation(&conversation("example/crm/comment/1")).await?;
            let answered = Conversation { done: true, ..conversation("example/crm2/comment/1") };
            tx.save_conversation(&answered).await?;
            tx.rename_repository(&old, &new).await?;
            assert_eq!(tx.github_issues_of(MW1).await?, [newer]);
            assert_eq!(tx.github_issues_of(MW2).await?, []);
            assert_eq!(tx.github_issues_of(PL1).await?, [list(PL1, "example/crm2", 8)]);
            assert_eq!(tx.list_comment(MW1, &new, "status").await?, Some(6));
            assert_eq!(tx.conversation("example/crm2/comment/1").await?, Some(answered));
            assert_eq!(tx.conversation("example/crm/comment/1").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

/// The announcement, owed at the channel.
fn owed(channel: &str, due: i64) -> Planned {
    Planned { channel: channel.parse().expect("a channel"), ..planned("x", minute(due)) }
}

#[tokio::test]
async fn what_is_still_to_be_sent_goes_to_the_new_name_and_what_was_sent_stays() {
    on_both(async |db| {
        let channels = [
            "github:example/crm",
            "github:example/crm#7",
            "github:example/crm-api",
            "github:example/crm-api#7",
            "builtin:crm",
            "github:example/crm#8",
            "github:example/crm#9",
        ];
        let rows: Vec<_> = channels.iter().zip(1..).map(|(channel, due)| owed(channel, due)).collect();
        let (old, new) = (repository("example/crm"), repository("acme/crm"));
        write(&db, async |tx| {
            tx.insert_deliveries(MW1, MW1, &rows, minute(0)).await?;
            tx.settle(6, Settled::Skipped, Reason::Newer, None).await?;
            assert_eq!(tx.claim(Lane::Github, "s", minute(2), minute(9), 10).await?.len(), 2);
            assert!(tx.sent(1, "s", minute(2), None).await?);
            assert!(tx.retry(2, "s", minute(5), "502", true).await?);
            tx.rename_repository(&old, &new).await?;
            let channels: Vec<String> =
                tx.deliveries(MW1).await?.iter().map(|row| row.plan.channel.to_string()).collect();
            let expected = [
                "github:example/crm",
                "github:acme/crm#7",
                "github:example/crm-api",
                "github:example/crm-api#7",
                "builtin:crm",
                "github:example/crm#8",
                "github:acme/crm#9",
            ];
            assert_eq!(channels, expected);
            let again = tx.claim(Lane::Github, "s", minute(5), minute(9), 10).await?;
            assert!(again[0].delivery.id == 2 && again[0].in_doubt, "the doubt goes along");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_is_owed_under_both_names_is_owed_once() {
    on_both(async |db| {
        let (old, new) = (repository("example/crm"), repository("acme/crm"));
        write(&db, async |tx| {
            let rows = [owed("github:example/crm", 1), owed("github:acme/crm", 1)];
            tx.insert_deliveries(MW1, MW1, &rows, minute(0)).await?;
            tx.insert_deliveries(MW2, MW2, &rows[..1], minute(0)).await?;
            tx.rename_repository(&old, &new).await?;
            let first = tx.deliveries(MW1).await?;
            let found: Vec<_> = first.iter().map(|row| (row.state, row.reason)).collect();
            assert_eq!(found, [(DeliveryState::Superseded, Some(Reason::Newer)), (DeliveryState::Due, None)]);
            let other = tx.deliveries(MW2).await?;
            assert_eq!(other[0].plan.channel, Channel::Github(new.clone(), None));
            Ok(())
        })
        .await;
    })
    .await;
}
