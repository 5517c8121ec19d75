//! Slack: signing in, one workspace or several, and who is who there.

use maintbot::config::{Config, Slack, SlackWorkspace};
use maintbot::domain::access::Role;
use maintbot::domain::organisation::Channel;
use secrecy::ExposeSecret;

use super::{FILE, good, lines, problem, problems};

const ONE: &str = "[slack]\nbot_token = \"xoxb-hunter2\"\nsigning_secret = \"hunter2-hunter2\"\n";
const TWO: &str = r#"[[slack.workspace]]
id = "T1"
bot_token = "xoxb-hunter2"
signing_secret = "hunter2-hunter2"
[[slack.workspace]]
id = "T2"
bot_token = "xoxb-hunter2-too"
app_token = "xapp-hunter2"
"#;
const REACH: &str = "add signing_secret, with which Slack signs what it sends to `public_url`, or app_token for Socket Mode, without a public address";

fn slack(text: &str) -> Slack {
    good(text).slack.expect("Slack is written")
}

fn secrets(workspace: &SlackWorkspace) -> [Option<&str>; 3] {
    let SlackWorkspace { bot_token, signing_secret, app_token, .. } = workspace;
    [Some(bot_token), signing_secret.as_ref(), app_token.as_ref()].map(|secret| secret.map(ExposeSecret::expose_secret))
}

fn channels(channels: &[Channel]) -> Vec<String> {
    channels.iter().map(ToString::to_string).collect()
}

#[test]
fn without_a_word_there_is_no_slack() {
    assert!(Config::with_defaults().slack.is_none());
}

#[test]
fn one_workspace_needs_no_name() {
    let config = good(&format!(
        r#"{ONE}
        app_token = "xapp-hunter2"
        api_url = "https://slack.example.com/api/"
        [organisation]
        ops = ["slack:#ops"]
        [[audience]]
        name = "staff"
        channels = ["slack:#ce", "slack:C012AB3CD", "slack:U061F7AUR"]
        [people.anna]
        slack = "U061F7AUR"
        [roles]
        engineer = ["slack:@OnCall", "slack:#ops", "anna"]
        approver = ["slack:G012AB3CD"]
        admin = ["slack:U061F7AUR"]
        "#
    ));
    let found = config.slack.as_ref().expect("Slack is written");
    assert_eq!(found.api_url, "https://slack.example.com/api");
    assert_eq!(found.workspaces.len(), 1);
    assert_eq!(found.workspaces[0].id, "");
    let expected = [Some("xoxb-hunter2"), Some("hunter2-hunter2"), Some("xapp-hunter2")];
    assert_eq!(secrets(&found.workspaces[0]), expected);
    assert!(!format!("{config:?} {config:#?}").contains("hunter2"));

    let organisation = &config.organisation;
    assert_eq!(channels(&organisation.ops), ["slack:#ops"]);
    let staff = channels(&organisation.audiences[0].channels);
    assert_eq!(staff, ["slack:#ce", "slack:C012AB3CD", "slack:U061F7AUR"]);
    let own = organisation.people["anna"].slack.as_ref().map(ToString::to_string);
    assert_eq!(own.as_deref(), Some("U061F7AUR"));
    let roles = organisation.roles.as_ref().expect("roles are written");
    assert_eq!(roles[&Role::Engineer], ["slack:@oncall", "slack:#ops", "anna"]);
    assert_eq!(roles[&Role::Approver], ["slack:G012AB3CD"]);
    assert_eq!(roles[&Role::Admin], ["slack:U061F7AUR"]);
}

#[test]
fn a_secret_or_a_socket_is_enough() {
    assert_eq!(slack(ONE).api_url, "https://slack.com/api");
    let socket = slack("[slack]\nbot_token = \"xoxb-1\"\napp_token = \"xapp-1\"\n");
    assert_eq!(secrets(&socket.workspaces[0]), [Some("xoxb-1"), None, Some("xapp-1")]);
    assert_eq!(
        problem("[slack]\nbot_token = \"xoxb-1\"\n"),
        format!("maintbot.toml:1: nothing that is done on Slack can reach maintbot by [slack]; {REACH}")
    );
    assert_eq!(
        problem("[slack]\nsigning_secret = \"hunter2-hunter2\"\n"),
        "maintbot.toml:1: [slack] needs `bot_token`; write bot_token_file = \"slack.bot\" with the token that begins with xoxb-, on the app's page at https://api.slack.com/apps"
    );
    assert_eq!(problems("[slack]\n").len(), 2);
}

#[test]
fn several_workspaces_have_a_block_each_and_stand_in_front_of_what_is_there() {
    let config = good(&format!(
        r#"{TWO}
        [[audience]]
        name = "staff"
        channels = ["slack:T1/#ce", "slack:T2/C012AB3CD"]
        [people.anna]
        slack = "T1/U1"
        [people.bo]
        slack = "T2/U1"
        [roles]
        engineer = ["slack:T1/@OnCall", "slack:T2/#ce"]
        admin = ["slack:T2/U1"]
        "#
    ));
    let found = config.slack.as_ref().expect("Slack is written");
    let ids: Vec<&str> = found.workspaces.iter().map(|workspace| workspace.id.as_str()).collect();
    assert_eq!(ids, ["T1", "T2"]);
    assert_eq!(secrets(&found.workspaces[1]), [Some("xoxb-hunter2-too"), None, Some("xapp-hunter2")]);
    assert_eq!(channels(&config.organisation.audiences[0].channels), ["slack:T1/#ce", "slack:T2/C012AB3CD"]);
    let person = |text: &str| config.organisation.person_on_slack(&text.parse().expect("a place"));
    assert_eq!((person("T1/U1"), person("T2/U1"), person("T1/U2")), (Some("anna"), Some("bo"), None));
    let roles = config.organisation.roles.as_ref().expect("roles are written");
    assert_eq!(roles[&Role::Engineer], ["slack:T1/@oncall", "slack:T2/#ce"]);
}

#[test]
fn the_section_and_its_blocks_do_not_both_hold_a_workspace() {
    assert_eq!(
        problem(&format!("[slack]\nbot_token = \"xoxb-hunter2\"\n{TWO}")),
        "maintbot.toml:2: `bot_token` in [slack]: there are [[slack.workspace]] blocks as well; put it into the block of its workspace, or leave the blocks out"
    );
    assert_eq!(slack(&format!("[slack]\napi_url = \"http://localhost:9\"\n{TWO}")).api_url, "http://localhost:9");
    assert_eq!(
        problem("[slack]\nworkspace = []\n"),
        "maintbot.toml:2: [slack] names no workspace; leave the list out and write bot_token here, or give each workspace a block"
    );
    let told = problems("[slack.workspace]\nid = \"T1\"\n");
    assert_eq!(told[0].message, "`workspace` is written as [[slack.workspace]], once for each");
}

#[test]
fn everything_wrong_with_a_block_is_told_with_its_place() {
    let text = r#"[[slack.workspace]]
bot_token = "xoxb-1"
[[slack.workspace]]
id = "t2"
bot_token = "xoxb-2"
signing_secret = "short"
[[slack.workspace]]
id = "example"
app_token = "xapp-3"
bot_tokens = "x"
[[slack.workspace]]
id = "T4"
bot_token = "xoxb-4"
app_token = "xapp-4"
[[slack.workspace]]
id = "T4"
bot_token = "xoxb-5"
app_token = "xapp-5"
"#;
    let apps = "on the app's page at https://api.slack.com/apps";
    let expected = [
        "maintbot.toml:1: [[slack.workspace]] needs `id`; write id = \"T012AB3CD\"".to_owned(),
        format!("maintbot.toml:1: nothing that is done on Slack can reach maintbot by [[slack.workspace]]; {REACH}"),
        "maintbot.toml:4: `id` in [[slack.workspace]]: `t2` is not Slack's id of a workspace; write `T2`".to_owned(),
        format!(
            "maintbot.toml:6: `signing_secret` in [[slack.workspace]]: a secret shorter than 8 characters can be guessed; give the Signing Secret: under Basic Information {apps}"
        ),
        format!("maintbot.toml:7: [[slack.workspace]] needs `bot_token`; write bot_token_file = \"slack.bot\" with the token that begins with xoxb-, {apps}"),
        "maintbot.toml:8: `id` in [[slack.workspace]]: `example` is not Slack's id of a workspace; write for example \"T012AB3CD\": it stands in the address of the workspace in a browser".to_owned(),
        "maintbot.toml:10: unknown key `bot_tokens` in [[slack.workspace]]; did you mean `bot_token`?".to_owned(),
        "maintbot.toml:16: `id` in [[slack.workspace]]: `T4` is there already, at line 12; each needs its own".to_owned(),
    ];
    assert_eq!(lines(text), expected);
}

#[test]
fn a_token_is_of_its_kind_and_is_never_repeated() {
    let apps = "on the app's page at https://api.slack.com/apps";
    let bot = format!("give the Bot User OAuth Token, which begins with xoxb-: under OAuth & Permissions {apps}");
    for (token, what) in [
        ("xapp-hunter2", "this is the app's token"),
        ("xoxp-hunter2", "this is a user's token"),
        ("hunter2", "this is not the token"),
        ("", "this is not the token"),
        ("xoxb-", "this is not the token"),
        ("xoxb-hunter2 ", "this is not the token"),
        ("Bearer xoxb-hunter2", "this is not the token"),
    ] {
        let text = format!("[slack]\nsigning_secret = \"hunter2-hunter2\"\nbot_token = \"{token}\"\n");
        assert_eq!(problem(&text), format!("maintbot.toml:3: `bot_token` in [slack]: {what}; {bot}"), "{token}");
    }
    let app = format!("give the App-Level Token, which begins with xapp-: under Basic Information {apps}");
    for (token, what) in [("xoxb-hunter2", "this is the bot's token"), ("hunter2", "this is not the token")] {
        let text = format!("[slack]\nbot_token = \"xoxb-hunter2\"\napp_token = \"{token}\"\n");
        assert_eq!(problem(&text), format!("maintbot.toml:3: `app_token` in [slack]: {what}; {app}"), "{token}");
    }
}

#[test]
fn secrets_of_slack_can_stand_in_files_or_in_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(FILE);
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    put("bot", "xoxb-hunter2\n");
    put("secret", "hunter2-hunter2\n");
    put("app", "xapp-hunter2\n");
    let read = |text: &str, environment: &[(&str, &str)]| Config::from_text(&file, text, environment.iter().copied());
    let expected = [Some("xoxb-hunter2"), Some("hunter2-hunter2"), Some("xapp-hunter2")];
    let keys = "bot_token_file = \"bot\"\nsigning_secret_file = \"secret\"\napp_token_file = \"app\"\n";
    for before in ["[slack]\n", "[[slack.workspace]]\nid = \"T1\"\n"] {
        let found = read(&format!("{before}{keys}"), &[]).expect("good").slack.expect("Slack");
        assert_eq!(secrets(&found.workspaces[0]), expected);
    }
    let environment = [
        ("MAINTBOT__SLACK__BOT_TOKEN", "xoxb-hunter2"),
        ("MAINTBOT__SLACK__SIGNING_SECRET", "hunter2-hunter2"),
        ("MAINTBOT__SLACK__APP_TOKEN", "xapp-hunter2"),
    ];
    let found = read("", &environment).expect("good").slack.expect("Slack");
    assert_eq!(secrets(&found.workspaces[0]), expected);

    let swapped = "[slack]\nbot_token_file = \"app\"\nsigning_secret_file = \"secret\"\n";
    let told = read(swapped, &[]).expect_err("the app's token");
    assert_eq!(told.0[0].key, "slack.bot_token_file");
    assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
}

#[test]
fn what_is_on_slack_says_so_where_slack_is_not_written() {
    let text = "[organisation]\nops = [\"slack:#ops\"]\n[[audience]]\nname = \"a\"\nchannels = [\"slack:T1/#ce\"]\n";
    let hint = "add [slack] with bot_token, and with signing_secret or app_token";
    let expected = [
        format!("maintbot.toml:2: `ops` in [organisation]: `slack:#ops` cannot be reached without Slack; {hint}"),
        format!("maintbot.toml:5: `channels` in [[audience]]: `slack:T1/#ce` cannot be reached without Slack; {hint}"),
    ];
    assert_eq!(lines(text), expected);
    let config = good("[people.anna]\nslack = \"U1\"\n[roles]\nadmin = [\"slack:U1\"]\n");
    assert!(config.organisation.people["anna"].slack.is_none(), "nobody can write to her there");
}

#[test]
fn a_workspace_is_given_exactly_where_they_are_named() {
    let text = r#"
[[audience]]
name = "a"
channels = ["slack:#ce", "slack:T3/#ce", "slack:T1/#ce"]
[people.anna]
slack = "U1"
[people.bo]
slack = "T9/U1"
[roles]
admin = ["slack:@oncall", "slack:T3/U1"]
"#;
    let channel = "`channels` in [[audience]]";
    let which = "does not say in which workspace";
    let expected = [
        format!("maintbot.toml:12: {channel}: `slack:#ce` {which}; write `slack:T1/#ce`"),
        format!(
            "maintbot.toml:12: {channel}: `slack:T3/#ce`: no [[slack.workspace]] has the id `T3`; there are T1, T2"
        ),
        format!("maintbot.toml:14: `slack` in [people.anna]: `U1` {which}; write `T1/U1`"),
        "maintbot.toml:16: `slack` in [people.bo]: `T9/U1`: no [[slack.workspace]] has the id `T9`; there are T1, T2"
            .to_owned(),
        format!("maintbot.toml:18: `admin` in [roles]: `slack:@oncall` {which}; write `slack:T1/@oncall`"),
        "maintbot.toml:18: `admin` in [roles]: `slack:T3/U1`: no [[slack.workspace]] has the id `T3`; there are T1, T2"
            .to_owned(),
    ];
    assert_eq!(lines(&format!("{TWO}{}", text.trim_start_matches('\n'))).len(), expected.len());
    assert_eq!(lines(&format!("{TWO}{text}")), expected);

    let hint = "leave the workspace out, or give it a [[slack.workspace]] block";
    for (text, place, written) in [
        ("[organisation]\nops = [\"slack:T1/#ce\"]\n", "`ops` in [organisation]", "slack:T1/#ce"),
        ("[people.anna]\nslack = \"T1/U1\"\n", "`slack` in [people.anna]", "T1/U1"),
        ("[roles]\nadmin = [\"slack:T1/U1\"]\n", "`admin` in [roles]", "slack:T1/U1"),
    ] {
        let told = problem(&format!("{ONE}{text}"));
        let expected =
            format!("maintbot.toml:5: {place}: `{written}` names a workspace, and [slack] names none; {hint}");
        assert_eq!(told, expected);
    }
}

#[test]
fn a_member_is_checked_and_belongs_to_one_person() {
    for id in ["", "anna", "@anna", "#ce", "C012AB3CD", "u1", "U", "T1/", "/U1", "<@U1>"] {
        assert_eq!(
            problem(&format!("{ONE}[people.anna]\nslack = \"{id}\"\n")),
            format!(
                "maintbot.toml:5: `slack` in [people.anna]: `{id}` is not the id of a person on Slack; write for example `U061F7AUR`: Copy member ID in their profile on Slack"
            )
        );
    }
    assert_eq!(
        problem(&format!("{ONE}[people.anna]\nslack = \"U1\"\n[people.bo]\nslack = \"U1\"\n")),
        "maintbot.toml:7: `slack` in [people.bo]: `U1` is there already, at line 5; each needs its own"
    );
}

#[test]
fn whoever_holds_a_role_by_slack_is_a_person_a_group_or_a_channel() {
    for holder in ["", "anna", "@", "@a b", "#", "#a b", "D012AB3CD", "u1", "/U1", "T1/", "T1/T1/U1", "<!channel>"] {
        assert_eq!(
            problem(&format!("{ONE}[roles]\nadmin = [\"slack:{holder}\"]\n")),
            format!(
                "maintbot.toml:5: `admin` in [roles]: `slack:{holder}` is neither a person nor a user group nor a channel on Slack; write slack:U061F7AUR, slack:@group or slack:#channel"
            )
        );
    }
    let twice = problem(&format!("{ONE}[roles]\nadmin = [\"slack:@OnCall\", \"slack:@oncall\"]\n"));
    assert!(twice.contains("`slack:@oncall` is there twice"), "{twice}");
}

#[test]
fn a_demonstration_says_nothing_on_slack() {
    let long = "x".repeat(80);
    let mut config = good(&format!(
        r#"{TWO}
        [organisation]
        ops = ["slack:T1/#ops", "builtin:ops"]
        [[audience]]
        name = "staff"
        channels = ["slack:T1/C012AB3CD", "slack:T2/#{long}", "log:audit"]
        [people.anna]
        slack = "T1/U1"
        "#
    ));
    config.keep_inside();
    let organisation = &config.organisation;
    assert!(config.slack.is_none() && organisation.people["anna"].slack.is_none());
    assert_eq!(channels(&organisation.ops), ["builtin:slack.T1.ops", "builtin:ops"]);
    let staff = channels(&organisation.audiences[0].channels);
    let cut = format!("builtin:slack.T2.{}", "x".repeat(71));
    assert_eq!(staff, ["builtin:slack.T1.C012AB3CD", cut.as_str(), "log:audit"]);
    assert!(staff.iter().all(|channel| channel.parse::<Channel>().is_ok()), "{staff:?}");
}
