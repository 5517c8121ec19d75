//! Several servers of one maintbot: what is planned on one is said on both, roles of one open nothing on the other, and who
//! is on neither gets nothing.

use serde_json::json;

use super::{Hub, config};
use crate::databases;
use crate::fake::discord::permissions::MANAGE_EVENTS;
use crate::fake::discord::{APPLICATION, Again, FakeDiscord, Fault, Matching, SERVER, Scope, Way};

const AT: &str = "2026-12-01 09:00";
const OTHER: &str = "900000000000000002";
/// A server that is not ours.
const STRANGE: &str = "900000000000000003";
const SCHEDULE: &str = "schedule Jira service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:anna";

/// Ours and a customer's, with `more` in place of roles and further people.
async fn both(way: Way, more: impl Fn(&FakeDiscord) -> String) -> (Hub, FakeDiscord) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let made = |fake: &FakeDiscord| {
        let other = fake.server(OTHER);
        other.person("bert", &[]);
        other.person("cleo", &[]);
        other.role("planners");
        for name in ["#ce", "#dev"] {
            other.channel(name);
        }
        let usual = config(fake, way, "").replace(
            "channels = [\"discord:#ce\"]",
            &format!("channels = [\"discord:{SERVER}/#ce\", \"discord:{OTHER}/#ce\"]"),
        );
        let usual = usual.replace("discord:#", &format!("discord:{SERVER}/#"));
        let usual =
            usual.replace(&format!("guilds = [\"{SERVER}\"]"), &format!("guilds = [\"{SERVER}\", \"{OTHER}\"]"));
        let (before, rest) = usual.split_once("[roles]").expect("roles");
        let (_, people) = rest.split_once("[people]").expect("people");
        format!("{before}\n[people]\n{people}\nbert.discord = \"{}\"\n{}", fake.id("bert"), more(fake))
    };
    let hub = Hub::start_on(folder, url, way, made, AT).await;
    let other = hub.fake.server(OTHER);
    (hub, other)
}

async fn line(hub: &Hub, fake: &FakeDiscord, user: &str, text: &str) -> String {
    let said = fake.command(user, "#dev", "do", &[("text", text)]).await;
    hub.calm().await;
    assert!(said.hidden(), "{said}");
    said.plain()
}

async fn said_in_both(way: Way) {
    let (hub, other) = both(way, |_| String::new()).await;
    let said = line(&hub, &other, "bert", SCHEDULE).await;
    assert!(said.contains("MW-1 “Jira” is scheduled"), "{said}");
    let window = hub.bot.window(1).await;
    assert_eq!((window.requester.as_str(), window.poc.as_deref()), ("bert", Some("anna")));
    for place in [&hub.fake, &other] {
        let posts = place.posts("#ce");
        assert_eq!(posts.len(), 1, "{}", place.server);
        assert!(posts[0].plain().starts_with("Planned maintenance: Jira"), "{}", posts[0].plain());
    }
    let post = other.posts("#ce").remove(0);
    let before = hub.whispers("cleo").len();
    other.press("cleo", &post, "ledger").await;
    hub.calm().await;
    assert_eq!(hub.whispers("cleo").len(), before + 1, "answered where it was pressed");
    // In the thread there the window is meant, too.
    line(&hub, &hub.fake, "ben", "note MW-1 \"From our side\"").await;
    let thread = other.thread(&post).expect("notes stand in its thread").id;
    let said = other.command("bert", &thread, "do", &[("text", "note \"From the other side\"")]).await;
    hub.calm().await;
    let events = hub.bot.events(1).await;
    assert!(events.iter().any(|event| event.starts_with("bert: ") && event.contains("From the other")), "{said}");
    for place in [&hub.fake, &other] {
        let below = place.thread_of(&place.posts("#ce")[0]);
        assert_eq!(below.len(), 2, "{}: {below:#?}", place.server);
    }
    hub.close().await;
}

#[tokio::test]
async fn what_is_planned_in_one_is_said_in_both_and_can_be_pressed_in_both() {
    said_in_both(Way::Http).await;
    said_in_both(Way::Gateway).await;
}

#[tokio::test]
async fn roles_and_permissions_of_one_open_nothing_in_the_other() {
    let roles = |fake: &FakeDiscord| {
        let planners = fake.server(OTHER).role("planners");
        format!(
            "[roles]\nviewer = [\"*\"]\nscheduler = [\"discord:{planners}\", \"discord:{SERVER}/manage_events\"]\n\
             engineer = [\"discord:{OTHER}/manage_events\"]\n"
        )
    };
    let (hub, other) = both(Way::Http, roles).await;
    other.person("bert", &["planners"]);
    // Ben and cleo are on both, and may manage events on both.
    for place in [&hub.fake, &other] {
        place.role("keepers");
        place.role_may("keepers", MANAGE_EVENTS, false);
        place.person("ben", &["keepers"]);
        place.person("cleo", &[]);
        place.person("bert", if place.server == OTHER { &["planners"] } else { &[] });
    }
    for (place, user, expected) in [
        (&hub.fake, "ben", "viewer, scheduler"),
        (&other, "ben", "viewer, engineer"),
        (&hub.fake, "bert", "viewer"),
        (&other, "bert", "viewer, scheduler"),
        (&other, "cleo", "viewer"),
    ] {
        let said = line(&hub, place, user, "whoami").await;
        let roles = said.lines().find_map(|line| line.strip_prefix("Roles: "));
        assert_eq!(roles, Some(expected), "{user} on {}: {said}", place.server);
    }
    hub.close().await;
}

/// Maintbot was added to a server that is not in `guilds`, by somebody who knows its address.
async fn strangers_are_refused(way: Way) {
    let (hub, _) = both(way, |_| String::new()).await;
    let strange = hub.fake.server(STRANGE);
    strange.person("mallory", &[]);
    strange.channel("#dev");
    let commands = hub.fake.commands(SERVER);
    hub.fake.change(|state| state.server(STRANGE).commands = commands);
    let everything = hub.bot.everything().await;
    let said = strange.command("mallory", "#dev", "do", &[("text", SCHEDULE)]).await;
    assert!(said.hidden() && said.plain().contains("server"), "{said}");
    let options = [("window", "")];
    assert_eq!(strange.autocomplete("mallory", "#dev", "show", &options, "window").await, [], "nothing is suggested");
    hub.calm().await;
    assert_eq!(hub.bot.everything().await, everything);
    hub.close().await;
}

#[tokio::test]
async fn from_a_server_that_is_not_ours_nothing_is_taken() {
    strangers_are_refused(Way::Http).await;
    strangers_are_refused(Way::Gateway).await;
}

#[tokio::test]
async fn what_is_for_another_application_is_refused() {
    let (hub, _) = both(Way::Http, |_| String::new()).await;
    let everything = hub.bot.everything().await;
    let commands = hub.fake.sent().len();
    hub.fake.command("ben", "#dev", "list", &[]).await;
    let mut payload = hub.fake.sent()[commands].payload.clone();
    assert_eq!(payload["application_id"], APPLICATION);
    payload["application_id"] = json!("550000000000000009");
    payload["id"] = json!("1");
    payload["data"]["options"] =
        json!([{ "name": "do", "type": 1, "options": [{ "name": "text", "type": 3, "value": SCHEDULE }] }]);
    hub.fake.change(|state| {
        let last = state.sent.last_mut().expect("it was sent");
        last.payload = payload;
    });
    let reply = hub.fake.again(commands, Again::Same).await;
    assert_eq!(reply.status, 200, "its signature is good: {reply}");
    assert!(
        !reply.at_once().contains("is scheduled") && reply.at_once().contains("not configured"),
        "{}",
        reply.at_once()
    );
    hub.calm().await;
    assert_eq!(hub.bot.everything().await, everything);
    hub.close().await;
}

#[tokio::test]
async fn what_holds_back_one_holds_nothing_back_in_the_other() {
    let (hub, other) = both(Way::Http, |_| String::new()).await;
    let ours = Matching::route("create_message").channel(&hub.fake.channel("#ce").id());
    hub.fake.fail_always(ours, Fault::Limited(900, Scope::Shared));
    let said = other.command("bert", "#dev", "do", &[("text", SCHEDULE)]).await;
    assert!(said.plain().contains("is scheduled"), "{said}");
    hub.settle().await;
    assert_eq!((other.posts("#ce").len(), hub.fake.posts("#ce").len()), (1, 0));
    hub.fake.lift();
    hub.at("2026-12-01 09:40").await;
    hub.calm().await;
    assert_eq!((other.posts("#ce").len(), hub.fake.posts("#ce").len()), (1, 1));
    hub.close().await;
}
