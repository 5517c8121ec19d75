//! The same over a real connection, where a body can stop half-way or never end, and a whole story with everything that
//! is logged of it.

use maintbot::web;
use tokio_util::sync::CancellationToken;

use super::LARGEST;
use crate::fake::slack::{Fault, Matching};
use crate::log::Log;
use crate::raw::{Raw, served, status};
use crate::slack::Hub;
use crate::slack::gate::{EVENTS, Gate, JSON, SIGNATURE, Sent, inbox};
use crate::slack::log::is_clean;

#[tokio::test]
async fn over_the_wire_nothing_forged_cut_or_endless_gets_in() {
    let gate = Gate::open().await;
    let stop = CancellationToken::new();
    let address = served(gate.app(), &stop).await;
    let good = gate.mention().await.without("host").without("content-length");
    let long = Sent::signed(EVENTS, JSON, vec![b' '; LARGEST + 1], gate.now());
    let forged = good.clone().with(SIGNATURE, "v0=00");
    for (why, bytes, expected) in [
        ("forged", forged.sized(), 401),
        ("not signed", good.clone().without(SIGNATURE).sized(), 401),
        ("the end of the body left out", good.announced(good.body.len() - 1), 401),
        ("in parts and forged", forged.chunked(true), 401),
        ("too long", long.sized(), 413),
        ("too long, in parts", long.chunked(true), 413),
        ("too long, in parts that never end", long.chunked(false), 413),
        ("says that it is too long", good.announced(LARGEST + 1), 413),
        ("parts that are none", [&good.head()[..], b"transfer-encoding: chunked\r\n\r\nzz\r\n"].concat(), 400),
    ] {
        assert_eq!(status(address, bytes, false).await, Some(expected), "{why}");
    }
    for bytes in [good.announced(good.body.len() + 1), good.chunked(false), good.head()] {
        status(address, bytes, true).await;
    }
    assert_eq!(status(address, forged.sized(), false).await, Some(401), "it serves still");
    assert_eq!(gate.inbox().await, []);
    assert_eq!(status(address, good.chunked(true), false).await, Some(200), "parts are as good as a length");
    assert_eq!(status(address, good.sized(), false).await, Some(200), "and are the same mention");
    assert_eq!(gate.inbox().await.len(), 1);
    gate.close().await;
    stop.cancel();
}

#[tokio::test]
async fn a_whole_story_with_a_failing_slack_logs_nothing_secret() {
    let log = Log::start();
    let hub = Hub::start("", "2026-12-01 09:00").await;
    let stop = CancellationToken::new();
    let web = web::Web { service: hub.bot.parts.service.clone(), mover: None, stop: stop.clone() };
    let address = served(web::router(web, hub.inbound().routes()), &stop).await;
    hub.fake.reach_at(&format!("http://{address}"));
    let failing = |method: &str, fault: Fault| hub.fake.fail_times(1, Matching::method(method), fault);
    for fault in [Fault::unavailable(), Fault::RateLimited { retry_after: 2 }, Fault::Reset, Fault::DoThenReset] {
        failing("chat.postMessage", fault);
    }
    failing("chat.update", Fault::Error("fatal_error"));
    failing("users.info", Fault::Reset);
    failing("chat.postEphemeral", Fault::Error("user_not_in_channel"));
    failing("response", Fault::unavailable());
    let line = "schedule \"Upgrade\" service:crm when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben item:\"Jira\"";
    let said = hub.command("ben", "#dev", line).await;
    assert!(said.text().contains("is scheduled"), "{said}");
    hub.at("2026-12-01 09:30").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Upgrade"]);
    hub.press("eve", "#ce", "ledger").await;
    hub.press("eve", "#ce", "ack").await;
    hub.fake.mention("eve", "#ce", None, "note MW-1 \"a note\"").await;
    hub.fake.open_home("eve").await;
    hub.fake.command("ben", "#dev", "").await;
    hub.at("2026-12-01 09:40").await;
    hub.calm().await;
    assert!(inbox(&hub).await.iter().all(|(_, state)| state == "done"), "{:?}", inbox(&hub).await);

    let text = log.text();
    for said in ["429", "reset", "an event on slack"] {
        assert!(text.to_lowercase().contains(said), "`{said}` is not in the log, so that nothing is shown:\n{text}");
    }
    is_clean(&text);
    is_clean(&format!("{:?} {:?}", hub.inbound(), hub.bot.parts));
    hub.close().await;
    stop.cancel();
}
