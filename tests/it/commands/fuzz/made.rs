//! Inputs made from rolls of dice: fragments that are right, put together, damaged, and mixed with what pasteboards,
//! phones and enemies type. The same rolls make the same input, and fewer rolls a shorter one, so that a failure shrinks.

use maintbot::command::LONGEST_INPUT;
use maintbot::command::spec::{Opt, Type, Verb, catalogue};

/// What breaks naive parsers: quotes, dashes, blanks without width, text that runs backwards, other scripts.
const HOSTILE: &[&str] = &[
    " ",
    "\"",
    "'",
    "“",
    "”",
    "„",
    "«",
    "»",
    "‘",
    "’",
    "\\",
    "\\\"",
    "\\\\",
    "\"\"",
    "\"\"\"\"",
    "\n",
    "\r\n",
    "\t",
    "\u{a0}",
    "\u{200b}",
    "\u{feff}",
    "\u{2060}",
    "\u{200d}",
    "\u{202e}",
    "\u{2066}",
    "\u{0}",
    "\u{7f}",
    "\u{301}",
    "é",
    "漢字",
    "日曜日",
    "אבג",
    "مرحبا",
    "🙂",
    "👩\u{200d}💻",
    "🇫🇮",
    "ß",
    "İ",
    "ǅ",
    "Ⅷ",
    "１６:００",
    "--",
    "—",
    "–",
    "-",
    "---",
    "—again",
    "--=",
    "--dry-run",
    "--dry-run=maybe",
    ":",
    "::",
    "=",
    "==",
    ",",
    ",,",
    ".",
    "..",
    "/",
    "//",
    "https://example.com/a?b=c:d",
    "12:30",
    "@",
    "@@",
    "#",
    "#3",
    "<",
    ">",
    "<t:",
    "<t:1796572800:F>",
    "<!date^1796572800^{date}|x>",
    "<@U1|anna>",
    "(",
    ")",
    "(14:00 UTC)",
    "&lt;",
    "`",
    "```",
    "- [ ] x",
    "MW-12",
    "PL-3",
    "SR-1",
    "FR-2",
    "MW-0",
    "MW-99999999999999999999",
    "mw12",
    "when:",
    "service:",
    "servce:jira",
    "downtime.",
    "downtime.jira:",
    "downtime..:1h",
    "downtime.jira=1h",
    "do",
    "help",
    "/maintenance",
    "all",
    "mine",
    "0",
    "-1",
    "99999999999999999999",
    "1e9",
    "0x10",
    "٣",
    "%00",
    "{{",
    "${x}",
    "'; --",
];

const DATES: &[&str] = &[
    "2026-12-06",
    "sunday",
    "next sunday",
    "this friday",
    "today",
    "tomorrow",
    "yesterday",
    "in 3 days",
    "in 2 weeks",
    "sunday, september 8",
    "31 october 2027",
    "october 31",
    "Oct 31st, 2027",
    "the 8th of september",
    "first sunday of december",
    "last friday of quarter",
    "second tuesday of month",
    "fourth monday of january 2027",
    "25/12/2026",
    "03/04/2027",
    "30 february",
    "2027-02-29",
    "2027-03-28",
    "2027-10-31",
    "2026-13-01",
    "Mon 12 Apr 2027",
    "2199-12-31",
    "9999-99-99",
];
const CLOCKS: &[&str] = &[
    "16:00",
    "4pm",
    "4:30 pm",
    "00:00",
    "24:00",
    "23:59:59",
    "03:30",
    "03:30+02:00",
    "03:30-05:00",
    "16",
    "25:00",
    "12am",
    "13pm",
    "16:00Z",
    "04",
    "4",
    "16.00",
];
const ENDS: &[&str] = &[
    " for 4h",
    "-20:00",
    " - 20:00",
    "–20:00",
    "/PT4H",
    "/P1DT2H",
    " until 20:00",
    " to monday 02:00",
    "-2026-12-07 02:00",
    " for 90m",
    " for 32d",
    " for 0m",
    " for 2 months",
    "-16:00",
    "",
    " for",
    "-",
    " until <t:1796587200:F>",
    " for 1h 30m",
    "/2026-12-06T20:00Z",
    "-6pm",
    " for 999999999999h",
    "/P99999999999D",
];
const ZONES: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    " UTC",
    " Europe/Helsinki",
    " +02:00",
    " -05:00",
    " UTC+2",
    " CST",
    " IST",
    " Europe/Helsinky",
    " america/new_york",
    " Z",
    " +99:00",
    " Etc/GMT+5",
    " (14:00–18:00 UTC)",
    " GMT",
];
const RULES: &[&str] = &[
    "second sunday of month",
    "last friday of quarter",
    "every 2 weeks on monday",
    "every week on sunday",
    "every day",
    "daily",
    "weekly on monday and thursday",
    "every month on the 1st",
    "every 3 months",
    "first weekday of month",
    "every sunday",
    "FREQ=MONTHLY;BYDAY=2SU",
    "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=DAILY;COUNT=5",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=SECONDLY",
    "FREQ=WEEKLY;UNTIL=20270101T000000Z",
    "FREQ=",
    "FREQ=MONTHLY;BYDAY=9SU",
    "FREQ=MONTHLY;INTERVAL=0",
    "0 16 * * SUN",
    "*/5 * * * *",
    "0 0 31 2 *",
    "0 16 * * SUN#2",
    "0 16 L * *",
    "99 99 * * *",
    "* * * * * *",
    "0 16 1-7/2 JAN-MAR ?",
    "second sunday",
    "every",
    "every 0 weeks",
    "every 99999999999 days",
    "fifth friday of month",
];
const FIGURES: &[&str] = &[
    "15m",
    "1h",
    "none",
    "0",
    "10m-15m",
    "10m–15m",
    "10m-15m per:tenant",
    "10m-15m per tenant",
    "1h30m",
    "1 hour 30 minutes",
    "15m-10m",
    "lots",
    "",
    "per:tenant",
    "10m per:",
    "10m per:a b",
    "1h per:äö",
    "-",
    "10m-",
    "-10m",
    "99999999999h",
    "1.5h",
    "15",
    "no",
    "32d",
];
const SERVICES: &[&str] = &["jira", "JIRA", "eu.mail_1", "-x", ".", "..", "a b", "", "é", "jira/x"];

/// Decisions, one after the other; when they have run out, always the first choice.
pub struct Dice<'a> {
    rolls: &'a [u32],
}

impl<'a> Dice<'a> {
    pub fn new(rolls: &'a [u32]) -> Self {
        Self { rolls }
    }

    fn below(&mut self, most: usize) -> usize {
        let Some((first, rest)) = self.rolls.split_first() else { return 0 };
        self.rolls = rest;
        usize::try_from(*first).unwrap_or(0) % most.max(1)
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == chances - 1
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }

    /// A `when:`, right or nearly so.
    pub fn when(&mut self) -> String {
        let (date, clock, end, zone) = (self.pick(DATES), self.pick(CLOCKS), self.pick(ENDS), self.pick(ZONES));
        let text = match self.below(6) {
            0 | 1 => format!("{date} {clock}{end}{zone}"),
            2 => format!("{date}T{clock}{end}{zone}"),
            3 => format!("{clock}{end} {date}{zone}"),
            4 => format!("<t:1796572800:F>{end}{zone}"),
            _ => format!("{zone} {date}, {clock}{end}"),
        };
        self.damaged(text)
    }

    /// An `every:`, right or nearly so.
    pub fn every(&mut self) -> String {
        let (rule, clock, end) = (self.pick(RULES), self.pick(CLOCKS), self.pick(ENDS));
        let text = match self.below(4) {
            0 => rule.to_owned(),
            1 | 2 => format!("{rule} {clock}{end}"),
            _ => format!("{rule} {}", self.pick(RULES)),
        };
        self.damaged(text)
    }

    /// Figures of downtime, right or nearly so.
    pub fn downtime(&mut self) -> String {
        let mut text = self.pick(FIGURES).to_owned();
        while self.one_in(3) {
            let (service, figure) = (self.pick(SERVICES), self.pick(FIGURES));
            text = format!("{text},{service}={figure}");
        }
        self.damaged(text)
    }

    /// A whole line, right or nearly so.
    pub fn line(&mut self) -> String {
        let verbs = &catalogue().verbs;
        let verb = &verbs[self.below(verbs.len())];
        let line = match self.below(8) {
            0 => verb.examples[self.below(verb.examples.len())].clone(),
            1 => self.soup(12),
            2 => format!("{} {}", verb.name, self.soup(8)),
            3 => format!("do {}", self.of_verb(verb)),
            _ => self.of_verb(verb),
        };
        let line = self.damaged(line);
        if self.one_in(4_000) { self.grown(&line) } else { line }
    }

    fn soup(&mut self, most: usize) -> String {
        let count = self.below(most);
        (0..count).map(|_| self.pick(HOSTILE)).collect()
    }

    /// A verb with most of what it needs, typed in all the ways that people mix.
    fn of_verb(&mut self, verb: &Verb) -> String {
        let mut line = if self.one_in(3) { format!("/maintenance {}", verb.name) } else { verb.name.clone() };
        if self.one_in(12) {
            line = self.damaged(line);
        }
        for option in &verb.options {
            let chances = if option.required { 10 } else { 4 };
            if self.one_in(chances) != option.required {
                line.push(' ');
                let value = self.value(option);
                line.push_str(&self.typed(option, &value));
            }
        }
        line
    }

    fn value(&mut self, option: &Opt) -> String {
        match (self.below(4), option.kind) {
            (0 | 1, _) => option.example.clone(),
            (2, Type::When | Type::Moment | Type::Day | Type::TimeOfDay) => self.when(),
            (2, Type::Every) => self.every(),
            (2, Type::Downtime | Type::Duration) => self.downtime(),
            (2, _) => format!("{} {}", option.example, self.pick(HOSTILE)),
            _ => self.soup(5),
        }
    }

    fn typed(&mut self, option: &Opt, value: &str) -> String {
        let name = &option.name;
        if option.kind == Type::Flag {
            return match self.below(4) {
                0 | 1 => format!("--{name}"),
                2 => format!("—{name}"),
                _ => format!("--{name}={}", self.pick(&["true", "false", "maybe", ""])),
            };
        }
        let quoted = match self.below(6) {
            0 | 1 => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            2 => format!("“{value}”"),
            3 => format!("'{value}'"),
            4 => format!("\"{value}\""),
            _ => value.to_owned(),
        };
        match self.below(7) {
            0 if option.place.is_some() => quoted,
            0 | 1 => format!("{name}:{quoted}"),
            2 => format!("--{name} {quoted}"),
            3 => format!("--{name}={quoted}"),
            4 => format!("{name}: {quoted}"),
            5 if option.kind == Type::Downtime => format!("{name}.{}:{quoted}", self.pick(SERVICES)),
            5 => format!("{}:{quoted}", option.aliases.first().unwrap_or(name)),
            _ => format!("{}:{quoted}", name.to_uppercase().replace('-', "_")),
        }
    }

    /// The text with a few places of it spoilt; mostly none.
    fn damaged(&mut self, mut text: String) -> String {
        let times = self.below(8).saturating_sub(4);
        for _ in 0..times {
            let spot = self.below(text.len() + 1);
            let at = text.floor_char_boundary(spot);
            let spot = self.below(text.len() + 1);
            let to = text.floor_char_boundary(spot).max(at);
            match self.below(8) {
                0 => text.insert_str(at, self.pick(HOSTILE)),
                1 => text.truncate(at),
                2 => text.replace_range(at..to, ""),
                3 => {
                    let piece = text[at..to].to_owned();
                    text.insert_str(at, &piece);
                }
                4 => text = text.replace('"', ""),
                5 => text = text.to_uppercase(),
                6 => text.replace_range(at..to, self.pick(HOSTILE)),
                _ => text = text.replace(' ', self.pick(&["\u{a0}", "  ", "\t", "\u{2003}", ""])),
            }
        }
        text
    }

    /// The text with a part of it repeated up to, and beyond, the longest that is read.
    fn grown(&mut self, text: &str) -> String {
        let piece = if self.one_in(2) { self.pick(HOSTILE) } else { text };
        let most = self.below(LONGEST_INPUT + 1_000);
        format!("{text}{}", piece.repeat(most / piece.len().max(1)))
    }
}
