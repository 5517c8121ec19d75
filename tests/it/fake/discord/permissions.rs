//! Who may do what, by the algorithm that Discord documents.
//!
//! Source: <https://docs.discord.com/developers/topics/permissions#permission-overwrites>.

use super::state::{Overwrite, Server};

pub const ADMINISTRATOR: u64 = 1 << 3;
pub const MANAGE_CHANNELS: u64 = 1 << 4;
pub const MANAGE_GUILD: u64 = 1 << 5;
pub const VIEW_CHANNEL: u64 = 1 << 10;
pub const SEND_MESSAGES: u64 = 1 << 11;
pub const EMBED_LINKS: u64 = 1 << 14;
pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
pub const MENTION_EVERYONE: u64 = 1 << 17;
pub const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
pub const MANAGE_EVENTS: u64 = 1 << 33;
pub const MANAGE_THREADS: u64 = 1 << 34;
pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
pub const CREATE_EVENTS: u64 = 1 << 44;

/// Whatever there is.
pub const ALL: u64 = (1 << 53) - 1;

/// What everybody may on a new server of the double.
pub const EVERYBODY: u64 =
    VIEW_CHANNEL | SEND_MESSAGES | READ_MESSAGE_HISTORY | SEND_MESSAGES_IN_THREADS | USE_APPLICATION_COMMANDS;

/// What the bot is given when it is invited, unless a test says otherwise.
pub const OF_BOT: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | SEND_MESSAGES_IN_THREADS
    | CREATE_PUBLIC_THREADS
    | EMBED_LINKS
    | READ_MESSAGE_HISTORY
    | CREATE_EVENTS
    | MANAGE_EVENTS;

/// What somebody may in a place of a server with these overwrites; nothing without seeing it.
pub fn within(server: &Server, user: &str, overwrites: &[Overwrite]) -> u64 {
    let Some(roles) = server.members.get(user) else { return 0 };
    let holds = |id: &String| *id == server.id || roles.contains(id);
    let base = server.roles.iter().filter(|role| holds(&role.id)).fold(0, |all, role| all | role.permissions);
    if base & ADMINISTRATOR != 0 {
        return ALL;
    }
    let everybody = overwrites.iter().filter(|one| one.of_role && one.id == server.id);
    let of_roles = overwrites.iter().filter(|one| one.of_role && roles.contains(&one.id));
    let own = overwrites.iter().filter(|one| !one.of_role && one.id == user);
    let mut may = base;
    for step in [everybody.collect::<Vec<_>>(), of_roles.collect(), own.collect()] {
        let (allow, deny) = step.iter().fold((0, 0), |(allow, deny), one| (allow | one.allow, deny | one.deny));
        may = (may & !deny) | allow;
    }
    if may & VIEW_CHANNEL == 0 { 0 } else { may }
}
