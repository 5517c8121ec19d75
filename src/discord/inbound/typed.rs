//! What somebody typed, from Discord's form of it: `<@2204>` was `@anna`.

/// The text as it was typed. `person` says what somebody is called, by their id on Discord. Times, channels and roles stay
/// as they are: times are read by the grammar, the rest is shown as text.
pub(super) fn as_typed(text: &str, person: impl Fn(&str) -> String) -> String {
    let mut typed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("<@") {
        let Some(end) = rest[start..].find('>').map(|length| start + length) else { break };
        typed.push_str(&rest[..start]);
        let id = &rest[start + 2..end];
        // With an exclamation mark in what older clients send.
        let id = id.strip_prefix('!').unwrap_or(id);
        if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) {
            typed.push('@');
            typed.push_str(&person(id));
        } else {
            typed.push_str(&rest[start..=end]);
        }
        rest = &rest[end + 1..];
    }
    typed.push_str(rest);
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_what_was_typed_and_everything_else_stays() {
        let typed =
            |text: &str| as_typed(text, |id| if id == "2204" { "anna".into() } else { format!("discord:@{id}") });
        for (sent, meant) in [
            ("edit MW-1 poc:<@2204>", "edit MW-1 poc:@anna"),
            ("<@!2204> and <@2205>", "@anna and @discord:@2205"),
            ("<@&3001> <#1103> <t:1765036800:F>", "<@&3001> <#1103> <t:1765036800:F>"),
            ("a <@ b", "a <@ b"),
            ("a < b > c", "a < b > c"),
            ("<@>", "<@>"),
            ("", ""),
        ] {
            assert_eq!(typed(sent), meant, "{sent}");
        }
    }
}
