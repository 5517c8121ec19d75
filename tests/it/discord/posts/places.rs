//! Where messages go: channels by name, by id and by server, and people directly.

use super::{AT, Hub, WINDOW, config, reminded, texts};
use crate::databases;
use crate::discord::story;
use crate::fake::discord::{FakeDiscord, SERVER, Way};

async fn hub(made: impl Fn(&FakeDiscord) -> String) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    Hub::start_on(folder, url, Way::Http, made, AT).await
}

#[tokio::test]
async fn a_channel_is_meant_by_what_it_is_called_now() {
    story("", AT, async |hub| {
        reminded(hub).await;
        let old = hub.fake.channel("#ce").id();
        hub.fake.channel("#ce").renamed("#old-ce");
        hub.fake.channel("#ce");
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.3"));
        assert_eq!(hub.headings(&old).len(), 2, "what was said there stays there: {:?}", hub.headings(&old));
    })
    .await;
}

#[tokio::test]
async fn a_channel_by_its_id_stays_the_same_whatever_it_is_called() {
    let hub = hub(|fake| {
        let id = fake.channel("#ce").id();
        config(fake, Way::Http, "").replace("discord:#ce", &format!("discord:{id}"))
    })
    .await;
    let id = hub.fake.channel("#ce").id();
    hub.line("ben", "#dev", WINDOW).await;
    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    hub.fake.channel("#ce").renamed("#customers");
    hub.at("2026-12-13 14:00").await;
    hub.calm().await;
    assert_eq!(hub.headings(&id), ["Planned maintenance: Jira 10.3", "Reminder: Jira 10.3"]);
    hub.close().await;
}

#[tokio::test]
async fn a_name_with_its_server_is_the_channel_there() {
    let hub = hub(|fake| config(fake, Way::Http, "").replace("discord:#ce", &format!("discord:{SERVER}/#ce"))).await;
    reminded(&hub).await;
    hub.close().await;
}

#[tokio::test]
async fn a_thread_by_its_id_is_a_channel_like_others() {
    let hub = hub(|fake| {
        fake.say("anna", "#dev", "Maintenance goes here");
        let message = fake.messages("#dev").remove(0);
        fake.open_thread(&message, "Maintenance");
        config(fake, Way::Http, "").replace("discord:#ce", &format!("discord:{}", message.id))
    })
    .await;
    let thread = hub.fake.messages("#dev").remove(0).id;
    hub.line("ben", "#dev", WINDOW).await;
    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    hub.at("2026-12-13 14:00").await;
    hub.calm().await;
    assert_eq!(hub.headings(&thread), ["Planned maintenance: Jira 10.3", "Reminder: Jira 10.3"]);
    // There are no threads in threads: what is an aside elsewhere stands beside it.
    hub.line("eve", "#dev", "note MW-1 \"Half way.\"").await;
    hub.at("2026-12-13 15:00").await;
    hub.calm().await;
    assert!(texts(&hub.fake.posts(&thread)).iter().any(|said| said.contains("Half way.")));
    hub.close().await;
}

#[tokio::test]
async fn people_are_written_to_directly() {
    let approval = "\n[policy.scheduled]\nnotice = \"5d\"\napproval = [\"short_notice\"]\n";
    story(approval, AT, async |hub| {
        let soon = WINDOW.replace("2026-12-20", "2026-12-03").replace("poc:anna", "poc:carla");
        hub.line("ben", "#dev", &format!("{soon} reason:\"security fix\"")).await;
        hub.press("dan", "#ops", "approve").await;
        let told = |hub: &Hub, user: &str| texts(&hub.fake.posts(&format!("@{user}")));
        let requester = told(hub, "ben");
        assert!(requester[0].starts_with("ben: MW-1 Jira 10.3 is approved"), "{requester:#?}");
        hub.line("ben", "#dev", "change add MW-1 \"Restart\" assignee:eve").await;
        hub.at("2026-12-03 13:45").await;
        hub.calm().await;
        for (user, about) in [("carla", "MW-1"), ("eve", "Restart")] {
            let said = told(hub, user);
            assert!(said.iter().any(|said| said.contains(about)), "{user}: {said:#?}");
        }
        assert!(told(hub, "dan").is_empty() && told(hub, "anna").is_empty(), "nobody else");
        assert!(hub.headings("#ce").iter().all(|heading| !heading.contains("carla")), "and not in public");
    })
    .await;
}
