//! Finds what a template names, with the line: the engine says which names there are, but not where.

/// What one piece inside `{{ … }}` or `{% … %}` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A name.
    Name,
    /// A text in quotes, without them.
    Text,
    /// Any other sign.
    Sign,
}

/// A piece inside `{{ … }}` or `{% … %}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) sort: Sort,
    pub(super) text: &'a str,
    /// Counted from one.
    pub(super) line: usize,
    /// It is the first of a `{% … %}`.
    pub(super) is_statement: bool,
}

/// The pieces of a template that compiles. Comments and what stands between `raw` and `endraw` have none.
pub(super) fn pieces(source: &str) -> Vec<Piece<'_>> {
    let (mut found, mut at, mut raw) = (Vec::new(), 0, false);
    while let Some(open) = source[at..].find('{').map(|open| at + open) {
        let rest = &source[open..];
        at = open + 1;
        if let Some(comment) = rest.strip_prefix("{#").filter(|_| !raw) {
            at = open + 2 + comment.find("#}").map_or(comment.len(), |end| end + 2);
        } else if rest.starts_with("{%") || rest.starts_with("{{") {
            let (inside, end) = tag(source, open + 2, rest.starts_with("{%"));
            let statement = inside.first().filter(|piece| piece.is_statement).map(|piece| piece.text);
            if raw && statement != Some("endraw") {
                continue;
            }
            raw = statement == Some("raw");
            found.extend(inside);
            at = end;
        }
    }
    found
}

/// The pieces from `at` to the end of a tag, and where it ends.
fn tag(source: &str, mut at: usize, is_statement: bool) -> (Vec<Piece<'_>>, usize) {
    let mut found: Vec<Piece<'_>> = Vec::new();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        if rest.starts_with("}}") || rest.starts_with("%}") {
            return (found, at + 2);
        }
        let (sort, text, length) = if matches!(c, '"' | '\'') {
            let text = quoted(&rest[1..], c);
            (Sort::Text, text, (text.len() + 2).min(rest.len()))
        } else if is_name(c) {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (Sort::Name, &rest[..length], length)
        } else {
            (Sort::Sign, &rest[..c.len_utf8()], c.len_utf8())
        };
        let is_trim = found.is_empty() && matches!(c, '-' | '+');
        if !c.is_whitespace() && !is_trim {
            let line = source[..at].matches('\n').count() + 1;
            found.push(Piece { sort, text, line, is_statement: is_statement && found.is_empty() });
        }
        at += length;
    }
    (found, at)
}

/// A text up to its closing quote.
fn quoted(rest: &str, quote: char) -> &str {
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    &rest[..end.unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<(&str, usize)> {
        let names = pieces(source).into_iter().filter(|piece| piece.sort == Sort::Name);
        names.map(|piece| (piece.text, piece.line)).collect()
    }

    #[test]
    fn names_are_found_with_their_lines() {
        let source = "title\n{{ title }}\n{%- if not\n  held -%}{{ 'impact' ~ when }}{% endif %}";
        assert_eq!(names(source), [("title", 2), ("if", 3), ("not", 3), ("held", 4), ("when", 4), ("endif", 4)]);
    }

    #[test]
    fn comments_raw_text_and_quotes_name_nothing() {
        let source = "{# {{ a }} #}{% raw %}{{ b }}{% endraw %}{{ \"}} {{ c \\\" d\" }}{ e }";
        assert_eq!(names(source), [("raw", 1), ("endraw", 1)]);
        assert!(pieces("{{ block(\"facts\") }}").iter().any(|piece| piece.sort == Sort::Text && piece.text == "facts"));
        assert!(pieces("{%- include 'x' %}")[0].is_statement);
    }

    #[test]
    fn text_that_ends_too_early_ends_the_search() {
        for source in ["{", "{{", "{{ a", "{{ 'a", "{%", "{#", "{{ 'ä", "{% raw %}{{"] {
            assert!(pieces(source).len() < 3, "{source}");
        }
    }
}
