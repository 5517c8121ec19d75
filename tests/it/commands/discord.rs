//! What Discord is told: the commands, the invitation, and whether it knows them already.
//!
//! Its own description (`tests/data/discord`) judges them; what that leaves out is checked here with the rules of
//! <https://docs.discord.com/developers/interactions/application-commands>.

use maintbot::command::manifest::{
    DISCORD_NEEDS, DISCORD_PERMISSIONS, discord, discord_all, discord_invite, same_commands,
};
use maintbot::command::spec::{Discord, catalogue};
use maintbot::command::{Input, manifest, parse};
use serde_json::{Value, json};

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

/// Whether Discord takes it as the name of a command or an option.
fn is_discord_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '-' | '_');
    (1..=32).contains(&name.chars().count()) && name.chars().all(allowed)
}

/// Characters that Discord counts: names, descriptions and values, all the way down.
fn counted(value: &Value) -> usize {
    let own = length(&value["name"]) + length(&value["description"]) + length(&value["value"]);
    own + ["options", "choices"].iter().flat_map(|key| array(&value[*key])).map(counted).sum::<usize>()
}

#[test]
fn discord_takes_the_command_as_it_is() {
    fn check(option: &Value) {
        let name = option["name"].as_str().expect("a name");
        assert!(is_discord_name(name), "{name}");
        assert!((1..=100).contains(&length(&option["description"])), "{name}");
        let options = array(&option["options"]);
        assert!(options.len() <= 25, "{name} has {} options", options.len());
        let required: Vec<bool> = options.iter().map(|option| option["required"] == Value::Bool(true)).collect();
        assert!(required.is_sorted_by(|a, b| a >= b), "{name}: required options come first");
        let choices = array(&option["choices"]);
        assert!(choices.len() <= 25 && (choices.is_empty() || option["autocomplete"].is_null()), "{name}");
        assert!(
            choices
                .iter()
                .all(|choice| (1..=100).contains(&length(&choice["name"])) && length(&choice["value"]) <= 100),
            "{name}"
        );
        options.iter().for_each(check);
    }
    let manifest = manifest::discord();
    check(&manifest);
    assert_eq!(manifest["name"], "maintenance");
    assert!(counted(&manifest) <= 8_000, "{} characters of 8,000", counted(&manifest));
    let verbs: Vec<&str> =
        array(&manifest["options"]).iter().map(|option| option["name"].as_str().expect("a name")).collect();
    assert!(verbs.contains(&"do") && verbs.len() <= 24, "{verbs:?}");
    for group in ["change", "freeze", "plan", "series", "qa"] {
        assert!(verbs.contains(&group), "{group}");
    }
    let change = array(&manifest["options"]).iter().find(|option| option["name"] == "change").expect("it is there");
    assert_eq!(change["type"], 2);
    let actions: Vec<&Value> = array(&change["options"]).iter().map(|option| &option["name"]).collect();
    assert_eq!(actions, ["add", "edit", "assign", "remove"], "a list has no lines in an option");
    let schedule = array(&manifest["options"]).iter().find(|option| option["name"] == "schedule").expect("it is there");
    let first: Vec<&Value> = array(&schedule["options"]).iter().take(3).map(|option| &option["name"]).collect();
    assert_eq!(first, ["title", "service", "when"]);
}

#[test]
fn every_verb_is_on_discord_as_command_or_through_do() {
    let listed = manifest::discord();
    let mut names: Vec<String> = Vec::new();
    for command in array(&listed["options"]) {
        let name = command["name"].as_str().expect("a name");
        if command["type"] == 2 {
            names.extend(
                array(&command["options"]).iter().map(|a| format!("{name} {}", a["name"].as_str().expect("a name"))),
            );
        } else {
            names.push(name.to_owned());
        }
    }
    for verb in &catalogue().verbs {
        assert_eq!(names.contains(&verb.name), verb.discord == Discord::Command, "{}", verb.name);
    }
    assert!(catalogue().verb("do").is_some_and(|verb| verb.discord == Discord::Command));
}

/// What Discord itself says of the commands, in one request that registers them all. Keys that it does not know count as
/// wrong too: it would leave them out without a word.
fn discord_says(commands: &Value) -> Vec<String> {
    let mut described: Value =
        serde_json::from_str(include_str!("../../data/discord/openapi.json")).expect("the description is JSON");
    let schemas = described["components"]["schemas"].as_object_mut().expect("schemas");
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| name.starts_with("ApplicationCommand")) {
        if schema["properties"].is_object() {
            schema["additionalProperties"] = json!(false);
        }
    }
    let schema = json!({
        "type": "array",
        "items": { "$ref": "#/components/schemas/ApplicationCommandUpdateRequest" },
        "components": described["components"],
    });
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    schema.iter_errors(commands).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_commands_are_valid_under_discords_own_description() {
    let commands = json!([discord()]);
    assert_eq!(discord_says(&commands), [""; 0]);
    for (place, wrong) in [
        ("/0/name", json!("maintenance-of-everything-that-there-is")),
        ("/0/options/0/type", json!(99)),
        ("/0/options/0/options/0/description", json!("")),
        ("/0/options/0/options/0/max_length", json!(9_000)),
        ("/0/contexts", json!([7])),
    ] {
        let mut planted = commands.clone();
        *planted.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = wrong;
        assert_ne!(discord_says(&planted), [""; 0], "{place}");
    }
    let mut planted = commands;
    planted[0]["options"][0]["options"][0]["autocompleted"] = json!(true);
    assert_ne!(discord_says(&planted), [""; 0], "a key that Discord does not know");
}

/// Every option of every sub-command, with the name of the verb.
fn options() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for command in array(&discord()["options"]) {
        let name = command["name"].as_str().expect("a name");
        let actions = if command["type"] == 2 { array(&command["options"]) } else { std::slice::from_ref(command) };
        for action in actions {
            let verb = if command["type"] == 2 {
                format!("{name} {}", action["name"].as_str().expect("a name"))
            } else {
                name.into()
            };
            found.extend(array(&action["options"]).iter().map(|option| (verb.clone(), option.clone())));
        }
    }
    found
}

fn option(verb: &str, name: &str) -> Value {
    let found = options().into_iter().find(|(of, option)| of == verb && option["name"] == name);
    found.unwrap_or_else(|| panic!("{verb} {name}")).1
}

#[test]
fn options_have_the_types_and_limits_that_are_declared() {
    let title = option("schedule", "title");
    assert_eq!((&title["type"], &title["max_length"], &title["required"]), (&json!(3), &json!(200), &json!(true)));
    assert_eq!(option("do", "text")["max_length"], 6_000, "the most that Discord takes");
    assert_eq!(option("note", "internal")["type"], 5);
    let number = option("qa remove", "item");
    assert_eq!((&number["type"], &number["min_value"]), (&json!(4), &json!(1)));
    for (verb, name) in [
        ("schedule", "service"),
        ("schedule", "when"),
        ("schedule", "for"),
        ("schedule", "tz"),
        ("schedule", "downtime"),
        ("schedule", "poc"),
        ("start", "window"),
        ("cancel", "window"),
        ("done", "item"),
        ("change edit", "item"),
        ("change add", "parent"),
        ("list", "state"),
        ("series new", "every"),
        ("freeze add", "from"),
        ("hold", "plan"),
        ("help", "verb"),
    ] {
        let option = option(verb, name);
        // What is offered is text, also where it is the number of an item, which is found by its words.
        assert_eq!((&option["type"], &option["autocomplete"]), (&json!(3), &json!(true)), "{verb} {name}");
        assert!(option["choices"].is_null() && option["max_length"].is_null(), "{verb} {name}");
    }
    let outcome = option("complete", "outcome");
    assert!(outcome["autocomplete"].is_null() && array(&outcome["choices"]).len() == 4);
}

#[test]
fn the_command_is_for_servers_and_direct_messages_and_everybody_sees_it() {
    let command = discord();
    assert_eq!((&command["contexts"], &command["integration_types"]), (&json!([0, 1]), &json!([0])));
    assert_eq!(command.get("default_member_permissions"), Some(&Value::Null));
}

#[test]
fn what_is_left_out_can_be_typed_through_do() {
    for verb in catalogue().verbs.iter().filter(|verb| verb.discord == Discord::Text) {
        let inner = verb.examples[0].trim_start_matches("/maintenance ").to_owned();
        let options = vec![("text".to_owned(), inner)];
        let parsed =
            parse(&Input::Named { verb: "do".into(), options }).unwrap_or_else(|why| panic!("{}: {why:?}", verb.name));
        assert_eq!(parsed.command.verb(), verb.name);
    }
}

/// The commands as Discord answers with them: with what it adds, and its defaults written out or left out.
fn answered(guild: Option<&str>) -> Vec<Value> {
    fn written_out(option: &mut Value) {
        let fields = option.as_object_mut().expect("an option");
        fields.entry("name_localizations").or_insert(Value::Null);
        fields.entry("description_localizations").or_insert(Value::Null);
        if fields["type"].as_u64() > Some(2) {
            fields.entry("required").or_insert(json!(false));
            fields.entry("autocomplete").or_insert(json!(false));
        }
        fields.entry("options").or_insert(json!([])).as_array_mut().expect("options").iter_mut().for_each(written_out);
    }
    let mut command = discord();
    written_out(&mut command);
    for (key, value) in [
        ("id", json!("1111")),
        ("application_id", json!("2222")),
        ("version", json!("3333")),
        ("dm_permission", json!(true)),
        ("nsfw", json!(false)),
        ("default_permission", json!(true)),
        ("name_localized", json!("maintenance")),
        ("contexts", json!([1, 0])),
    ] {
        command[key] = value;
    }
    if let Some(guild) = guild {
        command["guild_id"] = json!(guild);
        // Only commands for all servers have them.
        command["contexts"] = Value::Null;
        command["integration_types"] = json!([0]);
    }
    vec![command]
}

/// Puts a value where there may be none yet.
fn plant(into: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').expect("a place");
    into.pointer_mut(parent).expect("a place")[key] = value;
}

#[test]
fn what_discord_adds_makes_no_difference_and_everything_else_does() {
    let ours = [discord()];
    assert!(same_commands(&ours, &ours));
    assert!(same_commands(&ours, &answered(None)));
    assert!(same_commands(&ours, &answered(Some("4444"))));
    assert!(!same_commands(&ours, &[]) && !same_commands(&[], &answered(None)));
    let more = [answered(None), vec![json!({ "id": "5", "type": 1, "name": "ping", "description": "Pong" })]].concat();
    assert!(!same_commands(&ours, &more), "one that is not ours");
    for (place, value) in [
        ("/name", json!("upkeep")),
        ("/type", json!(2)),
        ("/description", json!("Other words")),
        ("/description_localizations", json!({ "fi": "Toiset sanat" })),
        ("/default_member_permissions", json!("0")),
        ("/contexts", json!([0])),
        ("/integration_types", json!([0, 1])),
        ("/nsfw", json!(true)),
        ("/options/0/name", json!("plan")),
        ("/options/0/options/0/description", json!("Other words")),
        ("/options/0/options/0/required", json!(false)),
        ("/options/0/options/0/max_length", json!(100)),
        ("/options/0/options/0/max_length", Value::Null),
        ("/options/0/options/0/autocomplete", json!(true)),
        ("/options/0/options/0/name_localizations", json!({ "fi": "otsikko" })),
        ("/options/0/options/0/choices", json!([{ "name": "one", "value": "1" }])),
    ] {
        let mut theirs = answered(None);
        plant(&mut theirs[0], place, value.clone());
        assert!(!same_commands(&ours, &theirs), "{place} {value}");
    }
    let mut fewer = answered(None);
    fewer[0]["options"].as_array_mut().expect("options").pop();
    assert!(!same_commands(&ours, &fewer));
    let mut turned = answered(None);
    turned[0]["options"].as_array_mut().expect("options").swap(0, 1);
    assert!(!same_commands(&ours, &turned), "people see them in their order");
    let mut choices = answered(None);
    let text = choices[0].to_string().replace(r#""name":"failed""#, r#""name":"Failed""#);
    choices[0] = serde_json::from_str(&text).expect("JSON");
    assert!(!same_commands(&ours, &choices), "a choice");
    let mut numbers = answered(None);
    let text = numbers[0].to_string().replace("\"min_value\":1,", "\"min_value\":1.0,");
    numbers[0] = serde_json::from_str(&text).expect("JSON");
    assert!(same_commands(&ours, &numbers), "a number is the same with a point");
}

#[test]
fn the_invitation_asks_for_exactly_what_is_needed() {
    // The bits of Discord's table of permissions.
    let bits = [10, 11, 14, 16, 33, 35, 38, 44];
    assert_eq!(DISCORD_PERMISSIONS, bits.iter().map(|bit| 1_u64 << bit).sum::<u64>());
    let names: Vec<&str> = DISCORD_NEEDS.iter().map(|need| need.name).collect();
    assert!(!names.contains(&"MENTION_EVERYONE") && !names.contains(&"ADMINISTRATOR"), "{names:?}");
    let of_events: Vec<&str> = DISCORD_NEEDS.iter().filter(|need| need.is_for_events()).map(|need| need.name).collect();
    assert_eq!(of_events, ["MANAGE_EVENTS", "CREATE_EVENTS"]);
    assert_eq!(
        discord_invite(Some("80351110224678912")),
        "https://discord.com/oauth2/authorize?client_id=80351110224678912&scope=bot+applications.commands\
         &permissions=17910013709312"
    );
    assert!(discord_invite(None).contains("client_id=APPLICATION_ID&"));
    let all = discord_all(None);
    assert_eq!((&all["commands"], &all["invite"]), (&json!([discord()]), &json!(discord_invite(None))));
}
