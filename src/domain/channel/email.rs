//! Addresses of mail.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest address that can be written to, in characters (RFC 5321, 4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;
/// Longest part before the `@` (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// Longest name between two dots of a domain (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;

/// An address of mail: `ops@example.com`. Only the plain form that mail programs agree on: no quotes, comments, or letters
/// beyond ASCII. The domain is kept in small letters; the part before it belongs to its host and stays as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    local: String,
    domain: String,
}

impl EmailAddress {
    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// What stands before it.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for EmailAddress {
    type Err = String;

    /// Reads `ops@example.com`. Errors say what it looks like.
    fn from_str(text: &str) -> Result<Self, String> {
        // The atoms of RFC 5322, 3.2.3.
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        let dotted = |part: &str, fits: &dyn Fn(&str) -> bool| part.split('.').all(fits);
        let label = |label: &str| {
            let letters = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            (1..=LONGEST_LABEL).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
        };
        let (local, domain) = text.rsplit_once('@').unwrap_or_default();
        let local_fits =
            local.len() <= LONGEST_LOCAL && dotted(local, &|part| !part.is_empty() && part.chars().all(atom));
        if text.len() <= LONGEST && local_fits && !domain.is_empty() && dotted(domain, &label) {
            return Ok(Self { local: local.to_owned(), domain: domain.to_ascii_lowercase() });
        }
        Err(format!("`{text}` is not an address of mail: write for example `ops@example.com`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_and_print_the_same_with_the_domain_in_small_letters() {
        for (text, shown) in [
            ("ops@example.com", "ops@example.com"),
            ("First.Last+maint@EXAMPLE.co.uk", "First.Last+maint@example.co.uk"),
            ("o'brien@mail-1.example", "o'brien@mail-1.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(text.parse::<EmailAddress>().map(|a| a.to_string()), Ok(shown.into()));
        }
    }

    #[test]
    fn what_could_break_a_header_or_an_envelope_is_no_address() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "ops",
            "@example.com",
            "ops@",
            "a b@example.com",
            "a@b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "\"a b\"@example.com",
            "<a@example.com>",
            "a@example.com\r\nBcc: x@y.example",
            "a@-x.example",
            "a@x..example",
            "a,b@example.com",
            "ä@example.com",
            "a@exämple.com",
            "a@[127.0.0.1]",
            &long,
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text}");
        }
    }
}
