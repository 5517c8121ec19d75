//! The declarations: complete, consistent, and one to one with the typed commands.

use std::collections::{BTreeMap, BTreeSet};

use maintbot::command::Command;
use maintbot::command::spec::{Catalogue, DECLARATIONS, Type, catalogue};
use maintbot::command::value::check;
use maintbot::domain::access::Role;

use super::{command, read};

#[test]
fn every_file_in_the_folder_is_compiled_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/commands");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files
        .filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned()))
        .filter(|name| name != "_options")
        .collect();
    let compiled: BTreeSet<String> = DECLARATIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, compiled, "commands/*.toml and the list in src/command/spec.rs differ");
}

#[test]
fn every_declared_verb_has_a_command_with_the_same_options() {
    let commands: BTreeMap<&str, _> = Command::shapes().into_iter().collect();
    let declared: BTreeSet<&str> =
        catalogue().verbs.iter().filter(|verb| !verb.unwraps).map(|verb| verb.name.as_str()).collect();
    assert_eq!(declared, commands.keys().copied().collect());
    for (name, fields) in commands {
        let verb = catalogue().verb(name).unwrap();
        let options: BTreeSet<&str> =
            verb.options.iter().filter(|option| option.joins.is_none()).map(|option| option.name.as_str()).collect();
        assert_eq!(options, fields.iter().map(|(field, _)| field.as_str()).collect(), "{name}");
        for (field, shape) in &fields {
            let option = verb.option(field).unwrap();
            assert!(
                shape.types.contains(&option.kind),
                "{name} {field}: declared as {}, the field holds {:?}",
                option.kind,
                shape.types
            );
            assert_eq!(option.repeat, shape.repeat, "{name} {field}: repeat");
            assert!(shape.required == option.required || shape.repeat && !shape.required, "{name} {field}: required");
        }
    }
}

#[test]
fn every_example_is_a_line_of_its_verb() {
    for verb in &catalogue().verbs {
        assert!(!verb.examples.is_empty(), "{} has no example", verb.name);
        for example in verb.examples.iter().filter(|_| !verb.unwraps) {
            assert_eq!(command(example).verb(), verb.name, "{example}");
        }
        for option in verb.options.iter().filter(|option| option.kind != Type::Flag) {
            assert_eq!(check(option, &option.example), Ok(()), "{} {}", verb.name, option.name);
        }
    }
    assert_eq!(command("/maintenance do text:\"reminders MW-12\"").verb(), "reminders");
}

#[test]
fn the_examples_that_people_have_seen_are_understood() {
    let examples = [
        (
            r#"/maintenance schedule "Jira 10.3 upgrade" service:jira when:"next sunday 16:00-20:00" tz:Europe/Helsinki downtime:1h impact:"Jira is unavailable" poc:@mikko"#,
            "schedule",
        ),
        (r#"/maintenance edit MW-12 poc:@anna rollback:"snapshot, 10 minutes""#, "edit"),
        (r#"/maintenance plan new "Infrastructure upgrade""#, "plan new"),
        ("/maintenance plan publish PL-3", "plan publish"),
        ("/maintenance plan show PL-3", "plan show"),
        (r#"/maintenance plan cancel PL-3 reason:"not needed""#, "plan cancel"),
        (r#"/maintenance schedule "Phase 1" service:jira when:"2026-12-06 16:00-20:00" plan:PL-3"#, "schedule"),
        (r#"/maintenance qa add PL-3 "Is data safe?" "Yes: …""#, "qa add"),
        (r#"/maintenance qa add MW-12 "Is data safe?" "Yes: it is.""#, "qa add"),
        ("/maintenance qa remove PL-3 2", "qa remove"),
        ("/maintenance qa list MW-12", "qa list"),
        (r#"/maintenance hold PL-3 reason:"phase 1 failed""#, "hold"),
        ("/maintenance release PL-3", "release"),
        (
            r#"/maintenance series "Monthly break" service:all every:"second sunday of month 16:00 for 4h" tz:Europe/Helsinki"#,
            "series new",
        ),
        (
            r#"/maintenance series new "Patches" service:jira every:"FREQ=MONTHLY;BYDAY=2SU" at:16:00 for:4h"#,
            "series new",
        ),
        (r#"/maintenance series "Backups" service:jira every:"0 16 * * SUN" for:1h"#, "series new"),
        ("/maintenance series show", "series show"),
        ("/maintenance series stop SR-1", "series stop"),
        ("/maintenance suggest service:crm duration:2h before:2026-12-20 regions:apac,eu", "suggest"),
        (
            r#"/maintenance change add MW-12 "Jira to 10.3.2" kind:upgrade cve:CVE-2026-1234 assignee:@anna"#,
            "change add",
        ),
        ("/maintenance done MW-12 3", "done"),
        ("/maintenance complete MW-12", "complete"),
        (r#"/maintenance complete MW-12 outcome:rolled_back note:"…""#, "complete"),
        ("/maintenance complete MW-12 --carry-over", "complete"),
        (r#"/maintenance extend MW-12 30m reason:"index rebuild""#, "extend"),
        (r#"/maintenance reschedule MW-12 when:"2026-12-13 16:00-20:00""#, "reschedule"),
        (r#"/maintenance reschedule MW-12 when:"2026-12-13 16:00-20:00" --following"#, "reschedule"),
        ("/maintenance cancel MW-12", "cancel"),
        (r#"/maintenance note MW-12 "Database restored, verifying""#, "note"),
        ("/maintenance approve MW-12", "approve"),
        ("/maintenance reject MW-12", "reject"),
        ("/maintenance ack MW-12", "ack"),
        ("/maintenance told MW-12 ACME", "told"),
        ("/maintenance list service:jira state:scheduled", "list"),
        ("/maintenance list mine", "list"),
        ("/maintenance show MW-12", "show"),
        ("/maintenance next", "next"),
        ("/maintenance calendar", "calendar"),
        ("/maintenance reminders MW-12", "reminders"),
        ("/maintenance remind MW-12", "remind"),
        (r#"/maintenance freeze add "Year end" from:2026-12-18 to:2027-01-07"#, "freeze add"),
        ("/maintenance freeze list", "freeze list"),
        ("/maintenance freeze remove FR-2", "freeze remove"),
        (
            r#"/maintenance advisory "OpenSSL" id:CVE-2026-0001 severity:critical disposition:patch_now service:vpn when:"today 20:00-20:15""#,
            "advisory new",
        ),
        ("/maintenance advisory list", "advisory list"),
        ("/maintenance advisory show AD-1", "advisory show"),
        ("/maintenance advisory publish AD-1", "advisory publish"),
        ("/maintenance advisory withdraw AD-1", "advisory withdraw"),
        (r#"/maintenance advisory object AD-1 reason:"…""#, "advisory object"),
        ("/maintenance subscribe service:jira", "subscribe add"),
        ("/maintenance subscribe me", "subscribe add"),
        ("/maintenance subscribe email:anna@example.com regions:eu", "subscribe add"),
        ("/maintenance subscribe list", "subscribe list"),
        ("/maintenance unsubscribe", "unsubscribe"),
        ("/maintenance unsubscribe here service:jira", "unsubscribe"),
        ("/maintenance history MW-12", "history"),
        ("/maintenance preview MW-12 reminder", "preview"),
        (r#"/maintenance do text:"hold PL-3""#, "hold"),
        ("/maintenance whoami", "whoami"),
        ("/maintenance help schedule", "help"),
    ];
    for (line, verb) in examples {
        assert_eq!(command(line).verb(), verb, "{line}");
    }
}

#[test]
fn every_verb_needs_the_role_of_the_contract() {
    let roles = [
        (
            Role::Viewer,
            "list,show,next,calendar,reminders,history,preview,suggest,whoami,help,do,plan show,qa list,series show,freeze list,\
             advisory list,advisory show,advisory object,subscribe add,subscribe list,unsubscribe",
        ),
        (
            Role::Engineer,
            "change add,change edit,change assign,change remove,change import,done,undo,start,verify,extend,complete,note,\
             ack,told,remind",
        ),
        (
            Role::Scheduler,
            "schedule,edit,plan new,plan publish,plan cancel,qa add,qa remove,series new,series stop,reschedule,cancel,hold,\
             release,advisory new,advisory publish,advisory withdraw",
        ),
        (Role::Approver, "approve,reject,freeze add,freeze remove"),
    ];
    let wanted: BTreeMap<&str, Role> =
        roles.iter().flat_map(|(role, verbs)| verbs.split(',').map(|verb| (verb, *role))).collect();
    let declared: BTreeMap<&str, Role> = catalogue().verbs.iter().map(|verb| (verb.name.as_str(), verb.role)).collect();
    assert_eq!(declared, wanted);
}

#[test]
fn verbs_that_write_can_be_tried_and_verbs_that_create_can_be_repeated() {
    let creates: BTreeSet<&str> =
        catalogue().verbs.iter().filter(|verb| verb.creates).map(|verb| verb.name.as_str()).collect();
    assert_eq!(
        creates,
        BTreeSet::from([
            "schedule",
            "series new",
            "plan new",
            "freeze add",
            "advisory new",
            "change add",
            "note",
            "extend"
        ])
    );
    for verb in &catalogue().verbs {
        assert_eq!(verb.option("dry-run").is_some(), verb.writes, "{}", verb.name);
        assert_eq!(verb.option("again").is_some(), verb.creates, "{}", verb.name);
        // Whoever may read may also ask for another time, and what somebody hears is theirs to choose.
        let chooses = ["advisory object", "subscribe add", "unsubscribe"].contains(&verb.name.as_str());
        let reads = verb.role == Role::Viewer && !chooses;
        assert_eq!(verb.writes, !reads, "{}", verb.name);
    }
}

#[test]
fn texts_for_people_are_one_line_where_a_line_is_all_there_is() {
    for verb in &catalogue().verbs {
        assert!((1..=100).contains(&verb.summary.chars().count()) && !verb.summary.ends_with('.'), "{}", verb.name);
        for option in &verb.options {
            assert!(
                (1..=100).contains(&option.help.chars().count()) && !option.help.ends_with('.'),
                "{} {}",
                verb.name,
                option.name
            );
        }
    }
}

#[test]
fn a_wrong_declaration_is_named_with_its_file() {
    let load = |text: &str| {
        Catalogue::load(&[("wave", text)], "[title]\ntype = \"text\"\nexample = \"x\"\nhelp = \"A title\"\n")
    };
    let good = "name = \"wave\"\nsummary = \"Wave\"\nhelp = \"Waves.\"\ndiscord = \"text\"\nrole = \"viewer\"\n";
    let first = |text: String| load(&text).unwrap_err().remove(0);
    assert!(load(good).is_ok());
    assert!(first(format!("{good}colour = \"red\"\n")).starts_with("wave.toml: "));
    assert!(first(good.replace("name = \"wave\"", "name = \"wink\"")).contains("write name = \"wave\""));
    assert!(first(good.replace("role = \"viewer\"\n", "")).contains("a role is missing"));
    assert!(first(format!("{good}[[option]]\nname = \"titel\"\n")).contains("option titel: a type is missing"));
    assert!(first(format!("{good}[[option]]\nname = \"title\"\nplace = 2\n")).contains("count 1, 2, 3"));
    assert!(
        first(format!("{good}[[option]]\nname = \"title\"\n[[option]]\nname = \"title\"\n"))
            .contains("two options are called title")
    );
}

#[test]
fn the_form_has_room_for_groups_with_a_default_choices_and_other_languages() {
    let series = r#"
name = "series"
summary = "Recurring windows"
help = "More."
discord = "command"
default = "new"

[[action]]
name = "new"
summary = "Plan a series"
help = "More."
role = "scheduler"
writes = true
creates = true
examples = ["/maintenance series"]
summaries = { fi = "Suunnittele sarja" }

[[action.option]]
name = "severity"
type = "text"
choices = ["low", "high"]
example = "low"
help = "How bad"
names = { fi = "vakavuus" }
"#;
    let shared = "[dry-run]\ntype = \"flag\"\nhelp = \"Try\"\n[again]\ntype = \"flag\"\nhelp = \"Again\"\n";
    let catalogue = Catalogue::load(&[("series", series)], shared).unwrap();
    let option = catalogue.verb("series new").unwrap().option("severity").unwrap();
    assert_eq!(check(option, "high"), Ok(()));
    let bad = check(option, "hihg").unwrap_err();
    assert_eq!((bad.message.as_str(), bad.hint.as_deref()), ("`hihg` is not one of low, high", Some("high")));
    assert_eq!(catalogue.group("series").unwrap().default.as_deref(), Some("new"));
}

#[test]
fn a_command_knows_its_declaration() {
    let note = command("note MW-7 \"all well\" --dry-run");
    assert_eq!((note.verb(), note.spec().role, note.dry_run(), note.again()), ("note", Role::Engineer, true, false));
    assert_eq!(note.window().map(|window| window.to_string()).as_deref(), Some("MW-7"));
    assert!(read("whoami").unwrap().command.window().is_none());
}
