//! Discord: signing in, one server or several, and who is who there.

use maintbot::config::{Config, DISCORD_PERMISSIONS, Discord};
use maintbot::domain::access::Role;
use maintbot::domain::organisation::Channel;
use secrecy::ExposeSecret;

use super::{FILE, good, lines, problem, problems};

const PORTAL: &str = "https://discord.com/developers/applications";
const KEY: &str = "3B6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
const BARE: &str = "[discord]\nbot_token = \"hunter2\"\napplication_id = \"77\"\n";
const ONE: &str = "[discord]\nbot_token = \"hunter2\"\napplication_id = \"77\"\nguilds = [\"9001\"]\n";
const TWO: &str = "[discord]\nbot_token = \"hunter2\"\napplication_id = \"77\"\nguilds = [\"9001\", \"9002\"]\n";

fn discord(text: &str) -> Discord {
    good(text).discord.expect("Discord is written")
}

fn channels(channels: &[Channel]) -> Vec<String> {
    channels.iter().map(ToString::to_string).collect()
}

#[test]
fn without_a_word_there_is_no_discord() {
    let config = Config::with_defaults();
    assert!(config.discord.is_none() && config.organisation.events.is_empty());
}

#[test]
fn a_token_and_an_application_are_enough() {
    let found = discord(BARE);
    assert_eq!(found.api_url, "https://discord.com");
    assert_eq!((found.bot_token.expose_secret(), found.application_id.as_str()), ("hunter2", "77"));
    assert_eq!((found.public_key, found.guilds.len(), found.gateway, found.events), (None, 0, true, false));
    let expected = [
        format!(
            "maintbot.toml:1: [discord] needs `application_id`; write application_id = \"…\", as it stands under General Information on {PORTAL}"
        ),
        format!(
            "maintbot.toml:1: [discord] needs `bot_token`; write bot_token_file = \"discord.bot\" with the bot's token: under Bot on {PORTAL}"
        ),
    ];
    let mut told = lines("[discord]\n");
    told.sort();
    assert_eq!(told, expected);
}

#[test]
fn everything_that_can_be_written_is_read() {
    let config = good(&format!(
        r#"{ONE}
        api_url = "https://discord.example.com/bot/"
        public_key = "{KEY}"
        gateway = true
        events = true
        [organisation]
        ops = ["discord:#ops"]
        [[audience]]
        name = "staff"
        channels = ["discord:9001/#ce", "discord:#🔧-work", "discord:1103", "discord:@2204"]
        mention = ["discord:3305", "discord:3306"]
        [people.anna]
        discord = "2204"
        [roles]
        engineer = ["discord:3305", "discord:manage_events", "anna"]
        approver = ["discord:9001/administrator"]
        admin = ["discord:@2204"]
        "#
    ));
    let found = config.discord.as_ref().expect("Discord is written");
    assert_eq!(found.api_url, "https://discord.example.com/bot");
    assert_eq!(found.public_key, Some(KEY.to_lowercase()));
    assert_eq!((found.guilds.as_slice(), found.gateway, found.events), (["9001".to_owned()].as_slice(), true, true));
    assert!(!format!("{config:?} {config:#?}").contains("hunter2"));

    let organisation = &config.organisation;
    assert_eq!(channels(&organisation.ops), ["discord:#ops"]);
    let staff = channels(&organisation.audiences[0].channels);
    assert_eq!(staff, ["discord:#ce", "discord:#🔧-work", "discord:1103", "discord:@2204"]);
    assert_eq!(organisation.audiences[0].mentions, ["3305", "3306"]);
    assert_eq!(channels(&organisation.events), ["discord:9001/events"]);
    let own = organisation.people["anna"].discord.clone().expect("she is known there");
    assert_eq!((own.to_string().as_str(), organisation.person_on_discord(&own)), ("@2204", Some("anna")));
    let roles = organisation.roles.as_ref().expect("roles are written");
    assert_eq!(roles[&Role::Engineer], ["discord:3305", "discord:manage_events", "anna"]);
    assert_eq!(roles[&Role::Approver], ["discord:9001/administrator"]);
    assert_eq!(roles[&Role::Admin], ["discord:@2204"]);
}

#[test]
fn discord_reaches_maintbot_by_the_gateway_or_by_its_signature() {
    let key = format!("public_key = \"{KEY}\"\n");
    assert!(!discord(&format!("{BARE}{key}")).gateway);
    assert!(discord(&format!("{BARE}{key}gateway = true\n")).gateway);
    assert_eq!(
        problem(&format!("{BARE}gateway = false\n")),
        format!(
            "maintbot.toml:4: nothing that is done on Discord can reach maintbot by [discord]; leave gateway out, or add public_key, with which Discord signs what it sends to `public_url`: under General Information on {PORTAL}"
        )
    );
    for key in ["", "hunter2", &KEY[1..], &format!("{KEY}0"), &format!("{}g", &KEY[1..]), &format!(" {}", &KEY[1..])] {
        assert_eq!(
            problem(&format!("{BARE}public_key = \"{key}\"\n")),
            format!(
                "maintbot.toml:4: `public_key` in [discord]: this is not a public key, which has 64 hexadecimal digits; give the Public Key: under General Information on {PORTAL}"
            ),
            "{key}"
        );
    }
}

#[test]
fn the_address_is_that_of_discord_and_not_of_its_api() {
    for (url, base) in [
        ("https://discord.com/api", "https://discord.com"),
        ("https://discord.com/api/v10/", "https://discord.com"),
        ("http://localhost:9/x/api/v9", "http://localhost:9/x"),
    ] {
        assert_eq!(
            problem(&format!("{BARE}api_url = \"{url}\"\n")),
            format!("maintbot.toml:4: `api_url` in [discord]: maintbot adds /api/v10 by itself; write {base}")
        );
    }
    assert_eq!(discord(&format!("{BARE}api_url = \"http://localhost:9/v10\"\n")).api_url, "http://localhost:9/v10");
    let told = problem(&format!("{BARE}api_url = \"discord.com\"\n"));
    assert!(told.ends_with("must begin with http:// or https://; write for example https://discord.com"), "{told}");
}

#[test]
fn a_token_is_the_bots_and_is_never_repeated() {
    let hint = format!("give the bot's token alone: Reset Token under Bot on {PORTAL}");
    let address = "this is an address, perhaps of a webhook, and not the token";
    for (token, what) in [
        ("Bot hunter2", "the word Bot is not part of the token"),
        ("bot hunter2", "the word Bot is not part of the token"),
        ("https://discord.com/api/webhooks/1/hunter2", address),
        ("", "this is not the token"),
        ("hunter2 hunter2", "this is not the token"),
        ("hunter2ä", "this is not the token"),
    ] {
        let text = format!("[discord]\napplication_id = \"77\"\nbot_token = \"{token}\"\n");
        assert_eq!(problem(&text), format!("maintbot.toml:3: `bot_token` in [discord]: {what}; {hint}"), "{token}");
    }
}

#[test]
fn the_token_can_stand_in_a_file_or_in_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(FILE);
    std::fs::write(folder.path().join("bot"), "hunter2\n").expect("written");
    std::fs::write(folder.path().join("wrong"), "Bot hunter2\n").expect("written");
    let read = |text: &str, environment: &[(&str, &str)]| Config::from_text(&file, text, environment.iter().copied());
    let found = read("[discord]\nbot_token_file = \"bot\"\napplication_id = \"77\"\n", &[]).expect("good");
    assert_eq!(found.discord.expect("Discord").bot_token.expose_secret(), "hunter2");
    let environment = [
        ("MAINTBOT__DISCORD__BOT_TOKEN", "hunter2"),
        ("MAINTBOT__DISCORD__APPLICATION_ID", "77"),
        ("MAINTBOT__DISCORD__GUILDS", "[\"9001\"]"),
        ("MAINTBOT__DISCORD__EVENTS", "true"),
    ];
    let found = read("", &environment).expect("good").discord.expect("Discord");
    assert_eq!((found.bot_token.expose_secret(), found.application_id.as_str()), ("hunter2", "77"));
    assert!(found.events && found.guilds == ["9001"]);

    let told =
        read("[discord]\nbot_token_file = \"wrong\"\napplication_id = \"77\"\n", &[]).expect_err("a word too many");
    assert_eq!(told.0[0].key, "discord.bot_token_file");
    assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
}

#[test]
fn ids_are_checked_and_servers_are_there_once() {
    let hint = "write for example \"1412345678901234567\": Copy ID in its menu on Discord, with Developer Mode on";
    for id in ["", "maintbot", "0", "07", "7 ", "18446744073709551616"] {
        assert_eq!(
            problem(&format!("[discord]\nbot_token = \"hunter2\"\napplication_id = \"{id}\"\n")),
            format!(
                "maintbot.toml:3: `application_id` in [discord]: `{id}` is not Discord's id of the application; {hint}"
            )
        );
        assert_eq!(
            problem(&format!("{BARE}guilds = [\"{id}\"]\n")),
            format!("maintbot.toml:4: `guilds` in [discord]: `{id}` is not Discord's id of a server; {hint}")
        );
    }
    let twice = problem(&format!("{BARE}guilds = [\"9001\", \"9001\"]\n"));
    assert_eq!(twice, "maintbot.toml:4: `guilds` in [discord]: `9001` is there twice");
    assert!(problem(&format!("{BARE}guilds = [9001]\n")).contains("in quotes"));
}

#[test]
fn scheduled_events_need_a_server_and_are_no_channel() {
    for guilds in ["", "guilds = []\n"] {
        let told = problem(&format!("{BARE}{guilds}events = true\n"));
        let expected =
            "`events` in [discord]: there is no server to show them on; write the ids of the servers into guilds";
        assert!(told.ends_with(expected), "{told}");
    }
    let events = |text: &str| channels(&good(text).organisation.events);
    assert_eq!(events(&format!("{TWO}events = true\n")), ["discord:9001/events", "discord:9002/events"]);
    assert_eq!(events(TWO), [""; 0]);
    let wrong = "`discord:9001/events` holds scheduled events and nobody can be written to there; write events = true in [discord], which shows every window there";
    for (text, place) in [
        ("[organisation]\nops = [\"discord:9001/events\"]\n", "maintbot.toml:6: `ops` in [organisation]"),
        (
            "[[audience]]\nname = \"a\"\nchannels = [\"discord:9001/events\"]\n",
            "maintbot.toml:7: `channels` in [[audience]]",
        ),
    ] {
        assert_eq!(problem(&format!("{ONE}{text}")), format!("{place}: {wrong}"));
    }
}

#[test]
fn what_is_on_discord_says_so_where_discord_is_not_written() {
    let text = "[organisation]\nops = [\"discord:#ops\"]\n[[audience]]\nname = \"a\"\nchannels = [\"discord:9001/#ce\"]\nmention = [\"discord:3305\"]\n";
    let hint = "add [discord] with bot_token and application_id";
    let expected = [
        format!("maintbot.toml:2: `ops` in [organisation]: `discord:#ops` cannot be reached without Discord; {hint}"),
        format!(
            "maintbot.toml:5: `channels` in [[audience]]: `discord:9001/#ce` cannot be reached without Discord; {hint}"
        ),
        format!(
            "maintbot.toml:6: `mention` in [[audience]]: `discord:3305` cannot be mentioned without Discord; {hint}"
        ),
    ];
    assert_eq!(lines(text), expected);
    let config = good("[people.anna]\ndiscord = \"2204\"\n[roles]\nadmin = [\"discord:@2204\"]\n");
    assert!(config.organisation.people["anna"].discord.is_none(), "nobody can write to her there");
}

#[test]
fn a_name_has_its_server_where_there_is_not_exactly_one() {
    let ops = |before: &str, channel: &str| format!("{before}[organisation]\nops = [\"{channel}\"]\n");
    let kept = |text: &str| channels(&good(text).organisation.ops).concat();
    assert_eq!(kept(&ops(TWO, "discord:9002/#ops")), "discord:9002/#ops");
    assert_eq!(kept(&ops(BARE, "discord:9002/#ops")), "discord:9002/#ops");
    assert_eq!(kept(&ops(TWO, "discord:1103")), "discord:1103");
    assert_eq!(kept(&ops(BARE, "discord:@2204")), "discord:@2204");
    let which = "`ops` in [organisation]: `discord:#ops` does not say on which server; write `discord:";
    assert_eq!(problem(&ops(TWO, "discord:#ops")), format!("maintbot.toml:6: {which}9001/#ops`"));
    assert_eq!(
        problem(&ops(BARE, "discord:#ops")),
        format!("maintbot.toml:5: {which}<id of the server>/#ops`, or the server into guilds in [discord]")
    );
    let unknown = "`ops` in [organisation]: `discord:9009/#ops`: `guilds` in [discord] has no server `9009`; ";
    let told = problem(&ops(TWO, "discord:9009/#ops"));
    assert!(told.starts_with(&format!("maintbot.toml:6: {unknown}")) && told.ends_with("9001, 9002"), "{told}");
    let told = problem(&ops(ONE, "discord:9009/#ops"));
    assert!(told.starts_with(&format!("maintbot.toml:6: {unknown}")) && told.ends_with("9001"), "{told}");
}

#[test]
fn a_user_is_checked_and_belongs_to_one_person() {
    for id in ["", "anna", "@2204", "<@2204>", "discord:2204", "9001/2204"] {
        assert_eq!(
            problem(&format!("{ONE}[people.anna]\ndiscord = \"{id}\"\n")),
            format!(
                "maintbot.toml:6: `discord` in [people.anna]: `{id}` is not the id of a person on Discord; write for example \"220412345678901234\": Copy User ID in their menu on Discord, with Developer Mode on"
            )
        );
    }
    assert_eq!(
        problem(&format!("{ONE}[people.anna]\ndiscord = \"2204\"\n[people.bo]\ndiscord = \"2204\"\n")),
        "maintbot.toml:8: `discord` in [people.bo]: `2204` is there already, at line 6; each needs its own"
    );
}

#[test]
fn a_mention_is_a_role_by_its_id() {
    for role in ["", "3305", "discord:", "discord:@3305", "discord:#ops", "discord:admins", "@everyone", "slack:3305"] {
        assert_eq!(
            problem(&format!("{ONE}[[audience]]\nname = \"a\"\nchannels = [\"discord:#a\"]\nmention = [\"{role}\"]\n")),
            format!(
                "maintbot.toml:8: `mention` in [[audience]]: `{role}` is not a role on Discord; write for example \"discord:330512345678901234\": Copy Role ID in the server's list of roles, with Developer Mode on"
            )
        );
    }
}

#[test]
fn whoever_holds_a_role_by_discord_is_a_role_a_person_or_has_a_permission() {
    for holder in [
        "",
        "@",
        "@anna",
        "#ops",
        "Manage_Events",
        "MANAGE",
        "9001/",
        "9001/3305",
        "/manage_events",
        "x/manage_events",
        "<@1>",
    ] {
        assert_eq!(
            problem(&format!("{ONE}[roles]\nadmin = [\"discord:{holder}\"]\n")),
            format!(
                "maintbot.toml:6: `admin` in [roles]: `discord:{holder}` is neither a role nor a person nor a permission on Discord; write discord:330512345678901234 (the id of a role or person), discord:@220412345678901234 (a person) or discord:manage_events"
            )
        );
    }
    let told = problem(&format!("{ONE}[roles]\nadmin = [\"discord:manage_event\"]\n"));
    let expected = "maintbot.toml:6: `admin` in [roles]: `discord:manage_event`: there is no permission `manage_event`; did you mean `manage_events`? There are administrator, manage_guild, ";
    assert!(told.starts_with(expected) && told.ends_with(", use_application_commands"), "{told}");
    let told = problem(&format!("{TWO}[roles]\nadmin = [\"discord:9009/manage_guild\"]\n"));
    assert!(told.contains("`discord:9009/manage_guild`: `guilds` in [discord] has no server `9009`"), "{told}");
    assert!(good(&format!("{BARE}[roles]\nadmin = [\"discord:9009/manage_guild\"]\n")).organisation.roles.is_some());
}

#[test]
fn every_permission_that_may_be_named_is_one_of_discord() {
    for name in DISCORD_PERMISSIONS {
        let text = format!("{ONE}[roles]\nadmin = [\"discord:{name}\"]\n");
        assert!(good(&text).organisation.roles.is_some());
        assert!(serenity::model::Permissions::from_name(&name.to_uppercase()).is_some(), "{name}");
    }
}

#[test]
fn a_wrong_section_is_told_as_such() {
    assert_eq!(problems("discord = true\n")[0].message, "[discord] must be a section with keys, not true");
    let told = problem(&format!("{BARE}guild = [\"9001\"]\n"));
    assert_eq!(told, "maintbot.toml:4: unknown key `guild` in [discord]; did you mean `guilds`?");
}

#[test]
fn a_demonstration_says_nothing_on_discord() {
    let mut config = good(&format!(
        r#"{TWO}
        events = true
        [organisation]
        ops = ["discord:9001/#ops", "builtin:ops"]
        [[audience]]
        name = "staff"
        channels = ["discord:1103", "discord:@2204", "log:audit"]
        [people.anna]
        discord = "2204"
        "#
    ));
    config.keep_inside();
    let organisation = &config.organisation;
    assert!(config.discord.is_none() && organisation.people["anna"].discord.is_none());
    assert!(organisation.events.is_empty());
    assert_eq!(channels(&organisation.ops), ["builtin:discord.9001.ops", "builtin:ops"]);
    let staff = channels(&organisation.audiences[0].channels);
    assert_eq!(staff, ["builtin:discord.1103", "builtin:discord.2204", "log:audit"]);
}
