//! Fitting a message into what a surface shows at once: lengths, cutting ready text, folding lists, and the lines of which
//! lists are made. Surfaces differ in their markup, which is handed in: what of it stays together ([`Whole`]), and how
//! text from people becomes harmless.
//!
//! Lengths are in UTF-16 units, the longest that a surface could mean by "characters".

use super::text::{one_line, plain};
use super::{Block, ItemLine, Message, Times};

/// How many bytes at the start of ready text stay together: a sign with what escapes it, a link, an entity. At least the
/// first sign.
pub type Whole = fn(&str) -> usize;

/// Deepest nesting of items that is shown; what is deeper stands there as well.
const DEEPEST: usize = 6;
/// Moves a line to the right; other spaces may be dropped at the start of a text.
const INDENT: &str = "\u{2003}";

/// Length in UTF-16 units.
#[must_use]
pub fn len(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Cuts ready text after at most so many UTF-16 units: after a line if there is one in the second half, else after a
/// word, else between signs; never within what stays together.
#[must_use]
pub fn cut(ready: &str, most: usize, whole: Whole) -> (&str, &str) {
    if len(ready) <= most {
        return (ready, "");
    }
    let (mut line, mut word, mut sign, mut units) = (0, 0, 0, 0);
    let mut at = 0;
    while at < ready.len() {
        sign = at;
        match ready[..at].chars().next_back() {
            Some('\n') => line = at,
            Some(c) if c.is_whitespace() => word = at,
            _ => {}
        }
        let rest = &ready[at..];
        let length = whole(rest).max(1);
        units += rest.get(..length).map_or(usize::MAX - units, len);
        if units > most {
            break;
        }
        at += length;
    }
    let at = [line, word, sign].into_iter().find(|at| *at > sign / 2).unwrap_or(sign);
    ready.split_at(at)
}

/// Ready text of at most so many UTF-16 units, the last an ellipsis where some are missing.
#[must_use]
pub fn clip(ready: &str, most: usize, whole: Whole) -> String {
    if len(ready) <= most {
        return ready.to_owned();
    }
    let (head, _) = cut(ready, most.saturating_sub(1), whole);
    format!("{}…", head.trim_end())
}

/// Ready text in parts of at most so many UTF-16 units, none of them blank. Text that cannot be cut is left out.
#[must_use]
pub fn split(ready: &str, most: usize, whole: Whole) -> Vec<String> {
    let (mut parts, mut rest) = (Vec::new(), ready.trim_end());
    while !rest.is_empty() {
        let (head, more) = cut(rest, most, whole);
        if head.is_empty() {
            break;
        }
        if !head.trim().is_empty() {
            parts.push(head.trim_end().to_owned());
        }
        rest = more.trim_start_matches('\n');
    }
    parts
}

/// Ready lines, put together to texts of at most so many UTF-16 units. A longer line is clipped.
#[must_use]
pub fn packed<'a>(lines: impl IntoIterator<Item = &'a str>, most: usize, whole: Whole) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        let line = clip(line, most, whole);
        match texts.last_mut() {
            Some(text) if len(text) + 1 + len(&line) <= most => {
                text.push('\n');
                text.push_str(&line);
            }
            _ => texts.push(line),
        }
    }
    texts
}

/// All lines where they fit; else as many of the first ones as fit together with a word about the rest, which `rest`
/// makes of their number.
#[must_use]
pub fn folded(lines: &[String], fits: impl Fn(&[String]) -> bool, rest: impl Fn(usize) -> String) -> Vec<String> {
    if fits(lines) {
        return lines.to_vec();
    }
    let with_rest =
        |count: usize| lines[..count].iter().cloned().chain([rest(lines.len() - count)]).collect::<Vec<_>>();
    let (mut few, mut many) = (0, lines.len());
    while few < many {
        let middle = (few + many).div_ceil(2);
        if fits(&with_rest(middle)) { few = middle } else { many = middle - 1 }
    }
    with_rest(few)
}

/// `3 of 5 done`, unless the block before says it.
#[must_use]
pub fn progress(items: &[ItemLine], before: Option<&Block>) -> Option<String> {
    // Who has parts is done when they are.
    let is_leaf = |n: &usize| items.get(n + 1).is_none_or(|next| next.depth <= items[*n].depth);
    let leaves: Vec<usize> = (0..items.len()).filter(is_leaf).collect();
    let done = leaves.iter().filter(|n| items[**n].done).count();
    let said = format!("{done} of {} done", leaves.len());
    let is_said = matches!(before, Some(Block::Text(text)) if text.contains(&said));
    (!items.is_empty() && !is_said).then_some(said)
}

/// `☐ 1. text — aside`, moved to the right by its depth; `inline` makes text from people ready.
#[must_use]
pub fn item_line(item: &ItemLine, inline: impl Fn(&str) -> String) -> String {
    let sign = if item.done { "☑" } else { "☐" };
    let text = inline(&one_line(&item.text));
    let aside = match one_line(&item.aside).as_str() {
        "" => String::new(),
        aside => format!(" — {}", inline(aside)),
    };
    format!("{}{sign} {}. {text}{aside}", INDENT.repeat(item.depth.min(DEEPEST)), item.number)
}

/// A row of a table as a line, with the name of the column before each cell: `Id: MW-1 · When: …`; `bold` makes the names.
#[must_use]
pub fn row_line(
    head: &[String],
    row: &[String],
    inline: impl Fn(&str) -> String,
    bold: impl Fn(&str) -> String,
) -> String {
    let named = head.iter().map(|name| one_line(name)).chain(std::iter::repeat(String::new()));
    let cells = row.iter().map(|cell| one_line(cell)).zip(named).filter(|(cell, _)| !cell.is_empty());
    let cells = cells.map(|(cell, name)| {
        let cell = inline(&cell);
        if name.is_empty() { cell } else { format!("{}: {cell}", bold(&name)) }
    });
    cells.collect::<Vec<_>>().join(" · ")
}

/// A table in aligned columns, where no line of it is longer than `widest`; `None`: it is wider, or has a cell without a
/// column.
#[must_use]
pub fn columns(head: &[String], rows: &[Vec<String>], widest: usize) -> Option<String> {
    let block = Block::Table { head: head.to_vec(), rows: rows.to_vec() };
    let columns = plain(&Message::default().block(block));
    let has_columns = rows.iter().all(|row| row.len() <= head.len());
    let is_narrow = columns.lines().all(|line| len(line) <= widest);
    (has_columns && is_narrow && !columns.trim().is_empty()).then_some(columns)
}

/// What is marked in a line, with some of the line around it where all of it would be too long: the line that is shown,
/// the first marked character of it and how many are marked.
#[must_use]
pub fn around(line: &str, from: usize, width: usize) -> (String, usize, usize) {
    const BEFORE: usize = 60;
    const MOST: usize = 240;
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let length = line.chars().count();
    let (from, width) = (from.min(length), width.clamp(1, MOST));
    if length <= MOST {
        return (line, from, width.min(length - from + 1));
    }
    let start = from.saturating_sub(BEFORE);
    let part: String = line.chars().skip(start).take(MOST).collect();
    let (cut_before, cut_after) = (start > 0, start + MOST < length);
    let shown = format!("{}{part}{}", if cut_before { "…" } else { "" }, if cut_after { "…" } else { "" });
    (shown, from - start + usize::from(cut_before), width.min(MOST))
}

/// The first time in a text and where it is, the longest of those: a stretch holds its start.
#[must_use]
pub fn next_time<'a>(text: &str, times: &'a [Times]) -> Option<(usize, &'a Times)> {
    let known = times.iter().filter(|time| !time.text.is_empty());
    let found = known.filter_map(|time| text.find(&time.text).map(|at| (at, time)));
    found.min_by_key(|(at, time)| (*at, std::cmp::Reverse(time.text.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in round brackets stays together.
    fn whole(rest: &str) -> usize {
        match rest.chars().next() {
            Some('(') => rest.find(')').map_or(rest.len(), |end| end + 1),
            Some(c) => c.len_utf8(),
            None => 0,
        }
    }

    #[test]
    fn text_is_cut_after_lines_then_words_then_signs_and_never_in_what_stays_together() {
        for (ready, most, head, rest) in [
            ("abc", 3, "abc", ""),
            ("one two\nthree four", 14, "one two\n", "three four"),
            ("one two three", 9, "one two ", "three"),
            ("abcdef", 4, "abcd", "ef"),
            ("ab(c d)ef", 5, "ab", "(c d)ef"),
            ("(never ends", 5, "", "(never ends"),
            ("a🎉🎉", 4, "a🎉", "🎉"),
        ] {
            assert_eq!(cut(ready, most, whole), (head, rest), "{ready}");
        }
    }

    #[test]
    fn what_is_clipped_split_or_packed_keeps_its_length() {
        assert_eq!(clip("abcdef", 6, whole), "abcdef");
        assert_eq!(clip("abc (d e)", 8, whole), "abc…");
        let text = (0..400).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
        let parts = split(&text, 100, whole);
        assert!(parts.iter().all(|part| len(part) <= 100));
        assert_eq!(parts.join(" "), text);
        assert_eq!(packed(["aaaa", "bbb", "cccccccccccc"], 8, whole), ["aaaa\nbbb", "ccccccc…"]);
    }

    #[test]
    fn a_list_is_folded_to_what_fits() {
        let lines: Vec<String> = (1..=9).map(|n| n.to_string()).collect();
        let rest = |more: usize| format!("and {more} more");
        assert_eq!(folded(&lines, |all| all.len() <= 9, rest), lines);
        assert_eq!(folded(&lines, |all| all.len() <= 4, rest), ["1", "2", "3", "and 6 more"]);
        assert_eq!(folded(&lines, |_| false, rest), ["and 9 more"], "the word about the rest is always there");
    }

    #[test]
    fn a_wide_table_has_no_columns() {
        let of = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let head = of(&["Id", "State"]);
        assert_eq!(columns(&head, &[of(&["MW-1", "done"])], 11).as_deref(), Some("Id    State\nMW-1  done"));
        assert_eq!(columns(&head, &[of(&["MW-1", "done"])], 10), None);
        assert_eq!(columns(&head, &[of(&["MW-1", "done", "x"])], 60), None, "a cell without a column");
        assert_eq!(columns(&[], &[], 60), None);
        let line = row_line(&head, &of(&["MW-1", "", "x"]), str::to_owned, str::to_uppercase);
        assert_eq!(line, "ID: MW-1 · x");
    }

    #[test]
    fn of_a_very_long_line_the_marked_part_is_shown() {
        let line = format!("{}WRONG{}", "a".repeat(1_000), "b".repeat(1_000));
        let (shown, from, width) = around(&line, 1_000, 5);
        assert_eq!(shown.chars().skip(from).take(width).collect::<String>(), "WRONG");
        assert!(shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(around("a b", 9, 9), ("a b".to_owned(), 3, 1));
    }
}
