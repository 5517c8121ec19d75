//! The HTML of a mail: readable without its style sheet, in dark and light, wide and narrow. No images, no scripts,
//! nothing from elsewhere, and no link but to the page of what it is about and to unsubscribe.

use super::{LANGUAGE, Letter, as_facts, footer};
use crate::message::text::{one_line, shown};
use crate::message::{Block, ItemLine, words};

/// A table of more columns than this is too narrow to read on a phone, and in most windows of mail programs.
const MOST_COLUMNS: usize = 3;

/// Colours of WCAG AA contrast in both. Programs that leave the sheet out show plain black on white.
const STYLE: &str = "
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;background:#f4f5f7;color:#1c2026;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif}
.sheet{max-width:640px;margin:0 auto;padding:24px;background:#ffffff;overflow-wrap:anywhere}
h1{margin:0 0 16px;font-size:22px;line-height:1.3}
h2{margin:0 0 4px;font-size:17px;line-height:1.3}
p{margin:0 0 16px}
table{border-collapse:collapse;width:100%;margin:0 0 16px}
th,td{padding:6px 12px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid #dfe2e7}
.facts th{width:9em;font-weight:600;color:#4a525e}
ul{margin:0 0 16px;padding:0;list-style:none}
li{margin:0 0 6px;text-indent:-22px}
.aside{color:#5a6370}
pre{margin:0 0 16px;padding:10px 12px;background:#eef0f3;border-radius:4px;font:14px/1.5 ui-monospace,Consolas,monospace;white-space:pre-wrap}
a{color:#0b57b0}
.go{display:inline-block;padding:10px 16px;border:1px solid #0b57b0;border-radius:4px;text-decoration:none}
.foot{margin:24px 0 0;padding:16px 0 0;border-top:1px solid #dfe2e7;font-size:13px;color:#5a6370}
@media (prefers-color-scheme:dark){
body{background:#14171b;color:#e6e8eb}
.sheet{background:#1c2026}
th,td,.foot{border-color:#3a414b}
.facts th,.aside,.foot{color:#aab2bd}
pre{background:#2a3038}
a{color:#8ab8ff}
.go{border-color:#8ab8ff}
}
@media (max-width:480px){
.sheet{padding:16px}
.facts,.facts tbody,.facts tr,.facts th,.facts td{display:block;width:auto}
.facts th{padding:8px 0 0;border:0}
.facts td{padding:0 0 8px}
.go{display:block;text-align:center}
}
";

/// The page of a letter under its subject.
pub(super) fn page(letter: &Letter<'_>, subject: &str) -> String {
    let blocks: String = letter.message.blocks.iter().map(|block| self::block(block, letter.page)).collect();
    let unsubscribe = letter.unsubscribe_url.map(|url| {
        format!("<br>{} <a href=\"{url}\">{url}</a>", escaped(words::mail_unsubscribe()), url = escaped(url))
    });
    format!(
        "<!DOCTYPE html>\n<html lang=\"{LANGUAGE}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no, email=no, url=no\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<div class=\"sheet\">\n{blocks}\
         <p><a class=\"go\" href=\"{page}\">{go}</a></p>\n\
         <p class=\"foot\">{footer}{unsubscribe}</p>\n</div>\n</body>\n</html>\n",
        title = escaped(subject),
        page = escaped(letter.page),
        go = escaped(&words::mail_page(letter.subject)),
        footer = escaped(&footer(letter)),
        unsubscribe = unsubscribe.unwrap_or_default(),
    )
}

/// One part of a message; `page` is the only address that becomes a link.
fn block(block: &Block, page: &str) -> String {
    match block {
        Block::Heading(text) => format!("<h1>{}</h1>\n", escaped(&one_line(text))),
        Block::Text(text) => format!("<p>{}</p>\n", escaped(shown(text).trim_end()).replace('\n', "<br>\n")),
        Block::Facts(facts) => self::facts(facts, page),
        Block::Items(items) => format!("<ul>\n{}</ul>\n", items.iter().map(item).collect::<String>()),
        Block::Table { head, rows } if head.len() > MOST_COLUMNS => {
            let row = |row: &Vec<String>| {
                let (title, said) = as_facts(head, row);
                format!("<h2>{}</h2>\n{}", escaped(&title), facts(&said, page))
            };
            rows.iter().map(row).collect()
        }
        Block::Table { head, rows } => table(head, rows),
        Block::Copy(line) => format!("<pre>{}</pre>\n", escaped(&one_line(line))),
        Block::Caret { line, from, width } => {
            let mark = format!("{}{}", " ".repeat(*from), "^".repeat(*width));
            format!("<pre>{}\n{mark}</pre>\n", escaped(&shown(line)))
        }
    }
}

fn facts(facts: &[(String, String)], page: &str) -> String {
    let value = |value: &str| {
        let value = one_line(value);
        let text = escaped(&value);
        if value == page { format!("<a href=\"{text}\">{text}</a>") } else { text }
    };
    let row = |(name, text): &(String, String)| {
        format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(&one_line(name)), value(text))
    };
    format!("<table class=\"facts\">\n{}</table>\n", facts.iter().map(row).collect::<String>())
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let cells = |row: &[String], tag: &str| -> String {
        let cell = |cell: &String| format!("<{tag}>{}</{}>", escaped(&one_line(cell)), &tag[..2]);
        row.iter().map(cell).collect::<Vec<_>>().concat()
    };
    let head = cells(head, "th scope=\"col\"");
    let rows: Vec<String> = rows.iter().map(|row| format!("<tr>{}</tr>\n", cells(row, "td"))).collect();
    format!("<table>\n<tr>{head}</tr>\n{}</table>\n", rows.concat())
}

fn item(line: &ItemLine) -> String {
    let aside = match one_line(&line.aside) {
        aside if aside.is_empty() => String::new(),
        aside => format!(" <span class=\"aside\">— {}</span>", escaped(&aside)),
    };
    // A second line stands below the number, not below the box.
    let inset = 22 + line.depth.min(8) * 20;
    let mark = if line.done { "☑" } else { "☐" };
    let text = escaped(&one_line(&line.text));
    format!("<li style=\"padding-left:{inset}px\">{mark} {}. {text}{aside}</li>\n", line.number)
}

/// Text as it stands in HTML, also inside quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_people_is_text_wherever_it_stands() {
        let evil = "\"><script>alert('x')</script>&lt;";
        let safe = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;lt;";
        let line = ItemLine { number: 1, text: evil.into(), depth: 0, done: false, aside: evil.into() };
        for made in [
            Block::Heading(evil.into()),
            Block::Text(evil.into()),
            Block::Facts(vec![(evil.into(), evil.into())]),
            Block::Items(vec![line]),
            Block::Table { head: vec![evil.into()], rows: vec![vec![evil.into()]] },
            Block::Table { head: vec![evil.into(); 4], rows: vec![vec![evil.into(); 4]] },
            Block::Copy(evil.into()),
            Block::Caret { line: evil.into(), from: 1, width: 1 },
        ] {
            let html = block(&made, "https://example.com");
            assert!(html.contains(safe), "{html}");
            assert!(!html.contains("<script") && !html.contains("alert('"), "{html}");
        }
    }

    #[test]
    fn a_wide_table_is_told_row_by_row_and_says_nothing_of_empty_cells() {
        let cells = |cells: [&str; 4]| cells.map(String::from).to_vec();
        let head = cells(["Phase", "When", "Regions", "State"]);
        let rows = vec![cells(["1 of 2: Asia", "Sunday", "Tokyo", ""]), cells(["2 of 2: Europe", "Monday", "", "new"])];
        let html = block(&Block::Table { head, rows }, "https://example.com");
        assert_eq!(
            html.replace(" scope=\"row\"", ""),
            "<h2>1 of 2: Asia</h2>\n<table class=\"facts\">\n<tr><th>When</th><td>Sunday</td></tr>\n\
             <tr><th>Regions</th><td>Tokyo</td></tr>\n</table>\n\
             <h2>2 of 2: Europe</h2>\n<table class=\"facts\">\n<tr><th>When</th><td>Monday</td></tr>\n\
             <tr><th>State</th><td>new</td></tr>\n</table>\n"
        );
    }

    #[test]
    fn only_the_page_becomes_a_link() {
        let page = "https://maint.example/windows/MW-1";
        let facts = |value: &str| block(&Block::Facts(vec![("Details".into(), value.into())]), page);
        assert!(facts(page).contains("<a href=\"https://maint.example/windows/MW-1\">"));
        for other in
            ["https://evil.example", "javascript:alert(1)", "data:text/html,x", "https://maint.example/windows/MW-11"]
        {
            assert!(!facts(other).contains("<a "), "{other}");
        }
    }
}
