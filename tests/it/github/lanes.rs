//! GitHub hangs and the rest goes on: each service outside has a sender of its own.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{CRM, Hears, Hub, visible};
use crate::fake::github::{Fault, Matching};

/// The same readers in the console and on GitHub, told at once.
const MORE: &str = r#"
[policy.scheduled]
announce = "at_once"
remind = []
change_list = "1d"

[[audience]]
name = "readers"
channels = ["builtin:news", "github:example/platform"]
"#;
const PLATFORM: &str = "example/platform";

/// How long anybody may wait for what has nothing to do with GitHub.
const SOON: Duration = Duration::from_secs(1);

/// The loops of a running maintbot.
fn run(hub: &Hub, stop: &CancellationToken) -> JoinSet<()> {
    let parts = &hub.bot.parts;
    let (sender, service, inbound) = (parts.sender.clone(), parts.service.clone(), hub.inbound().clone());
    let stops = [stop.clone(), stop.clone(), stop.clone()];
    let mut loops = JoinSet::new();
    let [first, second, third] = stops;
    loops.spawn(async move { sender.run(first).await });
    loops.spawn(async move { service.pass_time(second).await });
    loops.spawn(async move { inbound.run(third).await });
    loops
}

/// Returns once the console shows a message that begins so.
async fn heard(hub: &Hub, what: &str) {
    let mut rings = hub.bot.parts.service.wake().listen();
    while !hub.bot.texts("news").await.iter().any(|text| text.starts_with(what)) {
        rings.changed().await.expect("maintbot runs");
    }
}

#[tokio::test]
async fn while_github_hangs_what_is_said_elsewhere_arrives_within_a_second() {
    let mut hub = Hub::start(Hears::Webhooks, MORE, "2026-12-08 09:00").await;
    hub.fake.repository(PLATFORM);
    hub.fake.fail(Matching::any(), Fault::Hang(Duration::from_secs(5)));
    let stop = CancellationToken::new();
    let mut loops = run(&hub, &stop);
    let steps = [
        (
            "schedule \"Disks\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\"",
            "Planned maintenance: Disks",
        ),
        ("reschedule MW-1 when:\"2026-12-08 18:00-20:00\"", "Moved: Disks"),
        ("note MW-1 \"New plugs\"", "Update: Disks"),
        ("schedule \"Mail\" service:crm when:\"2026-12-09 14:00-16:00\" poc:@anna", "Planned maintenance: Mail"),
    ];
    for (line, message) in steps {
        let typed = Instant::now();
        hub.bot.type_only("anna", &format!("/maintenance {line}")).await;
        let waited = tokio::time::timeout(5 * SOON, heard(&hub, message)).await.map(|()| typed.elapsed());
        assert!(waited.as_ref().is_ok_and(|waited| *waited < SOON), "{message}: {waited:?}");
    }
    let asked = hub.fake.requests();
    assert!(!asked.is_empty() && asked.iter().all(|request| request.status.is_none()), "GitHub hangs: {asked:?}");
    assert!(hub.fake.issues(PLATFORM).is_empty() && hub.fake.issues(CRM).is_empty());

    // Afterwards GitHub's readers have it as well, with the times as they are now, once.
    loops.shutdown().await;
    hub.fake.lift();
    hub.restart().await;
    hub.at("2026-12-08 09:10").await;
    let disks = hub.fake.issues(PLATFORM).into_iter().filter(|issue| issue.title.contains("Disks")).collect::<Vec<_>>();
    assert!(disks.len() == 1 && disks[0].body.contains("18:00") && !disks[0].body.contains("14:00"), "{disks:?}");
    let said: Vec<String> = disks[0].comments.iter().map(visible).collect();
    assert!(said.len() == 1 && said[0].contains("New plugs"), "{said:?}");
    assert!(hub.list("MW-1").open && hub.list("MW-2").open);
    hub.close().await;
}
