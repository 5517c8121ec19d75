//! What somebody typed, from Slack's form of it: `<@U1|anna>` was `@anna`, `&lt;` was `<`.

/// The text as it was typed. `person` says what somebody is called, by their id on Slack. Dates stay as they are: the
/// grammar reads them.
pub(super) fn as_typed(text: &str, person: impl Fn(&str) -> String) -> String {
    let mut typed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>').map(|length| start + length) else { break };
        typed.push_str(&plain(&rest[..start]));
        match reference(&rest[start + 1..end], &person) {
            Some(meant) => typed.push_str(&meant),
            None => typed.push_str(&rest[start..=end]),
        }
        rest = &rest[end + 1..];
    }
    typed.push_str(&plain(rest));
    typed
}

/// What follows the first mention of somebody.
pub(super) fn after_mention<'t>(text: &'t str, user: &str) -> Option<&'t str> {
    let start = text.find(&format!("<@{user}>")).or_else(|| text.find(&format!("<@{user}|")))?;
    let end = start + text[start..].find('>')?;
    Some(text[end + 1..].trim())
}

/// What stands for what is between `<` and `>`; `None`: it stays as it is.
fn reference(inside: &str, person: &impl Fn(&str) -> String) -> Option<String> {
    let (target, label) = inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(plain(label))));
    let shown = |sign: &str, id: &str| format!("{sign}{}", label.as_deref().unwrap_or(id).trim_start_matches(sign));
    if let Some(user) = target.strip_prefix('@') {
        return Some(format!("@{}", person(user)));
    }
    if let Some(channel) = target.strip_prefix('#') {
        return Some(shown("#", channel));
    }
    if let Some(group) = target.strip_prefix("!subteam^") {
        return Some(shown("@", group));
    }
    match target.strip_prefix('!') {
        Some(everybody @ ("channel" | "here" | "everyone")) => Some(format!("@{everybody}")),
        Some(_) => None,
        // A link that Slack made of what was typed: the address where it was typed in full, else what was typed.
        None => match label {
            Some(label) if !target.ends_with(&label) || target.starts_with("mailto:") => Some(label),
            _ => Some(plain(target)),
        },
    }
}

/// Slack writes three characters differently, and no others.
fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> String {
        as_typed(text, |user| if user == "U1" { "anna".into() } else { format!("slack:{user}") })
    }

    #[test]
    fn people_channels_and_links_are_what_was_typed() {
        for (sent, meant) in [
            ("done MW-1 2", "done MW-1 2"),
            ("edit MW-1 poc:<@U1|anna.k>", "edit MW-1 poc:@anna"),
            ("edit MW-1 poc:<@U2>", "edit MW-1 poc:@slack:U2"),
            ("note MW-1 \"in <#C1|ce> and <#C2>\"", "note MW-1 \"in #ce and #C2\""),
            ("note MW-1 \"<!here> <!subteam^S1|@oncall>\"", "note MW-1 \"@here @oncall\""),
            ("note MW-1 a &lt; b &amp;&amp; c &gt; d &amp;lt;", "note MW-1 a < b && c > d &lt;"),
            ("link:<https://example.com/a?b=1&amp;c=2>", "link:https://example.com/a?b=1&c=2"),
            ("note MW-1 <http://example.com|example.com>", "note MW-1 http://example.com"),
            ("note MW-1 <mailto:a@example.com|a@example.com>", "note MW-1 a@example.com"),
            ("when:<!date^1765036800^{date}|soon>", "when:<!date^1765036800^{date}|soon>"),
            ("note MW-1 &lt;!channel&gt;", "note MW-1 <!channel>"),
            ("a < b", "a < b"),
            ("", ""),
        ] {
            assert_eq!(typed(sent), meant, "{sent}");
        }
    }

    #[test]
    fn a_command_is_what_follows_the_own_mention() {
        assert_eq!(after_mention("<@U0> list --all", "U0"), Some("list --all"));
        assert_eq!(after_mention("hey <@U9>, ask <@U0|maintbot> list", "U0"), Some("list"));
        assert_eq!(after_mention("<@U0>", "U0"), Some(""));
        assert_eq!(after_mention("<@U01> list", "U0"), None);
    }
}
