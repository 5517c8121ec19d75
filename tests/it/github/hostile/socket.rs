//! The same over a real connection, where a body can stop half-way or never end, and a whole story with everything that
//! is logged of it.

use maintbot::web;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::LARGEST;
use crate::fake::github::hooks::signature;
use crate::fake::github::{Fault, Matching};
use crate::github::gate::{EVENT, Gate, INSIDE, SIGNATURE, Sent};
use crate::github::log::is_clean;
use crate::github::{CRM, Hears, Hub, SECRET};
use crate::log::Log;
use crate::raw::{Raw, served, status};

#[tokio::test]
async fn over_the_wire_nothing_forged_cut_or_endless_gets_in() {
    let gate = Gate::open("").await;
    let stop = CancellationToken::new();
    let address = served(gate.app.clone(), &stop).await;
    let good = gate.comment("/maintenance list");
    let long = Sent::signed(EVENT, "id-1", vec![b' '; LARGEST + 1]);
    for (why, bytes, expected) in [
        ("forged", good.clone().with(SIGNATURE, "sha256=00").sized(), 401),
        ("not signed", good.clone().without(SIGNATURE).sized(), 401),
        ("the end of the body left out", good.announced(good.body.len() - 1), 401),
        ("in parts and forged", good.clone().with(SIGNATURE, "sha256=00").chunked(true), 401),
        ("too long", long.sized(), 413),
        ("too long, in parts", long.chunked(true), 413),
        ("too long, in parts that never end", long.chunked(false), 413),
        ("says that it is too long", good.announced(LARGEST + 1), 413),
        (
            "both a length and parts",
            [&good.head()[..], b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"].concat(),
            401,
        ),
        ("two lengths", [&good.head()[..], b"content-length: 4\r\ncontent-length: 5\r\n\r\nabcde"].concat(), 400),
        ("parts that are none", [&good.head()[..], b"transfer-encoding: chunked\r\n\r\nzz\r\n"].concat(), 400),
        ("compressed parts", [&good.head()[..], b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"].concat(), 401),
    ] {
        assert_eq!(status(address, bytes, false).await, Some(expected), "{why}");
    }
    for bytes in [good.announced(good.body.len() + 1), good.chunked(false), good.head()] {
        status(address, bytes, true).await;
    }
    // The server has read all of that when it has answered this.
    let known = good.clone().with(EVENT, "ping").sized();
    assert_eq!(status(address, known, false).await, Some(200), "it serves still");
    assert_eq!(gate.hub.inbox().await, []);
    assert_eq!(status(address, good.chunked(true), false).await, Some(202), "parts are as good as a length");
    assert_eq!(status(address, good.sized(), false).await, Some(200), "and are the same delivery");
    gate.close().await;
    stop.cancel();
}

#[tokio::test]
async fn a_whole_story_with_a_failing_github_logs_nothing_secret() {
    let log = Log::start();
    let hub = Hub::start(Hears::Webhooks, "", "2026-12-01 09:00").await;
    let stop = CancellationToken::new();
    let web = web::Web { service: hub.bot.parts.service.clone(), mover: None, stop: stop.clone() };
    let address = served(web::router(web, hub.inbound().routes()), &stop).await;
    hub.fake.deliver_to(&format!("http://{address}/github/webhook"), SECRET);
    let posts = || Matching::method("POST").ending("/comments");
    for fault in [Fault::server_error(), Fault::SecondaryLimit, Fault::Reset, Fault::DoThenReset] {
        hub.fake.fail_times(1, posts(), fault);
    }
    let expired = Fault::Status(401, vec![], json!({ "message": "Bad credentials" }));
    hub.fake.fail_times(1, Matching::method("GET").ending("/permission"), expired);
    let refused = Fault::Status(422, vec![], json!({ "message": "Validation Failed", "errors": ["no"] }));
    hub.fake.fail_times(1, Matching::method("POST").ending("/reactions"), refused);

    let question = hub.fake.open_issue("anna", CRM, "A question", "");
    let line = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"Jira\"";
    hub.fake.comment("anna", CRM, question, &format!("{line}\n\n{INSIDE}"));
    hub.settle().await;
    for minute in [10, 20, 30, 40, 50] {
        hub.at(&format!("2026-12-01 09:{minute}")).await;
    }
    hub.fake.expire_tokens();
    let list = hub.list("MW-1").number;
    hub.fake.tick("ben", CRM, list, "Jira");
    hub.settle().await;
    assert_eq!(hub.bot.items(1).await, ["1 github:ben"]);
    let replies = hub.said(question).into_iter().filter(|said| said.contains("is scheduled**")).count();
    assert_eq!(replies, 1, "{:?}", hub.said(question));
    let forged = Sent::from(hub.fake.webhooks().pop().expect("a webhook")).with(SIGNATURE, signature("guess", b""));
    assert_eq!(status(address, forged.sized(), false).await, Some(401));

    let text = log.text();
    for said in ["GitHub answered", "GitHub did not answer", "a webhook without a good signature was refused"] {
        assert!(text.contains(said), "`{said}` is not in the log, so that nothing is shown:\n{text}");
    }
    is_clean(&text);
    assert!(!text.contains(INSIDE), "a comment's text is in the log");
    for webhook in hub.fake.webhooks() {
        let right = signature(SECRET, &webhook.body);
        assert!(!text.contains(right.trim_start_matches("sha256=")), "the log holds an expected signature");
    }
    is_clean(&format!("{:?} {:?}", hub.inbound(), hub.bot.parts));
    hub.close().await;
    stop.cancel();
}
