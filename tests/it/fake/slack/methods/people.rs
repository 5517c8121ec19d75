//! Who there is: the bot itself, people, user groups.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::answer::{Answer, Reply};
use super::super::state::User;
use super::Call;

/// `auth.test`. The header `x-oauth-scopes` comes with every answer.
#[expect(clippy::unnecessary_wraps, reason = "every method has one shape")]
pub fn auth_test(call: &mut Call<'_>) -> Reply {
    let workspace = call.workspace();
    Ok(json!({
        "url": format!("https://{}.slack.com/", workspace.team.to_lowercase()),
        "team": format!("Team {}", workspace.team),
        "user": workspace.bot.name,
        "team_id": workspace.team,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": false,
    }))
}

/// `users.info`.
pub fn users_info(call: &mut Call<'_>) -> Reply {
    let id = call.text("user").unwrap_or_default();
    let (team, now) = (call.team, call.state.now().timestamp());
    let user = call.workspace().users.get(&id).ok_or_else(|| Answer::refused("user_not_found"))?;
    Ok(json!({ "user": shape(user, team, now) }))
}

fn shape(user: &User, team: &str, now: i64) -> Value {
    let mut shape = json!({
        "id": user.id, "team_id": team, "name": user.name, "real_name": user.name, "deleted": user.deleted,
        "is_bot": user.is_bot, "is_app_user": false, "updated": 0,
        "profile": { "real_name": user.name, "display_name": user.name, "team": team },
    });
    if let Some(tz) = &user.tz {
        let zone = TimeZone::get(tz).unwrap_or_else(|_| panic!("no zone {tz}"));
        let offset = zone.to_offset(Timestamp::from_second(now).expect("an instant"));
        shape["tz"] = json!(tz);
        shape["tz_label"] = json!(tz);
        shape["tz_offset"] = json!(offset.seconds());
    }
    shape
}

/// `usergroups.list`.
#[expect(clippy::unnecessary_wraps, reason = "every method has one shape")]
pub fn usergroups_list(call: &mut Call<'_>) -> Reply {
    let (team, with_users) = (call.team, call.flag("include_users"));
    let groups = call.workspace().groups.iter().map(|(id, handle, members)| {
        let mut group = json!({
            "id": id, "team_id": team, "is_usergroup": true, "name": handle, "handle": handle, "description": "",
            "date_create": 0, "date_update": 0, "date_delete": 0, "user_count": members.len(),
        });
        if with_users {
            group["users"] = json!(members);
        }
        group
    });
    Ok(json!({ "usergroups": groups.collect::<Vec<_>>() }))
}

/// `usergroups.users.list`.
pub fn usergroups_users_list(call: &mut Call<'_>) -> Reply {
    let id = call.text("usergroup").unwrap_or_default();
    let group = call.workspace().groups.iter().find(|(known, ..)| *known == id);
    let (.., members) = group.ok_or_else(|| Answer::refused("no_such_subteam"))?;
    Ok(json!({ "users": members }))
}
