//! What maintbot may do on a server and in each of its channels, as Discord's documentation computes it
//! (<https://docs.discord.com/developers/topics/permissions#permission-overwrites>).

use super::call::Call;
use super::route::Route;
use super::wire::{Bits, Overwrite, Server};
use super::{ChannelInfo, Discord, Guild, Result, wire};

/// Whoever has it may do everything.
const ADMINISTRATOR: u64 = 1 << 3;
const EVERYTHING: u64 = u64::MAX;

impl Discord {
    /// A server with its channels, and what maintbot may do in each.
    pub async fn guild(&self, id: &str) -> Result<Guild> {
        let me = self.me().await?;
        let server: Server = self.ask(&Call::new(Route::Server, id, &["guilds", id])).await?;
        let member = Call::new(Route::Member, id, &["guilds", id, "members", &me.id]);
        let member: wire::Member = self.ask(&member).await?;
        let mut channels = self.channels(id).await?;
        channels.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
        let own = Own { me: &me.id, server: &server, roles: &member.roles };
        let permissions = own.permissions();
        let channels = channels.into_iter().map(|channel| ChannelInfo {
            permissions: own.permissions_in(permissions, &channel.permission_overwrites),
            id: channel.id,
            name: channel.name.unwrap_or_default(),
            kind: channel.kind,
        });
        Ok(Guild { channels: channels.collect(), permissions, id: server.id.clone(), name: server.name.clone() })
    }

    /// The channels of a server that maintbot is told of.
    pub(super) async fn channels(&self, guild: &str) -> Result<Vec<wire::Channel>> {
        self.ask(&Call::new(Route::Channels, guild, &["guilds", guild, "channels"])).await
    }
}

/// Who maintbot is on a server.
struct Own<'a> {
    me: &'a str,
    server: &'a Server,
    roles: &'a [String],
}

impl Own<'_> {
    /// What it may do where no channel says otherwise.
    fn permissions(&self) -> u64 {
        if self.server.owner_id == self.me {
            return EVERYTHING;
        }
        // The role of everybody has the id of the server.
        let held = self.server.roles.iter().filter(|role| role.id == self.server.id || self.roles.contains(&role.id));
        let bits = held.fold(0, |bits, role| bits | role.permissions.0);
        if bits & ADMINISTRATOR == 0 { bits } else { EVERYTHING }
    }

    /// What it may do in a channel: first what the channel changes for everybody, then for its roles together, then for
    /// itself.
    fn permissions_in(&self, bits: u64, overwrites: &[Overwrite]) -> u64 {
        if bits == EVERYTHING {
            return bits;
        }
        let everybody = |overwrite: &&Overwrite| overwrite.id == self.server.id;
        let own_roles = |overwrite: &&Overwrite| overwrite.id != self.server.id && self.roles.contains(&overwrite.id);
        let itself = |overwrite: &&Overwrite| overwrite.id == self.me;
        let bits = changed(bits, overwrites.iter().filter(everybody));
        let bits = changed(bits, overwrites.iter().filter(own_roles));
        changed(bits, overwrites.iter().filter(itself))
    }
}

/// Permissions without what any of these denies, and with what any allows.
fn changed<'a>(bits: u64, overwrites: impl Iterator<Item = &'a Overwrite>) -> u64 {
    let none = (Bits(0), Bits(0));
    let (allow, deny) = overwrites
        .fold(none, |(allow, deny), overwrite| (Bits(allow.0 | overwrite.allow.0), Bits(deny.0 | overwrite.deny.0)));
    bits & !deny.0 | allow.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VIEW: u64 = 1 << 10;
    const SEND: u64 = 1 << 11;
    const EMBED: u64 = 1 << 14;

    fn server(everybody: u64, role: u64) -> Server {
        let roles = json!([
            { "id": "9", "permissions": everybody.to_string() },
            { "id": "5", "permissions": role.to_string() },
            { "id": "6", "permissions": u64::MAX.to_string() },
        ]);
        serde_json::from_value(json!({ "id": "9", "name": "x", "owner_id": "1", "roles": roles })).expect("a server")
    }

    /// What a member with the roles 5 and 7 may do in a channel that changes this much.
    fn may(server: &Server, overwrites: &[(&str, u64, u64)]) -> u64 {
        let overwrites: Vec<Overwrite> = overwrites
            .iter()
            .map(|(id, allow, deny)| Overwrite { id: (*id).into(), allow: Bits(*allow), deny: Bits(*deny) })
            .collect();
        let own = Own { me: "2", server, roles: &["5".to_owned(), "7".to_owned()] };
        own.permissions_in(own.permissions(), &overwrites)
    }

    #[test]
    fn roles_add_up_and_those_of_others_do_not_count() {
        assert_eq!(may(&server(VIEW, SEND), &[]), VIEW | SEND);
        assert_eq!(may(&server(0, 0), &[]), 0);
    }

    #[test]
    fn a_channel_changes_it_for_everybody_then_for_roles_then_for_one() {
        let server = server(VIEW | SEND, 0);
        assert_eq!(may(&server, &[("9", 0, VIEW)]), SEND);
        assert_eq!(may(&server, &[("5", VIEW, 0), ("9", 0, VIEW)]), VIEW | SEND, "whatever the order of the list");
        assert_eq!(
            may(&server, &[("5", VIEW, 0), ("7", 0, VIEW)]),
            VIEW | SEND,
            "what one role allows no other denies"
        );
        assert_eq!(may(&server, &[("5", VIEW | EMBED, 0), ("2", 0, VIEW)]), SEND | EMBED);
        assert_eq!(may(&server, &[("6", EMBED, SEND), ("3", 0, SEND)]), VIEW | SEND, "others' roles and members");
    }

    #[test]
    fn an_administrator_and_the_owner_may_do_everything_whatever_a_channel_says() {
        assert_eq!(may(&server(0, ADMINISTRATOR), &[("9", 0, VIEW), ("2", 0, SEND)]), u64::MAX);
        let mut own = server(0, 0);
        own.owner_id = "2".into();
        assert_eq!(may(&own, &[("9", 0, VIEW)]), u64::MAX);
    }
}
