//! What Discord sends, as far as it is needed: who did something and where, and what they typed, pressed or filled in.

use serde::{Deserialize, Serialize};
use serenity::model::Permissions;
use serenity::model::application::{
    ActionRowComponent, CommandData, CommandDataOption, CommandDataOptionValue, Interaction, ModalInteractionData,
};
use serenity::model::channel::{ChannelType, PartialChannel};
use serenity::model::guild::Member;
use serenity::model::id::{ChannelId, GuildId, InteractionId, UserId};

/// Who does something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Caller {
    pub user: String,
    /// The server; none: a direct message.
    pub guild: Option<String>,
    /// Ids of their roles on that server.
    pub roles: Vec<String>,
    /// What they may do in that channel: bits as Discord numbers them.
    pub permissions: u64,
}

/// A thread, with the channel that it was opened in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Thread {
    pub parent: String,
    pub id: String,
}

/// Who did something, where, and how they are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asker {
    /// What tells it from every other interaction.
    pub id: String,
    /// Good for answers during 15 minutes.
    pub token: String,
    pub caller: Caller,
    /// The channel or thread; none: a direct message.
    pub channel: Option<String>,
    pub thread: Option<Thread>,
}

/// A command with its options, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The verb: `schedule`, `change add`.
    pub verb: String,
    pub options: Vec<(String, String)>,
    /// The name of the one that they are in.
    pub focused: Option<String>,
}

impl Asker {
    /// `None`: it does not say who.
    pub(super) fn of(interaction: &Interaction) -> Option<Self> {
        match interaction {
            Interaction::Command(i) | Interaction::Autocomplete(i) => {
                let place = (i.guild_id, i.channel_id, i.channel.as_ref());
                Self::new((i.id, &i.token), place, i.member.as_deref(), i.user.id)
            }
            Interaction::Component(i) => {
                let place = (i.guild_id, i.channel_id, i.channel.as_ref());
                Self::new((i.id, &i.token), place, i.member.as_ref(), i.user.id)
            }
            Interaction::Modal(i) => {
                let place = (i.guild_id, i.channel_id, i.channel.as_ref());
                Self::new((i.id, &i.token), place, i.member.as_ref(), i.user.id)
            }
            _ => None,
        }
    }

    fn new(
        (id, token): (InteractionId, &str),
        (guild, channel_id, channel): (Option<GuildId>, ChannelId, Option<&PartialChannel>),
        member: Option<&Member>,
        user: UserId,
    ) -> Option<Self> {
        let (roles, permissions) = match (guild, member) {
            (Some(_), Some(member)) => {
                let roles = member.roles.iter().map(|role| role.get().to_string()).collect();
                (roles, member.permissions.unwrap_or(Permissions::empty()).bits())
            }
            // On a server it would be said who they are there.
            (Some(_), None) => return None,
            (None, _) => (Vec::new(), 0),
        };
        let guild = guild.map(|guild| guild.get().to_string());
        let id_of_channel = channel_id.get().to_string();
        Some(Self {
            id: id.get().to_string(),
            token: token.to_owned(),
            channel: guild.is_some().then(|| id_of_channel.clone()),
            thread: channel.filter(|channel| is_thread(channel)).and_then(|channel| {
                let parent = channel.parent_id?.get().to_string();
                Some(Thread { parent, id: id_of_channel })
            }),
            caller: Caller { user: user.get().to_string(), guild, roles, permissions },
        })
    }
}

fn is_thread(channel: &PartialChannel) -> bool {
    matches!(channel.kind, ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread)
}

impl Typed {
    /// Reads a sub-command, or one of a group; `None`: it is neither.
    pub(super) fn read(data: &CommandData) -> Option<Self> {
        let first = data.options.first()?;
        match &first.value {
            CommandDataOptionValue::SubCommand(options) => Some(Self::with(first.name.clone(), options)),
            CommandDataOptionValue::SubCommandGroup(actions) => {
                let action = actions.first()?;
                let CommandDataOptionValue::SubCommand(options) = &action.value else { return None };
                Some(Self::with(format!("{} {}", first.name, action.name), options))
            }
            _ => None,
        }
    }

    fn with(verb: String, options: &[CommandDataOption]) -> Self {
        let focused = |option: &&CommandDataOption| matches!(option.value, CommandDataOptionValue::Autocomplete { .. });
        Self {
            verb,
            options: options.iter().filter_map(|option| Some((option.name.clone(), text_of(&option.value)?))).collect(),
            focused: options.iter().find(focused).map(|option| option.name.clone()),
        }
    }
}

/// What stands in an option, as people would type it; `None`: a kind that maintbot never asks for.
fn text_of(value: &CommandDataOptionValue) -> Option<String> {
    match value {
        CommandDataOptionValue::Autocomplete { value, .. } | CommandDataOptionValue::String(value) => {
            Some(value.clone())
        }
        CommandDataOptionValue::Boolean(value) => Some(value.to_string()),
        CommandDataOptionValue::Integer(value) => Some(value.to_string()),
        CommandDataOptionValue::Number(value) => Some(value.to_string()),
        CommandDataOptionValue::User(user) => Some(format!("<@{}>", user.get())),
        _ => None,
    }
}

/// Id and text of each field of a form.
pub(super) fn fields(data: &ModalInteractionData) -> Vec<(String, String)> {
    let components = data.components.iter().flat_map(|row| &row.components);
    let field = |component: &ActionRowComponent| match component {
        ActionRowComponent::InputText(input) => {
            Some((input.custom_id.clone(), input.value.clone().unwrap_or_default()))
        }
        _ => None,
    };
    components.filter_map(field).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn user() -> Value {
        json!({ "id": "2204", "username": "anna", "discriminator": "0", "global_name": null, "avatar": null })
    }

    fn command(kind: u8, options: &Value) -> Value {
        json!({
            "id": "7001", "application_id": "5001", "type": kind, "token": "secret", "version": 1,
            "guild_id": "9001", "channel_id": "1103",
            "channel": { "id": "1103", "type": 0, "name": "ops", "permissions": "0" },
            "member": { "user": user(), "roles": ["3001", "3002"], "permissions": "8589934592", "deaf": false,
                "mute": false, "flags": 0, "joined_at": "2026-01-01T00:00:00Z" },
            "data": { "id": "6001", "name": "maintenance", "type": 1, "options": options },
            "locale": "en-GB", "guild_locale": "en-GB", "entitlements": [], "app_permissions": "0",
            "attachment_size_limit": 1000, "context": 0, "authorizing_integration_owners": {},
        })
    }

    fn read(payload: Value) -> Interaction {
        serde_json::from_value(payload).expect("an interaction")
    }

    fn typed(kind: u8, options: &Value) -> Option<Typed> {
        match read(command(kind, options)) {
            Interaction::Command(i) | Interaction::Autocomplete(i) => Typed::read(&i.data),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_asks_is_known_with_their_roles_there() {
        let asker = Asker::of(&read(command(2, &json!([])))).expect("somebody");
        let roles = vec!["3001".to_owned(), "3002".to_owned()];
        let guild = Some("9001".to_owned());
        assert_eq!(asker.caller, Caller { user: "2204".into(), guild, roles, permissions: 1 << 33 });
        let (id, token) = (asker.id.as_str(), asker.token.as_str());
        assert_eq!((id, token, asker.channel.as_deref(), asker.thread), ("7001", "secret", Some("1103"), None));
        let mut nobody = command(2, &json!([]));
        nobody.as_object_mut().expect("an object").remove("member");
        assert_eq!(Asker::of(&read(nobody)), None, "on a server it is said who they are there");
    }

    #[test]
    fn a_direct_message_is_no_place_of_a_server() {
        let mut direct = command(2, &json!([]));
        let members = direct.as_object_mut().expect("an object");
        members.retain(|name, _| !["member", "guild_id", "guild_locale"].contains(&name.as_str()));
        members.insert("user".into(), user());
        members.insert("channel".into(), json!({ "id": "1103", "type": 1 }));
        let asker = Asker::of(&read(direct)).expect("somebody");
        assert_eq!((asker.caller.user.as_str(), asker.caller.guild, asker.channel), ("2204", None, None));
    }

    #[test]
    fn a_thread_is_known_with_its_channel() {
        let mut inside = command(2, &json!([]));
        inside["channel"] = json!({ "id": "1103", "type": 11, "name": "MW-1", "parent_id": "1100" });
        let asker = Asker::of(&read(inside)).expect("somebody");
        assert_eq!(asker.thread, Some(Thread { parent: "1100".into(), id: "1103".into() }));
    }

    #[test]
    fn options_are_read_as_people_would_type_them() {
        let options = json!([{ "type": 1, "name": "list", "options": [
            { "type": 3, "name": "service", "value": "jira" },
            { "type": 4, "name": "limit", "value": 5 },
            { "type": 5, "name": "all", "value": true },
        ] }]);
        let read = typed(2, &options).expect("a command");
        let said = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(read.options, [said("service", "jira"), said("limit", "5"), said("all", "true")]);
        assert_eq!((read.verb.as_str(), read.focused), ("list", None));
    }

    #[test]
    fn a_command_of_a_group_has_two_words_and_the_option_that_somebody_is_in_is_known() {
        let options = json!([{ "type": 2, "name": "change", "options": [{ "type": 1, "name": "add", "options": [
            { "type": 3, "name": "window", "value": "MW", "focused": true },
            { "type": 3, "name": "text", "value": "x" },
        ] }] }]);
        let read = typed(4, &options).expect("a command");
        assert_eq!((read.verb.as_str(), read.focused.as_deref()), ("change add", Some("window")));
        assert_eq!(read.options.len(), 2);
        assert_eq!(typed(2, &json!([])), None, "no sub-command");
        assert_eq!(typed(2, &json!([{ "type": 3, "name": "text", "value": "x" }])), None);
    }

    #[test]
    fn the_fields_of_a_form_are_read() {
        let field = |id: &str, value: &str| json!({ "type": 1, "components": [{ "type": 4, "custom_id": id, "value": value }] });
        let data = json!({ "custom_id": "complete MW-1 success", "components": [field("downtime", "12m"), field("note", "")] });
        let data: ModalInteractionData = serde_json::from_value(data).expect("a form");
        assert_eq!(fields(&data), [("downtime".into(), "12m".into()), ("note".into(), String::new())]);
    }
}
