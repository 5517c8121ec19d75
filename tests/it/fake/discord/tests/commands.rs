//! Registered commands.

use super::*;

/// A command as a client registers it.
pub fn registered() -> Value {
    let text = |name: &str, required: bool| json!({ "type": 3, "name": name, "description": name, "required": required, "autocomplete": true, "max_length": 100 });
    let kinds = json!([{ "name": "Planned", "value": "planned" }, { "name": "Emergency", "value": "emergency" }]);
    let schedule = json!([
        text("title", true), text("when", false),
        { "type": 3, "name": "kind", "description": "What it is", "required": false, "choices": kinds },
        { "type": 4, "name": "hours", "description": "How long", "min_value": 1, "max_value": 12 },
        { "type": 5, "name": "dry-run", "description": "Only tell", "required": false },
        { "type": 6, "name": "poc", "description": "Who" },
        { "type": 8, "name": "team", "description": "Whom to call" },
    ]);
    json!([{
        "name": "maintenance", "type": 1, "description": "Planned maintenance", "options": [
            { "type": 1, "name": "schedule", "description": "Plan one", "options": schedule },
            { "type": 2, "name": "plan", "description": "Several phases", "options": [
                { "type": 1, "name": "new", "description": "Begin one", "options": [text("title", true)] },
            ] },
        ],
    }])
}

/// Registers it for the server.
pub async fn register(fake: &FakeDiscord) {
    let path = format!("/applications/{APPLICATION}/guilds/{SERVER}/commands");
    assert_eq!(call(fake, "PUT", &path, registered()).await.0, 200);
}

#[tokio::test]
async fn commands_are_overwritten_at_once_and_given_back_with_what_discord_adds() {
    let (fake, clock) = world().await;
    register(&fake).await;
    let path = format!("/applications/{APPLICATION}/guilds/{SERVER}/commands");
    let (_, first) = call(&fake, "GET", &format!("{path}?with_localizations=true"), Value::Null).await;
    let of = |name: &str| first[0][name].clone();
    assert_eq!(
        (of("guild_id"), of("default_member_permissions"), of("contexts")),
        (json!(SERVER), Value::Null, Value::Null)
    );
    assert!(first[0]["id"].is_string() && first[0]["version"].is_string());
    let when = &first[0]["options"][0]["options"][1];
    assert_eq!((&when["required"], &when["name_localizations"]), (&Value::Null, &Value::Null));
    assert!(when.get("required").is_none() && when.get("name_localizations").is_some());
    let (_, plain) = call(&fake, "GET", &path, Value::Null).await;
    assert!(plain[0].get("name_localizations").is_none());

    clock.set(noon() + TimeDelta::minutes(1));
    register(&fake).await;
    let (_, same) = call(&fake, "GET", &format!("{path}?with_localizations=true"), Value::Null).await;
    assert_eq!(same, first);
    let mut changed = registered();
    changed[0]["description"] = json!("Something else");
    call(&fake, "PUT", &path, changed).await;
    let (_, changed) = call(&fake, "GET", &path, Value::Null).await;
    assert_eq!((&changed[0]["id"], changed[0]["version"] == first[0]["version"]), (&first[0]["id"], false));
    assert_eq!((fake.registrations().len(), fake.registrations()[0].0.as_deref()), (3, Some(SERVER)));
    call(&fake, "PUT", &path, json!([])).await;
    assert_eq!(fake.commands(SERVER), Vec::<Value>::new());
    fake.close();
}

#[tokio::test]
async fn the_client_refuses_what_the_command_does_not_take() {
    let (fake, _) = world().await;
    let refused = async |verb: &str, options: &[(&str, &str)]| {
        fake.try_command("anna", "#ce", verb, options).await.expect_err("the client refuses it")
    };
    assert!(refused("schedule", &[]).await.contains("no command is registered"));
    register(&fake).await;
    let title = ("title", "Jira");
    for (verb, options, why) in [
        ("start", vec![title], "no `start` below"),
        ("plan", vec![title], "wants a sub-command"),
        ("schedule", vec![], "\"title\" is required"),
        ("schedule", vec![title, ("zone", "UTC")], "no option `zone`"),
        ("schedule", vec![title, title], "twice"),
        ("schedule", vec![title, ("kind", "small")], "one of its choices"),
        ("schedule", vec![title, ("hours", "many")], "a whole number"),
        ("schedule", vec![title, ("hours", "13")], "less or more"),
        ("schedule", vec![title, ("dry-run", "yes")], "true or false"),
        ("schedule", vec![title, ("team", "nobody")], "a role"),
        ("schedule", vec![("title", "x".repeat(101).as_str())], "another length"),
    ] {
        let said = refused(verb, &options).await;
        assert!(said.contains(why), "{verb} {options:?}: {said}");
    }
    let direct = fake.try_command("anna", "@anna", "schedule", &[title]).await.expect_err("only on the server");
    assert!(direct.contains("direct messages"), "{direct}");
    assert!(fake.sent().is_empty());
    fake.close();
}
