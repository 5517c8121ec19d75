//! Who may do what on Slack: by person, user group and channel, by their id everywhere; and nobody by accident.

use super::{Hub, config};
use crate::databases;
use crate::fake::slack::{FakeSlack, Fault, Matching, Reply};

const SCHEDULE: &str = "schedule Jira service:jira when:\"2026-12-08 14:00-16:00\" tz:UTC";
/// When these stories begin (UTC).
const AT: &str = "2026-12-01 09:00";

/// The usual organisation with these roles in place of its own; `people` are the lines of `[people]`.
async fn hub(roles: &str, people: &str) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let made = |fake: &FakeSlack| {
        let usual = config(fake, "");
        let (before, _) = usual.split_once("[roles]").expect("the roles come last but one");
        format!("{before}\n{roles}\n[people]\n{people}\n")
    };
    let hub = Hub::start_on(folder, url, made, AT).await;
    hub.fake.channel("#desk");
    hub
}

/// The roles that somebody is told to have in a channel; without any, asking is refused.
async fn roles(hub: &Hub, user: &str, channel: &str) -> String {
    let said = hub.command(user, channel, "whoami").await.text();
    if said.contains("needs the role viewer") {
        return "none".to_owned();
    }
    let line = said.lines().skip_while(|line| *line != "*Roles*").nth(1);
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn is_refused_for_the_role(reply: &Reply) -> bool {
    reply.text().contains("scheduler") && !reply.text().contains("is scheduled")
}

#[tokio::test]
async fn a_person_has_the_roles_of_their_id_on_slack_and_of_their_id_here() {
    let roles =
        "[roles]\nengineer = [\"slack:U0EVE\"]\nscheduler = [\"ben\", \"slack:U0CARLA\"]\nadmin = [\"U0DAN\"]\n";
    let hub = hub(roles, "ben.slack = \"U0BEN\"").await;
    for (user, expected) in [
        ("ben", "scheduler"),
        ("carla", "scheduler"),
        ("eve", "engineer"),
        ("anna", "none"),
        // The name of a person without its service is an id of [people], which nobody has.
        ("dan", "none"),
    ] {
        assert_eq!(self::roles(&hub, user, "#dev").await, expected, "{user}");
    }
    let refused = hub.command("anna", "#dev", SCHEDULE).await;
    assert!(is_refused_for_the_role(&refused), "{refused}");
    assert!(refused.text().contains("ben"), "it says who may: {refused}");
    assert!(hub.command("carla", "#dev", SCHEDULE).await.text().contains("is scheduled"));
    assert_eq!(hub.bot.window(1).await.requester, "slack:U0CARLA", "who has no id here goes by the one on Slack");
    let line = SCHEDULE.replace("jira", "wiki");
    assert!(hub.command("ben", "#dev", &format!("{line} poc:@carla")).await.text().contains("MW-2"));
    let window = hub.bot.window(2).await;
    assert_eq!((window.requester.as_str(), window.poc.as_deref()), ("ben", Some("slack:U0CARLA")));
    hub.close().await;
}

#[tokio::test]
async fn a_star_is_everybody() {
    let hub = hub("[roles]\nviewer = [\"*\"]\nscheduler = [\"slack:U0BEN\"]\n", "").await;
    assert_eq!(roles(&hub, "anna", "#dev").await, "viewer");
    assert!(hub.command("anna", "#dev", "list").await.text().contains("o window"), "reading is for everybody");
    assert!(is_refused_for_the_role(&hub.command("anna", "#dev", SCHEDULE).await));
    hub.close().await;
}

#[tokio::test]
async fn who_is_in_a_user_group_holds_its_roles_which_is_known_for_a_minute() {
    let hub = hub("[roles]\nscheduler = [\"slack:@oncall\"]\nengineer = [\"slack:@OnCall\"]\n", "").await;
    hub.fake.group("oncall", &["ben"]);
    assert_eq!(roles(&hub, "ben", "#dev").await, "engineer, scheduler");
    assert_eq!(roles(&hub, "carla", "#dev").await, "none");
    assert_eq!(hub.fake.calls("usergroups.users.list").len(), 1, "asked once for everybody");
    hub.fake.group("oncall", &["carla"]);
    hub.at("2026-12-01 09:00:59").await;
    assert_eq!(roles(&hub, "ben", "#dev").await, "engineer, scheduler", "not a minute yet");
    hub.at("2026-12-01 09:01:00").await;
    assert_eq!(roles(&hub, "ben", "#dev").await, "none", "who left the group holds its roles no longer");
    assert_eq!(roles(&hub, "carla", "#dev").await, "engineer, scheduler");
    hub.close().await;
}

#[tokio::test]
async fn a_group_that_cannot_be_looked_up_is_a_no_that_is_said_so() {
    let hub = hub("[roles]\nscheduler = [\"slack:@oncall\", \"slack:U0CARLA\"]\n", "").await;
    hub.fake.group("oncall", &["ben"]);
    hub.fake.fail_times(1, Matching::method("usergroups.users.list"), Fault::unavailable());
    let refused = hub.command("ben", "#dev", SCHEDULE).await;
    assert!(is_refused_for_the_role(&refused), "{refused}");
    assert!(refused.text().contains("slack:@oncall") && refused.text().contains("try again"), "{refused}");
    assert_eq!(hub.bot.page().await, [""; 0]);
    hub.fake.fail_times(1, Matching::method("usergroups.users.list"), Fault::unavailable());
    let mine = hub.command("carla", "#dev", &SCHEDULE.replace("jira", "wiki")).await;
    assert!(mine.text().contains("is scheduled") && !mine.text().contains("oncall"), "who may anyway: {mine}");
    hub.fake.lift();
    hub.at("2026-12-01 09:05").await;
    let done = hub.command("ben", "#dev", SCHEDULE).await;
    assert!(done.text().contains("is scheduled"), "{done}");
    hub.close().await;
}

#[tokio::test]
async fn a_group_that_is_not_there_makes_nobody_anything() {
    let hub = hub("[roles]\nscheduler = [\"slack:@nobody\"]\n", "").await;
    hub.fake.group("oncall", &["ben"]);
    let refused = hub.command("ben", "#dev", SCHEDULE).await;
    assert!(is_refused_for_the_role(&refused) && refused.text().contains("slack:@nobody"), "{refused}");
    hub.close().await;
}

#[tokio::test]
async fn whoever_types_in_a_channel_holds_its_roles_there_and_nowhere_else() {
    let hub = hub("[roles]\nscheduler = [\"slack:#desk\"]\nengineer = [\"slack:C0DEV\"]\n", "").await;
    assert_eq!(roles(&hub, "ben", "#desk").await, "scheduler");
    assert_eq!(roles(&hub, "ben", "#dev").await, "engineer");
    assert_eq!(roles(&hub, "ben", "#ce").await, "none");
    assert_eq!(roles(&hub, "ben", "@ben").await, "none", "a direct message is no channel of theirs");
    // A channel is meant by what it is called now.
    hub.fake.channel("#desk").renamed("#old-desk");
    hub.fake.channel("#desk-of-others").renamed("#desk");
    hub.at("2026-12-01 11:00").await;
    assert_eq!(roles(&hub, "ben", "#old-desk").await, "none");
    hub.close().await;
}

#[tokio::test]
async fn without_roles_everybody_plans_and_nobody_approves() {
    let approval = "[policy.scheduled]\nnotice = \"14d\"\napproval = [\"short_notice\"]\n";
    let hub = hub(approval, "").await;
    assert_eq!(roles(&hub, "anna", "#dev").await, "scheduler");
    let said = hub.command("ben", "#dev", &format!("{SCHEDULE} reason:Now")).await;
    assert!(said.text().contains("waits for approval"), "{said}");
    let request = hub.newest("#ops");
    assert_eq!(request.buttons()[..2], ["approve", "reject"]);
    for user in ["anna", "ben", "carla", "dan", "eve"] {
        hub.fake.press(user, &request, "approve").await;
        hub.calm().await;
        let whispers = hub.whispers(user);
        assert!(whispers.last().is_some_and(|said| said.contains("approve")), "{user}: {whispers:?}");
    }
    assert_eq!(hub.bot.window(1).await.state.as_str(), "pending");
    hub.close().await;
}

#[tokio::test]
async fn the_point_of_contact_may_do_what_engineers_do_with_their_window() {
    let roles = "[roles]\nviewer = [\"*\"]\nscheduler = [\"slack:U0BEN\"]\n";
    let hub = hub(roles, "eve.slack = \"U0EVE\"").await;
    let now = SCHEDULE.replace("2026-12-08 14:00-16:00", "2026-12-01 09:10-11:00");
    for (service, poc) in [("jira", "eve"), ("wiki", "dan")] {
        let line = now.replace("jira", service);
        let said = hub.command("ben", "#dev", &format!("{line} poc:@{poc} item:Jira")).await;
        assert!(said.text().contains("is scheduled"), "{said}");
    }
    let needs = |role: &str| format!("needs the role {role}");
    for (user, line) in [("eve", "note MW-1 Ready"), ("dan", "note MW-2 Ready")] {
        let said = hub.command(user, "#dev", line).await;
        assert!(said.text().contains("new note"), "{user}: {said}");
    }
    let refused = hub.command("dan", "#dev", "note MW-1 Ready").await;
    assert!(refused.text().contains(&needs("engineer")), "of another's window: {refused}");
    let refused = hub.command("eve", "#dev", "cancel MW-1 reason:No").await;
    assert!(refused.text().contains(&needs("scheduler")), "not what schedulers do: {refused}");
    let notes =
        |events: Vec<String>| events.iter().filter(|event| event.contains("Ready")).cloned().collect::<Vec<_>>();
    assert_eq!(notes(hub.bot.events(1).await).len(), 1);
    assert!(notes(hub.bot.events(2).await)[0].starts_with("slack:U0DAN: "));
    hub.close().await;
}
