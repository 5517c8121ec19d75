//! Who may do what on Discord: by person, by role and by permission on the server where they act; and nobody by accident.

use super::{Hub, config};
use crate::databases;
use crate::fake::discord::permissions::{ADMINISTRATOR, MANAGE_CHANNELS, MANAGE_EVENTS, MANAGE_GUILD};
use crate::fake::discord::{FakeDiscord, Reply, SERVER, Way};

const SCHEDULE: &str = "schedule Jira service:jira when:\"2026-12-08 14:00-16:00\" tz:UTC";
/// When these stories begin (UTC).
const AT: &str = "2026-12-01 09:00";

/// The usual organisation with these roles in place of its own; `people` are the lines of `[people]`. `@NAME@` stands for
/// the id of a person.
async fn hub(roles: &str, people: &str) -> Hub {
    let made = |fake: &FakeDiscord| {
        let usual = config(fake, Way::Http, "");
        let (before, _) = usual.split_once("[roles]").expect("the roles come last but one");
        with_ids(fake, &format!("{before}\n{roles}\n[people]\n{people}\n"))
    };
    start(made).await
}

async fn start(made: impl Fn(&FakeDiscord) -> String) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    Hub::start_on(folder, url, Way::Http, made, AT).await
}

/// With ids in place of names of people and of the role `oncall`.
fn with_ids(fake: &FakeDiscord, text: &str) -> String {
    let named = ["anna", "ben", "carla", "dan", "eve"].map(|name| (name, fake.id(name)));
    let text = named.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("@{name}@"), id));
    text.replace("@oncall@", &fake.role("oncall"))
}

/// The roles that somebody is told to have in a channel; without any, asking is refused.
async fn roles(fake: &FakeDiscord, hub: &Hub, user: &str, channel: &str) -> String {
    let said = fake.command(user, channel, "do", &[("text", "whoami")]).await;
    hub.calm().await;
    let said = said.plain();
    if said.contains("needs the role viewer") {
        return "none".to_owned();
    }
    let line = said.lines().find_map(|line| line.strip_prefix("Roles: "));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

async fn are(hub: &Hub, expected: &[(&str, &str)]) {
    for (user, expected) in expected {
        assert_eq!(roles(&hub.fake, hub, user, "#dev").await, *expected, "{user}");
    }
}

fn is_refused_for_the_role(reply: &Reply) -> bool {
    reply.plain().contains("scheduler") && !reply.plain().contains("is scheduled")
}

#[tokio::test]
async fn a_person_has_the_roles_of_their_id_on_discord_and_of_their_id_here() {
    let roles =
        "[roles]\nengineer = [\"discord:@eve@\"]\nscheduler = [\"ben\", \"discord:@@carla@\"]\nadmin = [\"dan\"]\n";
    let hub = hub(roles, "ben.discord = \"@ben@\"").await;
    are(
        &hub,
        &[
            ("ben", "scheduler"),
            ("carla", "scheduler"),
            ("eve", "engineer"),
            ("anna", "none"),
            // A name without its service is an id of [people], which nobody has.
            ("dan", "none"),
        ],
    )
    .await;
    let refused = hub.line("anna", "#dev", SCHEDULE).await;
    assert!(is_refused_for_the_role(&refused), "{refused}");
    assert!(refused.hidden() && refused.plain().contains("ben"), "it says who may: {refused}");
    assert!(hub.line("carla", "#dev", SCHEDULE).await.plain().contains("is scheduled"));
    let carla = format!("discord:@{}", hub.fake.id("carla"));
    assert_eq!(hub.bot.window(1).await.requester, carla, "who has no id here goes by the one on Discord");
    // A person can be chosen in Discord's own way, too.
    let line = format!("{} poc:<@{}>", SCHEDULE.replace("jira", "wiki"), hub.fake.id("carla"));
    let said = hub.line("ben", "#dev", &line).await;
    assert!(said.plain().contains("MW-2"), "{said}");
    let window = hub.bot.window(2).await;
    assert_eq!((window.requester.as_str(), window.poc.as_deref()), ("ben", Some(carla.as_str())));
    hub.close().await;
}

#[tokio::test]
async fn a_star_is_everybody() {
    let hub = hub("[roles]\nviewer = [\"*\"]\nscheduler = [\"discord:@ben@\"]\n", "").await;
    are(&hub, &[("anna", "viewer"), ("ben", "viewer, scheduler")]).await;
    let said = hub.command("anna", "#dev", "list", &[]).await;
    assert!(said.plain().contains("o window"), "reading is for everybody: {said}");
    assert!(is_refused_for_the_role(&hub.line("anna", "#dev", SCHEDULE).await));
    hub.close().await;
}

#[tokio::test]
async fn who_has_a_role_of_the_server_holds_what_is_given_to_it_from_that_moment_on() {
    let hub = hub("[roles]\nscheduler = [\"discord:@oncall@\"]\n", "").await;
    hub.fake.person("ben", &["oncall"]);
    are(&hub, &[("ben", "scheduler"), ("carla", "none")]).await;
    hub.fake.person("ben", &[]);
    hub.fake.person("carla", &["oncall"]);
    are(&hub, &[("ben", "none"), ("carla", "scheduler")]).await;
    assert!(is_refused_for_the_role(&hub.line("ben", "#dev", SCHEDULE).await));
    assert!(hub.line("carla", "#dev", SCHEDULE).await.plain().contains("is scheduled"));
    hub.close().await;
}

#[tokio::test]
async fn everybody_on_a_server_has_the_role_that_is_called_as_the_server() {
    let hub = hub(&format!("[roles]\nviewer = [\"discord:{SERVER}\"]\n"), "").await;
    are(&hub, &[("anna", "viewer"), ("eve", "viewer")]).await;
    hub.close().await;
}

#[tokio::test]
async fn a_permission_on_the_server_can_hold_a_role_and_an_administrator_has_them_all() {
    let roles = format!(
        "[roles]\nscheduler = [\"discord:manage_events\"]\nengineer = [\"discord:{SERVER}/manage_guild\"]\n\
         admin = [\"discord:administrator\"]\n"
    );
    let hub = hub(&roles, "").await;
    for (role, may) in [
        ("planners", MANAGE_EVENTS),
        ("keepers", MANAGE_GUILD),
        ("gardeners", MANAGE_CHANNELS),
        ("owners", ADMINISTRATOR),
    ] {
        hub.fake.role(role);
        hub.fake.role_may(role, may, false);
    }
    for (user, held) in [
        ("anna", &["owners"][..]),
        ("ben", &["planners"]),
        ("carla", &["keepers"]),
        ("dan", &["planners", "keepers"]),
        ("eve", &["gardeners"]),
    ] {
        hub.fake.person(user, held);
    }
    are(
        &hub,
        &[
            ("anna", "engineer, scheduler, admin"),
            ("ben", "scheduler"),
            ("carla", "engineer"),
            ("dan", "engineer, scheduler"),
            ("eve", "none"),
        ],
    )
    .await;
    // The channel may take a permission from somebody, and maintbot goes by what they may where they act.
    hub.close().await;
}

#[tokio::test]
async fn without_roles_everybody_plans_and_nobody_approves() {
    let approval = "[policy.scheduled]\nnotice = \"14d\"\napproval = [\"short_notice\"]\n";
    let hub = hub(approval, "").await;
    are(&hub, &[("anna", "scheduler")]).await;
    let said = hub.line("ben", "#dev", &format!("{SCHEDULE} reason:Now")).await;
    assert!(said.plain().contains("waits for approval"), "{said}");
    let request = hub.newest("#ops");
    let offered = request.buttons();
    assert!(offered[0].starts_with("approve") && offered[1].starts_with("reject"), "{offered:?}");
    for user in ["anna", "ben", "carla", "dan", "eve"] {
        let said = hub.press(user, "#ops", "approve").await;
        assert!(said.hidden() && said.plain().contains("approve"), "{user}: {said}");
    }
    assert_eq!(hub.bot.window(1).await.state.as_str(), "pending");
    hub.close().await;
}

#[tokio::test]
async fn in_direct_messages_people_are_who_they_are_here_and_nobody_holds_a_role_of_a_server() {
    let by_id = |fake: &FakeDiscord, roles: &str, people: &str| {
        let usual = config(fake, Way::Http, "").replace(&format!("guilds = [\"{SERVER}\"]"), "guilds = []");
        let usual = ["#ops", "#ce"].into_iter().fold(usual, |text, name| {
            text.replace(&format!("discord:{name}"), &format!("discord:{}", fake.channel(name).id()))
        });
        let (before, _) = usual.split_once("[roles]").expect("the roles come last but one");
        with_ids(fake, &format!("{before}\n{roles}\n[people]\n{people}\n"))
    };
    let roles = "[roles]\nscheduler = [\"ben\", \"discord:@oncall@\"]\nengineer = [\"discord:@eve@\", \"discord:manage_events\"]\n";
    let hub = start(|fake| by_id(fake, roles, "ben.discord = \"@ben@\"")).await;
    hub.fake.role_may("oncall", MANAGE_EVENTS, false);
    hub.fake.person("carla", &["oncall"]);
    for (user, on_the_server, direct) in
        [("ben", "scheduler", "scheduler"), ("eve", "engineer", "engineer"), ("carla", "engineer, scheduler", "none")]
    {
        assert_eq!(self::roles(&hub.fake, &hub, user, "#dev").await, on_the_server, "{user}");
        assert_eq!(self::roles(&hub.fake, &hub, user, &format!("@{user}")).await, direct, "{user}");
    }
    hub.close().await;
    // Anybody who shares a server can write to maintbot: without [roles] only who is known here may plan there.
    let hub = start(|fake| by_id(fake, "", "ben.discord = \"@ben@\"")).await;
    assert_eq!(self::roles(&hub.fake, &hub, "ben", "@ben").await, "scheduler");
    assert_eq!(self::roles(&hub.fake, &hub, "carla", "#dev").await, "scheduler");
    assert_eq!(self::roles(&hub.fake, &hub, "carla", "@carla").await, "none");
    hub.close().await;
}

#[tokio::test]
async fn the_point_of_contact_may_do_what_engineers_do_with_their_window() {
    let roles = "[roles]\nviewer = [\"*\"]\nscheduler = [\"discord:@ben@\"]\n";
    let hub = hub(roles, "eve.discord = \"@eve@\"").await;
    let dan = hub.fake.id("dan");
    for (service, poc) in [("jira", "eve".to_owned()), ("wiki", format!("<@{dan}>"))] {
        let line = SCHEDULE.replace("2026-12-08 14:00-16:00", "2026-12-01 09:10-11:00").replace("jira", service);
        let said = hub.line("ben", "#dev", &format!("{line} poc:{poc} item:Jira")).await;
        assert!(said.plain().contains("is scheduled"), "{said}");
    }
    let needs = |role: &str| format!("needs the role {role}");
    for (user, line) in [("eve", "note MW-1 Ready"), ("dan", "note MW-2 Ready")] {
        let said = hub.line(user, "#dev", line).await;
        assert!(said.plain().contains("new note"), "{user}: {said}");
    }
    let refused = hub.line("dan", "#dev", "note MW-1 Ready").await;
    assert!(refused.plain().contains(&needs("engineer")), "of another's window: {refused}");
    let refused = hub.line("eve", "#dev", "cancel MW-1 reason:No").await;
    assert!(refused.plain().contains(&needs("scheduler")), "not what schedulers do: {refused}");
    let notes = |events: Vec<String>| events.into_iter().filter(|event| event.contains("Ready")).collect::<Vec<_>>();
    assert_eq!(notes(hub.bot.events(1).await).len(), 1);
    assert!(notes(hub.bot.events(2).await)[0].starts_with(&format!("discord:@{dan}: ")));
    hub.close().await;
}
