//! Random rules and what they come to, for `scripts/judge-recurrence` to compare with another implementation.

use std::io::Write;

use chrono::{Days, NaiveDateTime, TimeDelta};
use maintbot::domain::calendar::{Pattern, Recurrence, Zone};
use serde_json::json;

use super::wall;

/// How many occurrences of a rule are compared.
const COMPARED: usize = 12;

/// Writes `MAINTBOT_JUDGE_COUNT` rules to the file `MAINTBOT_JUDGE`, one JSON object a line. Without these, a few are
/// made and only looked at.
#[test]
fn random_rules_are_written_for_the_judge() {
    let number = |name: &str, default: u64| {
        std::env::var_os(name)
            .map_or(default, |text| text.to_str().and_then(|text| text.parse().ok()).expect("a number"))
    };
    let count = number("MAINTBOT_JUDGE_COUNT", 50);
    let mut dice = Dice(number("MAINTBOT_JUDGE_SEED", 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut out: Box<dyn Write> = match std::env::var_os("MAINTBOT_JUDGE") {
        Some(path) => Box::new(std::io::BufWriter::new(std::fs::File::create(path).expect("a valid example"))),
        None => Box::new(std::io::sink()),
    };
    let zones: Vec<Zone> = Zone::all_names().map(|name| Zone::named(name).expect("a valid example")).collect();
    let mut with_occurrences = 0;
    for _ in 0..count {
        let case = case(&mut dice, &zones);
        with_occurrences += u64::from(case["ours"].as_array().is_some_and(|ours| !ours.is_empty()));
        writeln!(out, "{case}").expect("a valid example");
    }
    out.flush().expect("a valid example");
    assert!(with_occurrences * 10 > count * 7, "only {with_occurrences} of {count} rules have occurrences");
}

/// A generator of random numbers (xorshift) that gives the same ones for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[usize::try_from(self.below(all.len() as u64)).expect("a valid example")]
    }

    /// One to three numbers from a range, perhaps counted from the end.
    fn list(&mut self, least: i64, most: i64, signed: bool) -> String {
        let count = 1 + self.below(3);
        let mut number = || {
            let number = least
                + i64::try_from(self.below(u64::try_from(most - least + 1).expect("a valid example")))
                    .expect("a valid example");
            if signed && self.one_in(3) { -number } else { number }
        };
        (0..count).map(|_| number().to_string()).collect::<Vec<_>>().join(",")
    }

    fn weekdays(&mut self, most: i64) -> String {
        const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        let numbered = most > 0 && self.one_in(2);
        let count = 1 + self.below(3);
        let mut day = || {
            let nth = 1 + i64::try_from(self.below(u64::try_from(most.max(1)).expect("a valid example")))
                .expect("a valid example");
            let sign = if self.one_in(3) && nth < most { "-" } else { "" };
            let nth = if numbered { format!("{sign}{nth}") } else { String::new() };
            format!("{nth}{}", self.pick(&DAYS))
        };
        (0..count).map(|_| day()).collect::<Vec<_>>().join(",")
    }
}

fn stamp(wall: NaiveDateTime) -> String {
    wall.format("%Y%m%dT%H%M%S").to_string()
}

fn case(dice: &mut Dice, zones: &[Zone]) -> serde_json::Value {
    let zone = &zones[usize::try_from(dice.below(zones.len() as u64)).expect("a valid example")];
    let minutes = if dice.one_in(2) { dice.below(60) } else { 30 * dice.below(2) };
    let hour = if dice.one_in(2) { dice.below(5) } else { dice.below(24) };
    let start = wall("2024-01-01 00:00") + Days::new(dice.below(3 * 365));
    let start = start + TimeDelta::minutes(i64::try_from(hour * 60 + minutes).expect("a valid example"));
    let is_cron = dice.one_in(5);
    let (rule, also, except) = if is_cron { (cron(dice), vec![], vec![]) } else { rule_with_dates(dice, start) };
    let recurrence: Recurrence = if is_cron {
        let found = Pattern::cron(&rule).unwrap_or_else(|error| panic!("{rule}: {error}")).starting(None, start);
        match found {
            Ok(recurrence) => recurrence,
            Err(_) => return json!({ "cron": rule, "start": stamp(start), "zone": zone.name(), "ours": [] }),
        }
    } else {
        let mut text = format!("DTSTART:{}\nRRULE:{rule}", stamp(start));
        for (name, dates) in [("RDATE", &also), ("EXDATE", &except)] {
            if !dates.is_empty() {
                text += &format!("\n{name}:{}", dates.join(","));
            }
        }
        let read: Recurrence = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string().parse().as_ref(), Ok(&read), "{text}");
        read
    };
    let after = dice
        .one_in(2)
        .then(|| start + TimeDelta::hours(i64::try_from(dice.below(24 * 1500)).expect("a valid example")));
    let ours: Vec<_> = recurrence
        .after(after, TimeDelta::zero(), zone)
        .take_while(|it| it.wall < wall("2038-01-01 00:00"))
        .take(COMPARED)
        .map(|it| json!([stamp(it.wall), it.starts_at.timestamp()]))
        .collect();
    json!({
        if is_cron { "cron" } else { "rule" }: rule, "start": stamp(start), "also": also, "except": except,
        "zone": zone.name(), "after": after.map(stamp), "ours": ours,
    })
}

fn rule_with_dates(dice: &mut Dice, start: NaiveDateTime) -> (String, Vec<String>, Vec<String>) {
    let rule = rule(dice, start);
    let mut dates = |odds: u64| -> Vec<String> {
        if !dice.one_in(odds) {
            return Vec::new();
        }
        (0..=dice.below(2)).map(|_| stamp(start + Days::new(dice.below(60)))).collect()
    };
    (rule, dates(6), dates(3))
}

fn rule(dice: &mut Dice, start: NaiveDateTime) -> String {
    let frequency = dice.pick(&["YEARLY", "MONTHLY", "MONTHLY", "WEEKLY", "WEEKLY", "DAILY", "DAILY", "HOURLY"]);
    let mut parts = vec![format!("FREQ={frequency}")];
    if dice.one_in(2) {
        parts.push(format!("INTERVAL={}", 1 + dice.below(6)));
    }
    match dice.below(5) {
        0 => parts.push(format!("COUNT={}", 1 + dice.below(20))),
        1 => parts.push(format!("UNTIL={}", stamp(start + Days::new(dice.below(900))))),
        _ => {}
    }
    let yearly = frequency == "YEARLY";
    let mut chooses = false;
    if dice.one_in(4) {
        parts.push(format!("BYMONTH={}", dice.list(1, 12, false)));
        chooses = true;
    }
    let weeks = yearly && dice.one_in(5);
    if weeks {
        parts.push(format!("BYWEEKNO={}", dice.list(1, 53, true)));
    }
    if yearly && dice.one_in(5) {
        parts.push(format!("BYYEARDAY={}", dice.list(1, 366, true)));
        chooses = true;
    }
    if frequency != "WEEKLY" && dice.one_in(3) {
        parts.push(format!("BYMONTHDAY={}", dice.list(1, 31, true)));
        chooses = true;
    }
    if dice.one_in(2) || weeks {
        let most = match frequency {
            "YEARLY" if !weeks => 5,
            "MONTHLY" => 5,
            _ => 0,
        };
        parts.push(format!("BYDAY={}", dice.weekdays(most)));
        chooses = true;
    }
    if dice.one_in(6) {
        parts.push(format!("BYHOUR={}", dice.list(0, 23, false)));
        chooses = true;
    }
    if dice.one_in(8) {
        parts.push(format!("BYMINUTE={}", dice.list(0, 59, false)));
        chooses = true;
    }
    if dice.one_in(4) {
        parts.push(format!("WKST={}", dice.pick(&["MO", "SU", "SA", "TH"])));
    }
    // In weeks, the judge counts positions from the start's day on in the first week; the standard counts all of it.
    if chooses && frequency != "WEEKLY" && frequency != "HOURLY" && dice.one_in(4) {
        parts.push(format!("BYSETPOS={}", dice.list(1, 4, true)));
    }
    parts.join(";")
}

fn cron(dice: &mut Dice) -> String {
    let mut field = |least: u64, most: u64, stars: u64| -> String {
        if dice.below(10) < stars {
            return "*".to_owned();
        }
        let first = least + dice.below(most - least + 1);
        match dice.below(4) {
            0 => format!("{first}-{}", first + dice.below(most - first + 1)),
            1 => format!("*/{}", 2 + dice.below(5)),
            2 => format!("{first},{}", least + dice.below(most - least + 1)),
            _ => first.to_string(),
        }
    };
    let (minute, hour) = (field(0, 59, 0), field(0, 23, 1));
    let month = field(1, 12, 7);
    let (day, weekday) = match field(0, 1, 4).as_str() {
        "*" => (field(1, 31, 2), "*".to_owned()),
        _ => ("*".to_owned(), field(0, 7, 1)),
    };
    let weekday = if weekday.len() == 1 && weekday != "*" && dice.one_in(3) {
        ["SUN", "mon", "Tue", "WED", "THU", "FRI", "SAT", "SUN"][weekday.parse::<usize>().expect("a valid example")]
            .to_owned()
    } else {
        weekday
    };
    format!("{minute} {hour} {day} {month} {weekday}")
}
