//! Texts with named places in braces, such as `phase {n} of {of}`.

/// Fills every place that `value` knows, in one pass: what a value holds is never a place itself. A place that it does not
/// know stays as it is written.
#[must_use]
pub fn fill(pattern: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let (mut filled, mut rest) = (String::with_capacity(pattern.len() + 16), pattern);
    while let Some((before, place, after)) = next_place(rest) {
        filled.push_str(before);
        match value(place) {
            Some(text) => filled.push_str(&text),
            None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
        }
        rest = after;
    }
    filled + rest
}

/// The names of its places, in the order in which they stand there.
#[must_use]
pub fn places(pattern: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), pattern);
    while let Some((_, place, after)) = next_place(rest) {
        found.push(place);
        rest = after;
    }
    found
}

/// What stands before the first place, its name, and what follows it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let (name, after) = text[open + 1..].split_once('}')?;
    Some((&text[..open], name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_a_place() {
        let value = |place: &str| Some(if place == "title" { "{n}".to_owned() } else { "7".to_owned() });
        assert_eq!(fill("{title}, phase {n}: {title}", value), "{n}, phase 7: {n}");
    }

    #[test]
    fn a_place_that_nobody_knows_stays() {
        assert_eq!(fill("a {b} c { d", |_| None), "a {b} c { d");
        assert_eq!(places("{n} of {of} {"), ["n", "of"]);
    }
}
