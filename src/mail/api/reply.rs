//! What a server's no means: for this mail, for its recipient, or for everything that maintbot sends. Pure.
//!
//! Codes are those of RFC 5321, 4.2; what stands behind them, such as `5.1.1`, is RFC 3463.

/// What was asked when the server said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// To be let in: greeting, EHLO, STARTTLS, AUTH.
    Door,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, or the mail itself.
    Content,
}

/// What the no is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// Not now: greylisting, a full mailbox, too much at once.
    NotNow,
    /// Nothing of maintbot's is taken.
    Site,
    /// Nobody is there.
    Mailbox,
    /// This mail, to this recipient.
    Mail,
}

/// What a negative reply means; `text` is what the server said with it.
pub(super) fn meaning(stage: Stage, code: u16, text: &str) -> No {
    let detail = enhanced(text);
    match (stage, code, detail) {
        (Stage::Door, ..) => No::Site,
        (_, 400..=499, _) => No::NotNow,
        // Must sign in, or use TLS, first.
        (Stage::Sender, ..) | (_, 530, _) => No::Site,
        // A mailbox that is full is emptied some day.
        (_, _, Some((2, 2))) => No::NotNow,
        // The sender's own address is not good enough.
        (_, _, Some((1, 7 | 8))) => No::Mail,
        (_, _, Some((1, _) | (2, 1))) | (Stage::Recipient, 550 | 551 | 553, None) => No::Mailbox,
        _ => No::Mail,
    }
}

/// Subject and detail of an enhanced code that a text begins with: `(1, 1)` of `5.1.1 no such user`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split_whitespace().next()?.split('.');
    let class = parts.next()?;
    let found = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (matches!(class, "4" | "5") && parts.next().is_none()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_is_about_what_was_asked() {
        let cases = [
            (Stage::Recipient, 451, "4.7.1 greylisted", No::NotNow),
            (Stage::Recipient, 450, "later", No::NotNow),
            (Stage::Content, 421, "shutting down", No::NotNow),
            (Stage::Recipient, 550, "no such user", No::Mailbox),
            (Stage::Recipient, 550, "5.1.1 no such user", No::Mailbox),
            (Stage::Recipient, 553, "no such user", No::Mailbox),
            (Stage::Recipient, 550, "5.2.1 mailbox disabled", No::Mailbox),
            (Stage::Content, 550, "5.1.1 no such user", No::Mailbox),
            (Stage::Recipient, 552, "5.2.2 over quota", No::NotNow),
            (Stage::Recipient, 554, "5.7.1 relay access denied", No::Mail),
            (Stage::Recipient, 550, "5.7.1 members only", No::Mail),
            (Stage::Recipient, 550, "5.1.8 bad sender", No::Mail),
            (Stage::Content, 550, "looks like spam", No::Mail),
            (Stage::Content, 552, "too large", No::Mail),
            (Stage::Recipient, 530, "5.7.0 sign in first", No::Site),
            (Stage::Sender, 530, "5.7.0 Must issue a STARTTLS command first", No::Site),
            (Stage::Sender, 550, "5.1.1 we do not know you", No::Site),
            (Stage::Door, 535, "5.7.8 wrong password", No::Site),
            (Stage::Door, 421, "too many connections", No::Site),
            (Stage::Door, 554, "go away", No::Site),
        ];
        for (stage, code, text, expected) in cases {
            assert_eq!(meaning(stage, code, text), expected, "{stage:?} {code} {text}");
        }
    }

    #[test]
    fn enhanced_codes_are_read_where_they_are_some() {
        assert_eq!(enhanced("5.1.1 no"), Some((1, 1)));
        for none in ["", "no such user", "5.1", "5.1.1.1 no", "2.1.5 fine", "5.x.1", "5.99999999.1"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
