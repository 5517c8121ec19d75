//! The faults of the double, and what it counts of those who ask too much at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{CRM, Client, ISSUES, world};
use crate::fake::github::{Fault, Matching};

#[tokio::test]
async fn faults_hit_what_they_should() {
    let (fake, _) = world().await;
    let bot = Client::installed(&fake).await;
    let number = fake.open_issue("anna", CRM, "a", "");
    let comments = format!("{ISSUES}/{number}/comments");
    let comment = || bot.send("POST", &comments, Some(json!({ "body": "hello" })));
    let posts = || Matching::method("POST").below("/repos/example").ending("/comments");
    let there = || fake.comments(CRM, number).len();

    fake.fail_times(1, posts(), Fault::SecondaryLimit);
    fake.fail_times(1, posts(), Fault::RateLimited { retry_after: 7 });
    fake.fail_times(1, posts(), Fault::server_error());
    fake.fail_times(1, posts(), Fault::UsedUp { reset_in: 60 });
    let statuses = [comment().await, comment().await, comment().await, comment().await].map(Result::unwrap);
    assert_eq!(statuses.each_ref().map(|response| response.status().as_u16()), [403, 429, 500, 403]);
    assert_eq!(statuses[1].headers()["retry-after"], "7");
    assert_eq!(statuses[3].headers()["x-ratelimit-remaining"], "0");
    assert_eq!(there(), 0);

    fake.fail(posts(), Fault::Reset);
    assert!(comment().await.is_err());
    assert!(bot.send("GET", &comments, None).await.is_ok());
    fake.lift();
    assert_eq!(there(), 0);

    fake.fail_times(1, posts(), Fault::DoThenReset);
    assert!(comment().await.is_err());
    assert_eq!(there(), 1);

    let short = Duration::from_millis(50);
    fake.fail_times(1, posts(), Fault::Hang(short));
    fake.fail_times(1, posts(), Fault::DoThenHang(short));
    for expected in [1, 2] {
        let begun = Instant::now();
        assert!(comment().await.is_err());
        assert!(begun.elapsed() >= short);
        assert_eq!(there(), expected);
    }

    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    fake.fail_times(
        1,
        Matching::any(),
        Fault::done_then(move |request| {
            assert!(request.done && request.status.is_none());
            count.fetch_add(1, Ordering::SeqCst);
        }),
    );
    assert_eq!(comment().await.expect("an answer").status(), 201);
    assert_eq!((called.load(Ordering::SeqCst), there()), (1, 3));
    let requests = fake.requests();
    let last = requests.last().expect("requests");
    assert_eq!((last.method.as_str(), last.body["body"].as_str(), last.status), ("POST", Some("hello"), Some(201)));
    assert!(last.who.starts_with("installation") && !last.headers.contains_key("authorization"));
    assert_eq!((fake.creations_per_minute(), fake.creations_per_hour()), (9, 9));
    fake.close().await;
}

#[tokio::test]
async fn what_is_being_made_at_once_is_counted_by_account() {
    let (fake, _) = world().await;
    fake.repository("other/crm");
    let bot = Client::installed(&fake).await;
    let make = |path: &'static str| bot.send("POST", path, Some(json!({ "title": "hello" })));
    fake.fail(Matching::method("POST"), Fault::Slow(Duration::from_millis(50)));
    for _ in 0..2 {
        assert_eq!(make(ISSUES).await.expect("an answer").status(), 201);
    }
    assert_eq!(fake.creations_at_once(), ([("example".to_owned(), 1)].into(), 1), "one after the other");
    let (one, two) = tokio::join!(make(ISSUES), make(ISSUES));
    assert_eq!([one, two].map(|answer| answer.expect("an answer").status().as_u16()), [201, 201]);
    assert_eq!(fake.issues(CRM).len(), 4, "slow, and done all the same");
    // Also what is refused in the end was asked for.
    let (..) = tokio::join!(make(ISSUES), make("/repos/other/crm/issues"), make("/repos/Example/crm/labels"));
    let expected = [("example".to_owned(), 2), ("other".to_owned(), 1)];
    assert_eq!(fake.creations_at_once(), (expected.into(), 3));
}
