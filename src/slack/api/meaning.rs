//! What Slack's own words for an error allow, and what the operator can do about them.

/// Longer words of Slack for an error are none (characters).
const LONGEST_CODE: usize = 60;

/// What one of Slack's words for an error allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A limit: nothing was done.
    Limit,
    /// Slack fell over itself: it may have been done.
    Fault,
    /// Not there, or not from there.
    Missing,
    /// Not at all.
    Refused,
}

/// What a word in `error` means (Slack's lists of errors of each method).
pub(super) fn meaning(code: &str) -> Meaning {
    match code {
        "ratelimited" | "rate_limited" => Meaning::Limit,
        "fatal_error" | "internal_error" | "service_unavailable" | "request_timeout" | "team_added_to_org" => {
            Meaning::Fault
        }
        "channel_not_found"
        | "channel_type_not_supported"
        | "method_not_supported_for_channel_type"
        | "is_archived"
        | "is_inactive"
        | "not_in_channel"
        | "user_not_in_channel"
        | "user_not_found"
        | "users_not_found"
        | "user_not_visible"
        | "user_disabled"
        | "cannot_dm_bot"
        | "messages_tab_disabled"
        | "message_not_found"
        | "thread_not_found"
        | "cannot_reply_to_message"
        | "cant_update_message"
        | "edit_window_closed"
        | "no_such_subteam"
        | "subteam_not_found"
        | "expired_trigger_id"
        | "exchanged_trigger_id"
        | "invalid_trigger_id"
        | "trigger_expired"
        | "trigger_exchanged"
        | "expired_url"
        | "used_url" => Meaning::Missing,
        // Whatever keeps posts out of a channel: others may be open.
        other if other.starts_with("restricted_action") => Meaning::Missing,
        _ => Meaning::Refused,
    }
}

/// What to do about it, where the operator can do something that the word does not say.
pub(super) fn advice(code: &str) -> Option<&'static str> {
    match code {
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
            Some("install the app in the workspace again and write its new token into [slack]")
        }
        "not_in_channel" => Some("invite maintbot to the channel"),
        "not_allowed_token_type" => Some("bot_token begins with xoxb-, app_token with xapp-"),
        _ => None,
    }
}

/// One of Slack's words for an error, as Slack writes them; anything else is not repeated.
pub(super) fn word(code: &str) -> &str {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    if !code.is_empty() && code.len() <= LONGEST_CODE && code.chars().all(plain) { code } else { "an error unheard of" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slacks_words_are_sorted_by_what_they_allow() {
        for (code, expected) in [
            ("ratelimited", Meaning::Limit),
            ("internal_error", Meaning::Fault),
            ("fatal_error", Meaning::Fault),
            ("service_unavailable", Meaning::Fault),
            ("request_timeout", Meaning::Fault),
            ("channel_not_found", Meaning::Missing),
            ("is_archived", Meaning::Missing),
            ("not_in_channel", Meaning::Missing),
            ("message_not_found", Meaning::Missing),
            ("thread_not_found", Meaning::Missing),
            ("user_not_found", Meaning::Missing),
            ("restricted_action_read_only_channel", Meaning::Missing),
            ("expired_url", Meaning::Missing),
            ("invalid_auth", Meaning::Refused),
            ("token_revoked", Meaning::Refused),
            ("account_inactive", Meaning::Refused),
            ("missing_scope", Meaning::Refused),
            ("invalid_blocks", Meaning::Refused),
            ("msg_blocks_too_long", Meaning::Refused),
            ("something_new", Meaning::Refused),
            ("", Meaning::Refused),
        ] {
            assert_eq!(meaning(code), expected, "{code}");
        }
    }

    #[test]
    fn only_what_looks_like_a_word_of_slack_is_repeated() {
        assert_eq!(word("channel_not_found"), "channel_not_found");
        for odd in ["", "xoxb-1 Secret", "two words", "Ä", &"x".repeat(61)] {
            assert_eq!(word(odd), "an error unheard of", "{odd}");
        }
    }
}
