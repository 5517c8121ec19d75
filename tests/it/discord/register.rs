//! Commands are registered when maintbot starts, where it is at home, and only when something is new.

use serde_json::{Value, json};

use super::{Hub, config};
use crate::databases;
use crate::fake::discord::{APPLICATION, FakeDiscord, Fault, Matching, SERVER, Way, judge};
use crate::postgres;

const AT: &str = "2026-12-01 09:00";
const OTHER: &str = "900000000000000002";
/// What asks for the commands of a server, and what overwrites them.
const LIST: &str = "list_guild_application_commands";
const PUT: &str = "bulk_set_guild_application_commands";

async fn hub(made: impl Fn(&FakeDiscord) -> String) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    Hub::start_on(folder, url, Way::Http, made, AT).await
}

/// The usual organisation with these servers.
fn at_home(fake: &FakeDiscord, servers: &[&str]) -> String {
    let usual = config(fake, Way::Http, "").replace("discord:#", &format!("discord:{SERVER}/#"));
    let list = servers.iter().map(|server| format!("\"{server}\"")).collect::<Vec<_>>().join(", ");
    usual.replace(&format!("guilds = [\"{SERVER}\"]"), &format!("guilds = [{list}]"))
}

/// For which servers the commands were overwritten, in order; none: for all.
fn registered(hub: &Hub) -> Vec<Option<String>> {
    hub.fake.registrations().into_iter().map(|(server, _)| server).collect()
}

fn names(commands: &[Value]) -> Vec<&str> {
    commands.iter().filter_map(|command| command["name"].as_str()).collect()
}

#[tokio::test]
async fn each_server_gets_them_once_and_nothing_stands_twice() {
    let hub = hub(|fake| {
        fake.server(OTHER);
        at_home(fake, &[SERVER, OTHER])
    })
    .await;
    let mut at = registered(&hub);
    at.sort();
    assert_eq!(
        at,
        [Some(SERVER.to_owned()), Some(OTHER.to_owned())],
        "and not for everybody: they would see each twice"
    );
    for (_, commands) in hub.fake.registrations() {
        assert_eq!(names(&commands), ["maintenance"]);
    }
    assert!(hub.fake.server(OTHER).commands(OTHER)[0]["guild_id"] == OTHER);
    hub.close().await;
}

#[tokio::test]
async fn without_servers_they_are_for_everybody() {
    let hub = hub(|fake| {
        let usual = config(fake, Way::Http, "").replace(&format!("guilds = [\"{SERVER}\"]"), "guilds = []");
        ["#ops", "#ce"].into_iter().fold(usual, |text, name| {
            text.replace(&format!("discord:{name}"), &format!("discord:{}", fake.channel(name).id()))
        })
    })
    .await;
    assert_eq!(registered(&hub), [None]);
    // Also in direct messages, where nobody has roles of a server.
    let said = hub.line("ben", "@ben", "whoami").await;
    assert!(said.plain().contains("You are ben") && said.plain().contains("scheduler"), "{said}");
    hub.close().await;
}

#[tokio::test]
async fn nothing_is_registered_again_that_is_as_it_should_be() {
    let folder = tempfile::tempdir().expect("a folder");
    for url in [databases::sqlite_url(&folder), postgres::database().await.as_str().to_owned()] {
        let folder = tempfile::tempdir().expect("another folder");
        let mut hub = Hub::start_on(folder, url, Way::Http, |fake| config(fake, Way::Http, ""), AT).await;
        assert_eq!(registered(&hub), [Some(SERVER.to_owned())]);
        for _ in 0..2 {
            hub.restart().await;
        }
        assert_eq!(
            registered(&hub).len(),
            1,
            "Discord adds ids, versions and what was left out, and that is no difference"
        );
        hub.close().await;
    }
}

/// A hand that changes what is registered.
type Hand = fn(&mut Vec<Value>);

#[tokio::test]
async fn whatever_differs_is_put_right_at_the_next_start() {
    let mut hub = hub(|fake| config(fake, Way::Http, "")).await;
    let right = hub.fake.commands(SERVER);
    let hands: [(&str, Hand); 6] = [
        ("another description", |all| all[0]["description"] = json!("Something else")),
        ("a sub-command that is gone", |all| drop(all[0]["options"].as_array_mut().expect("options").pop())),
        ("an option that is asked for no more", |all| {
            let verbs = all[0]["options"].as_array_mut().expect("options");
            let schedule = verbs.iter_mut().find(|verb| verb["name"] == "schedule").expect("schedule");
            schedule["options"][0]["required"] = json!(false);
        }),
        ("only for administrators", |all| all[0]["default_member_permissions"] = json!("8")),
        ("a command of an earlier version", |all| {
            let mut old = all[0].clone();
            (old["name"], old["id"]) = (json!("maintain"), json!("1"));
            all.push(old);
        }),
        ("nothing at all", Vec::clear),
    ];
    for (n, (what, hand)) in hands.into_iter().enumerate() {
        hub.fake.change(|state| hand(&mut state.server(SERVER).commands));
        hub.restart().await;
        assert_eq!(registered(&hub).len(), n + 2, "{what}");
        let now = hub.fake.commands(SERVER);
        assert_eq!(names(&now), ["maintenance"], "{what}");
        for part in ["description", "options", "default_member_permissions"] {
            assert_eq!(now[0][part], right[0][part], "{what}");
        }
    }
    hub.close().await;
}

#[tokio::test]
async fn what_was_registered_for_everybody_goes_when_servers_are_written() {
    let hub = hub(|fake| {
        fake.change(|state| {
            let old = json!({ "id": "1", "application_id": APPLICATION, "name": "maintenance", "type": 1, "version": "1",
                "description": "Old", "options": [], "default_member_permissions": null });
            state.commands.push(old);
        });
        config(fake, Way::Http, "")
    })
    .await;
    assert_eq!(registered(&hub).len(), 2);
    let all = hub.fake.registrations().into_iter().find(|(server, _)| server.is_none()).expect("of all servers");
    assert_eq!(all.1, Vec::<Value>::new());
    hub.close().await;
}

#[tokio::test]
async fn a_server_that_refuses_keeps_no_other_from_its_commands() {
    let hub = hub(|fake| {
        fake.server(OTHER).remove_bot();
        at_home(fake, &[OTHER, SERVER])
    })
    .await;
    assert_eq!(registered(&hub), [Some(SERVER.to_owned())]);
    let said = hub.line("ben", "#dev", "schedule Jira service:jira when:\"2026-12-06 16:00-20:00\" tz:UTC").await;
    assert!(said.plain().contains("is scheduled"), "{said}");
    // Somebody invites maintbot to the other one: it is tried again without a new start.
    hub.fake.server(OTHER).invite_bot();
    hub.at("2026-12-01 10:00").await;
    hub.calm().await;
    assert_eq!(registered(&hub).last(), Some(&Some(OTHER.to_owned())));
    hub.close().await;
}

#[tokio::test]
async fn what_fails_at_first_is_tried_again() {
    for (route, fault) in
        [(LIST, Fault::Status(503)), (LIST, Fault::Reset), (PUT, Fault::Status(500)), (PUT, Fault::ResetAfter)]
    {
        let told = format!("{route} {fault:?}");
        let hub = hub(|fake| {
            fake.fail(Matching::route(route), 2, fault.clone());
            config(fake, Way::Http, "")
        })
        .await;
        assert!(hub.fake.calls(LIST).len() >= 2, "{told}: it looks first whether it is there by now");
        assert_eq!(names(&hub.fake.commands(SERVER)), ["maintenance"], "{told}");
        hub.close().await;
    }
}

#[tokio::test]
async fn what_is_registered_is_what_discord_takes() {
    let hub = hub(|fake| config(fake, Way::Http, "")).await;
    let calls = hub.fake.calls(PUT);
    assert_eq!(calls.len(), 1);
    let body = serde_json::to_vec(&calls[0].body).expect("JSON");
    let path = format!("/applications/{APPLICATION}/guilds/{SERVER}/commands");
    assert_eq!(judge::request("PUT", &path, &body), Vec::<String>::new());
    let verbs: Vec<&str> =
        calls[0].body[0]["options"].as_array().into_iter().flatten().filter_map(|verb| verb["name"].as_str()).collect();
    for verb in ["schedule", "reschedule", "start", "extend", "complete", "cancel", "list", "do"] {
        assert!(verbs.contains(&verb), "{verb}: {verbs:?}");
    }
    assert!(verbs.len() <= 25, "Discord shows no more");
    hub.close().await;
}
