//! Writing: the canonical line of a verb and its values, quoted so that it reads back the same.

use super::expected::OF;
use super::spec::{COMMAND, Opt, Type, Verb};
use super::value::plain_id;

/// A value to write.
pub(super) struct Piece<'a> {
    /// Of which option.
    pub option: &'a Opt,
    /// Its text; empty for a flag.
    pub value: String,
}

/// The line: free words in their places, then `key:value` and flags in the order given.
pub(super) fn render(verb: &Verb, pieces: &[Piece<'_>]) -> String {
    let mut line = format!("{COMMAND} {}", verb.name);
    let mut placed = Vec::new();
    for place in verb.places() {
        let Some(index) = pieces.iter().position(|piece| piece.option.name == place.name) else { break };
        let repeats = pieces.iter().filter(|piece| piece.option.name == place.name).count() > 1;
        if repeats || pieces[index].value.is_empty() {
            break;
        }
        line.push(' ');
        line.push_str(&free(place, &pieces[index].value));
        placed.push(index);
    }
    for (index, piece) in pieces.iter().enumerate() {
        if !placed.contains(&index) {
            line.push(' ');
            line.push_str(&keyed(piece.option, &piece.value));
        }
    }
    line
}

/// One option as it is typed.
fn keyed(option: &Opt, value: &str) -> String {
    match option.kind {
        Type::Flag if option.word => option.name.clone(),
        Type::Flag => format!("--{}", option.name),
        Type::Downtime => {
            let of_one = value.split_once(OF).filter(|_| !value.contains(','));
            match of_one.and_then(|(service, figure)| Some((plain_id(service)?, figure))) {
                Some((service, figure)) => format!("{}.{service}:{}", option.name, quoted_if_needed(figure)),
                None => format!("{}:{}", option.name, quoted_if_needed(value)),
            }
        }
        _ => format!("{}:{}", option.name, quoted_if_needed(value)),
    }
}

/// A free word, in quotes when it could be taken for anything else.
fn free(option: &Opt, value: &str) -> String {
    if option.kind == Type::Verb { value.to_owned() } else { word(value) }
}

/// A word that stands alone, in quotes when it could be taken for anything else.
pub(super) fn word(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '#');
    let is_bare = value.chars().all(plain) || is_number_list(value);
    if is_bare && !value.is_empty() && !value.starts_with('-') { value.to_owned() } else { quoted(value) }
}

fn is_number_list(value: &str) -> bool {
    value.split(',').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The value of an option, in quotes unless it is one plain word.
pub(super) fn quoted_if_needed(value: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '@' | '/' | ':' | '+' | ',' | '#' | '?' | '=' | '&' | '%')
    };
    let is_bare =
        value.chars().all(plain) && !value.is_empty() && !value.ends_with(',') && !value.starts_with(['/', '=', ':']);
    if is_bare { value.to_owned() } else { quoted(value) }
}

/// In straight quotes, with `\"` and `\\` where needed.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
