//! What Discord's own codes for an error allow, and what the operator can do about them.

use chrono::TimeDelta;

/// What an answer that is no good one allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing was done, and may be after that long.
    Later(TimeDelta),
    /// Not there, or not from there.
    Missing,
    /// Not at all.
    Refused,
}

/// The codes of Discord that need something to be done or understood here.
pub(super) mod code {
    /// There is no such channel.
    pub(in super::super) const UNKNOWN_CHANNEL: u64 = 10_003;
    /// The token of an interaction is none, or over: told with the same status as a wrong token of the bot.
    pub(in super::super) const INTERACTION_OVER: u64 = 50_027;
    pub(super) const NO_ACCESS: u64 = 50_001;
    pub(super) const NO_PERMISSION: u64 = 50_013;
    pub(super) const NO_DIRECT: u64 = 50_007;
    pub(super) const NO_COMMON_SERVER: u64 = 50_278;
}

/// Whether what a call is about is not there, or not for maintbot.
fn is_missing(code: u64) -> bool {
    // Unknown channel, server, message, user, webhook, interaction, scheduled event.
    let unknown = matches!(code, code::UNKNOWN_CHANNEL | 10_004 | 10_008 | 10_013 | 10_015 | 10_062 | 10_070);
    let barred = matches!(code, code::NO_ACCESS | code::NO_PERMISSION | code::NO_DIRECT | code::NO_COMMON_SERVER);
    // No messages, or no threads, in a channel of this kind; no such recipient; an archived or locked thread.
    let impossible = matches!(code, code::INTERACTION_OVER | 50_008 | 50_024 | 50_033 | 50_083 | 160_005);
    unknown || barred || impossible
}

/// What a status and Discord's code mean
/// (<https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>).
pub(super) fn meaning(status: u16, code: u64) -> Meaning {
    match code {
        // An old message was edited too often; slow mode; a channel, server or resource takes no more for now; overloaded.
        30_046 | 20_016 | 20_022 | 20_028 | 20_029 | 40_062 | 130_000 => Meaning::Later(TimeDelta::minutes(1)),
        // A server has no more than 100 events that are not over.
        30_038 => Meaning::Later(TimeDelta::hours(1)),
        _ if status == 404 || is_missing(code) => Meaning::Missing,
        _ => Meaning::Refused,
    }
}

/// What to do about it, where the operator can do something that Discord does not say.
pub(super) fn advice(status: u16, code: u64) -> Option<&'static str> {
    match code {
        code::NO_ACCESS => {
            Some("let maintbot see the channel: give its role View Channel there, or invite it to the server")
        }
        code::NO_PERMISSION => {
            Some("give maintbot's role the permission there; `maintbot doctor` names what is missing")
        }
        code::NO_DIRECT | code::NO_COMMON_SERVER => {
            Some("they take no direct messages from members of a server, or share none with maintbot")
        }
        50_083 => Some("the thread is archived"),
        _ if status == 401 => Some(
            "write the bot's token into [discord]: Bot, Reset Token on https://discord.com/developers/applications",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_they_allow() {
        for (status, code, expected) in [
            (400, 30_046, Meaning::Later(TimeDelta::minutes(1))),
            (400, 30_038, Meaning::Later(TimeDelta::hours(1))),
            (403, 50_001, Meaning::Missing),
            (403, 50_013, Meaning::Missing),
            (403, 50_007, Meaning::Missing),
            (403, 20_001, Meaning::Refused),
            (403, 0, Meaning::Refused),
            (404, 10_003, Meaning::Missing),
            (404, 10_004, Meaning::Missing),
            (404, 10_008, Meaning::Missing),
            (404, 10_015, Meaning::Missing),
            (401, 50_027, Meaning::Missing),
            (404, 10_062, Meaning::Missing),
            (404, 10_070, Meaning::Missing),
            (404, 0, Meaning::Missing),
            (400, 50_024, Meaning::Missing),
            (400, 50_083, Meaning::Missing),
            (400, 50_035, Meaning::Refused),
            (401, 0, Meaning::Refused),
            (405, 0, Meaning::Refused),
        ] {
            assert_eq!(meaning(status, code), expected, "{status} {code}");
        }
    }
}
