//! Several workspaces of one maintbot: what one of them signs opens no other, and nobody is somebody else there.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use super::Hub;
use crate::databases;
use crate::fake::slack::{BOT_TOKEN, FakeSlack, Fault, Matching, SIGNING_SECRET, signature};

const AT: &str = "2026-12-01 09:00";
const SCHEDULE: &str = "schedule Jira service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:anna";

/// Ours, `T1`, and a customer's, `T2`.
fn config(fake: &FakeSlack, more: &str) -> String {
    format!(
        r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["slack:T1/#ops"]

[slack]
api_url = "{}"

[[slack.workspace]]
id = "T1"
bot_token = "{BOT_TOKEN}"
signing_secret = "{SIGNING_SECRET}"

[[slack.workspace]]
id = "T2"
bot_token = "{BOT_TOKEN}-T2"
signing_secret = "{SIGNING_SECRET}-T2"

[[audience]]
name = "engineers"
channels = ["slack:T1/#ce", "slack:T2/#ce"]

[people]
anna.slack = "T1/U0ANNA"
bert.slack = "T2/U0BERTT2"
{more}
"#,
        fake.url
    )
}

/// Both workspaces with maintbot in them, and the second as it is seen from there.
async fn both(more: &str) -> (Hub, FakeSlack) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let hub = Hub::start_on(folder, url, |fake| config(fake, more), AT).await;
    let other = hub.fake.workspace("T2");
    other.person("bert", "Europe/Berlin");
    other.person("cleo", "Europe/Berlin");
    other.channel("#ce");
    other.channel("#dev");
    other.reach(hub.inbound().routes());
    (hub, other)
}

/// Posts a command in the name of a workspace, signed with a secret; status and text of the answer.
async fn typed(hub: &Hub, secret: &str, team: &str, user: &str, text: &str) -> (u16, String) {
    let at = hub.bot.clock.now().timestamp();
    let trigger = format!("{at}.{}.{team}", text.len());
    let fields =
        [("team_id", team), ("user_id", user), ("channel_id", "C0DEV"), ("text", text), ("trigger_id", &trigger)];
    let form = reqwest::Url::parse_with_params("http://form/", fields).expect("a form");
    let body = form.query().unwrap_or_default().to_owned();
    let request = Request::post("/slack/commands")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-slack-request-timestamp", at.to_string())
        .header("x-slack-signature", signature(secret, at, body.as_bytes()))
        .body(Body::from(body))
        .expect("a request");
    let (head, body) = hub.inbound().routes().oneshot(request).await.expect("an answer").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    (head.status.as_u16(), String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn the_secret_of_one_opens_no_other_and_none_opens_for_strangers() {
    let (hub, _) = both("").await;
    let second = format!("{SIGNING_SECRET}-T2");
    for (secret, team, why) in [
        (SIGNING_SECRET, "T2", "the first in the name of the second"),
        (second.as_str(), "T1", "the second in the name of the first"),
        (SIGNING_SECRET, "T9", "a workspace that is not configured, by the first"),
        (second.as_str(), "T9", "a workspace that is not configured, by the second"),
        ("a secret of nobody's", "T1", "neither"),
    ] {
        let (status, said) = typed(&hub, secret, team, "U0ANNA", SCHEDULE).await;
        assert_eq!((status, said.as_str()), (401, "The signature is missing, wrong or too old.\n"), "{why}");
    }
    hub.settle().await;
    assert_eq!(hub.bot.page().await, [""; 0]);
    assert!(hub.fake.requests().is_empty(), "Slack was asked: {:?}", hub.fake.requests());
    assert_eq!(typed(&hub, SIGNING_SECRET, "T1", "U0ANNA", SCHEDULE).await.0, 200);
    assert_eq!(typed(&hub, &second, "T2", "U0BERTT2", &SCHEDULE.replace("jira", "wiki")).await.0, 200);
    hub.calm().await;
    assert_eq!(hub.bot.page().await.len(), 2);
    hub.close().await;
}

#[tokio::test]
async fn what_is_planned_in_one_is_said_in_both_and_can_be_pressed_in_both() {
    let (hub, other) = both("").await;
    let said = other.command("bert", "#dev", SCHEDULE).await;
    assert!(said.text().contains("MW-1 “Jira” is scheduled"), "{said}");
    hub.calm().await;
    let window = hub.bot.window(1).await;
    assert_eq!((window.requester.as_str(), window.poc.as_deref()), ("bert", Some("anna")));
    for place in [&hub.fake, &other] {
        let posts = place.posts("#ce");
        assert_eq!(posts.len(), 1, "{}", place.team);
        assert!(posts[0].plain().starts_with("Planned maintenance: Jira"));
    }
    assert!(hub.bot.rows(1, "announcement").await.iter().any(|row| row.contains("slack:T2/#ce sent")));
    let post = other.posts("#ce").remove(0);
    other.press("cleo", &post, "ledger").await;
    hub.calm().await;
    assert_eq!(other.whispers("cleo").len(), 1, "answered where it was pressed");
    assert_eq!(hub.fake.whispers("anna").len(), 0);
    // In a thread there the window is meant, too.
    other.mention("bert", "#ce", Some(&post.ts), "note \"From the other side\"").await;
    hub.calm().await;
    assert!(
        hub.bot.events(1).await.iter().any(|event| event.starts_with("bert: ") && event.contains("From the other"))
    );
    other.open_home("bert").await;
    hub.calm().await;
    assert_eq!((other.homes("bert").len(), hub.fake.homes("anna").len()), (1, 0));
    hub.close().await;
}

#[tokio::test]
async fn the_same_id_in_two_workspaces_is_two_people() {
    let (hub, _) =
        both("[roles]\nscheduler = [\"anna\", \"slack:T1/U0CARLA\"]\nviewer = [\"slack:T2/U0ANNA\"]\n").await;
    let second = format!("{SIGNING_SECRET}-T2");
    let ours = typed(&hub, SIGNING_SECRET, "T1", "U0ANNA", "whoami").await.1;
    let theirs = typed(&hub, &second, "T2", "U0ANNA", "whoami").await.1;
    assert!(ours.contains("You are anna") && ours.contains("scheduler"), "{ours}");
    assert!(theirs.contains("You are slack:T2/U0ANNA") && !theirs.contains("scheduler"), "{theirs}");
    let refused = typed(&hub, &second, "T2", "U0CARLA", SCHEDULE).await.1;
    assert!(!refused.contains("is scheduled") && refused.contains("scheduler"), "{refused}");
    let done = typed(&hub, SIGNING_SECRET, "T1", "U0CARLA", SCHEDULE).await.1;
    assert!(done.contains("is scheduled"), "{done}");
    assert_eq!(hub.bot.window(1).await.requester, "slack:T1/U0CARLA");
    hub.calm().await;
    hub.close().await;
}

#[tokio::test]
async fn groups_and_channels_of_one_give_no_role_in_the_other() {
    let roles = "[roles]\nviewer = [\"*\"]\nscheduler = [\"slack:T1/@oncall\"]\nengineer = [\"slack:T2/#dev\"]\n";
    let (hub, other) = both(roles).await;
    hub.fake.group("oncall", &["carla"]);
    other.group("oncall", &["bert"]);
    for (place, user, expected) in
        [(&hub.fake, "carla", "viewer, scheduler"), (&other, "bert", "viewer, engineer"), (&hub.fake, "dan", "viewer")]
    {
        let said = place.command(user, "#dev", "whoami").await.text();
        let roles = said.lines().skip_while(|line| *line != "*Roles*").nth(1);
        assert_eq!(roles, Some(expected), "{user}: {said}");
    }
    hub.close().await;
}

#[tokio::test]
async fn an_outage_of_one_holds_nothing_back_in_the_other() {
    let (hub, other) = both("").await;
    hub.fake.fail(Matching::any().team("T1"), Fault::unavailable());
    let said = other.command("bert", "#dev", SCHEDULE).await;
    assert!(said.text().contains("is scheduled"), "{said}");
    hub.settle().await;
    assert_eq!((other.posts("#ce").len(), hub.fake.posts("#ce").len()), (1, 0));
    hub.fake.lift();
    hub.at("2026-12-01 09:20").await;
    hub.calm().await;
    assert_eq!((other.posts("#ce").len(), hub.fake.posts("#ce").len()), (1, 1));
    hub.close().await;
}
