//! Recurrences in words for people.

use chrono::{NaiveTime, Timelike, Weekday};

use super::rule::{End, Every, NthWeekday, Rule};
use super::{Day, Kind, Recurrence};

/// More dates than this are counted instead of listed.
const MOST_LISTED: usize = 3;
/// A rule with more times of day than this is shown as it is written.
const MOST_TIMES: usize = 6;

pub(super) fn words(recurrence: &Recurrence) -> String {
    let as_rule;
    let rule = match &recurrence.kind {
        Kind::Rule(rule) => rule,
        Kind::Cron(cron) => {
            as_rule = cron.as_rule();
            &as_rule
        }
    };
    let mut words = match days(rule, recurrence).zip(times(rule, recurrence.start.time())) {
        Some((days, times)) => days + &times,
        None => match &recurrence.kind {
            Kind::Rule(rule) => Rule { end: End::Never, ..rule.clone() }.to_string() + &times_beside(rule, recurrence),
            Kind::Cron(cron) => cron.to_string(),
        },
    };
    match rule.end {
        End::Never => {}
        End::Count(1) => words += ", once",
        End::Count(count) => words += &format!(", {count} times"),
        End::Until(day) => words += &format!(" until {}", date(day)),
    }
    for (word, dates) in [("also", &recurrence.also), ("except", &recurrence.except)] {
        if dates.len() > MOST_LISTED {
            words += &format!(", {word} on {} dates", dates.len());
        } else if !dates.is_empty() {
            words += &format!(", {word} on {}", listed(&dates.iter().map(|day| date(*day)).collect::<Vec<_>>()));
        }
    }
    words
}

/// ` at 16:00`; None when there are too many times of day to list them.
fn times(rule: &Rule, start: NaiveTime) -> Option<String> {
    if rule.every == Every::Hour {
        return Some(String::new());
    }
    let or = |list: &[u8], default: u32| match list {
        [] => vec![default],
        some => some.iter().map(|part| u32::from(*part)).collect(),
    };
    let (hours, minutes) = (or(&rule.hours, start.hour()), or(&rule.minutes, start.minute()));
    let seconds = or(&rule.seconds, start.second());
    let shown = |hour: u32, minute: u32| match seconds.as_slice() {
        [0] => format!("{hour:02}:{minute:02}"),
        [second] => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}:…"),
    };
    let all: Vec<String> = hours.iter().flat_map(|hour| minutes.iter().map(|minute| shown(*hour, *minute))).collect();
    if all.len() == 24 && minutes.len() == 1 {
        return Some(format!(", every hour at minute {}", minutes[0]));
    }
    (all.len() <= MOST_TIMES).then(|| format!(" at {}", listed(&all)))
}

/// The time of a rule that is shown as it is written, unless it says its hours itself.
fn times_beside(rule: &Rule, recurrence: &Recurrence) -> String {
    let time = if rule.hours.is_empty() { times(rule, recurrence.start.time()) } else { None };
    time.unwrap_or_default()
}

/// On which days; None when plain words cannot say it.
fn days(rule: &Rule, recurrence: &Recurrence) -> Option<String> {
    let is_plain = rule.week_numbers.is_empty()
        && rule.year_days.is_empty()
        && rule.positions.is_empty()
        && (rule.week_start == Weekday::Mon || rule.interval == 1);
    if !is_plain || (rule.interval > 1 && !rule.months.is_empty()) {
        return None;
    }
    let plain_days: Option<Vec<Weekday>> =
        rule.weekdays.iter().map(|day| (day.nth == 0).then_some(day.weekday)).collect();
    let of_months = || match rule.months.as_slice() {
        [] => String::new(),
        months => format!(" in {}", month_names(months)),
    };
    match rule.every {
        Every::Day if rule.month_days.is_empty() => match (plain_days?.as_slice(), rule.interval) {
            ([], 1) => Some(format!("every day{}", of_months())),
            ([], days) => Some(format!("every {days} days")),
            (days, 1) => Some(format!("{}{}", on_weekdays(days), of_months())),
            _ => None,
        },
        Every::Week => {
            let mut days = plain_days?;
            if days.is_empty() {
                days.push(chrono::Datelike::weekday(&recurrence.start));
            }
            match rule.interval {
                1 => Some(format!("{}{}", on_weekdays(&days), of_months())),
                weeks => Some(format!("every {weeks} weeks on {}", named(&days))),
            }
        }
        Every::Month => {
            let which = of_month(rule, recurrence)?;
            Some(match (rule.interval, rule.months.as_slice()) {
                (3, []) => format!("{which} of every third month"),
                (1, []) => format!("{which} of every month"),
                (months, []) => format!("{which} of every {months} months"),
                (_, [1, 4, 7, 10]) if is_first_of_quarter(rule) => format!("{which} of every quarter"),
                (_, [3, 6, 9, 12]) if is_last_of_quarter(rule) => format!("{which} of every quarter"),
                (_, months) => format!("{which} of {}", month_names(months)),
            })
        }
        Every::Year if !rule.months.is_empty() => {
            let which = of_month(rule, recurrence)?;
            Some(match rule.interval {
                1 => format!("{which} of {}", month_names(&rule.months)),
                years => format!("{which} of {} every {years} years", month_names(&rule.months)),
            })
        }
        Every::Year if rule.weekdays.is_empty() && rule.month_days.is_empty() => {
            let date = recurrence.start.format("%-d %B");
            Some(if rule.interval == 1 {
                format!("every {date}")
            } else {
                format!("{date} every {} years", rule.interval)
            })
        }
        Every::Hour
            if *rule
                == (Rule {
                    interval: rule.interval,
                    end: rule.end,
                    minutes: rule.minutes.clone(),
                    seconds: rule.seconds.clone(),
                    ..Rule::new(Every::Hour)
                }) =>
        {
            let minute = rule.minutes.first().map_or(recurrence.start.minute(), |minute| u32::from(*minute));
            Some(match rule.interval {
                1 => format!("every hour at minute {minute}"),
                hours => format!("every {hours} hours at minute {minute}"),
            })
        }
        _ => None,
    }
}

/// `second Sunday`, `day 15`, `last day`.
fn of_month(rule: &Rule, recurrence: &Recurrence) -> Option<String> {
    match (rule.weekdays.as_slice(), rule.month_days.as_slice()) {
        ([], []) => Some(format!("day {}", chrono::Datelike::day(&recurrence.start))),
        ([], [-1]) => Some("last day".to_owned()),
        ([], [day]) if *day > 0 => Some(format!("day {day}")),
        ([], days) if days.iter().all(|day| *day > 0) => {
            Some(format!("days {}", listed(&days.iter().map(i8::to_string).collect::<Vec<_>>())))
        }
        (days, []) if days.iter().all(|day| day.nth != 0) => {
            let days: Option<Vec<String>> = days.iter().map(|day| nth_weekday(*day)).collect();
            Some(listed(&days?))
        }
        _ => None,
    }
}

fn is_first_of_quarter(rule: &Rule) -> bool {
    rule.weekdays.iter().all(|day| day.nth > 0) && rule.month_days.iter().all(|day| *day == 1)
}

fn is_last_of_quarter(rule: &Rule) -> bool {
    rule.weekdays.iter().all(|day| day.nth == -1) && rule.month_days.iter().all(|day| *day == -1)
}

fn nth_weekday(day: NthWeekday) -> Option<String> {
    let nth = match day.nth {
        1 => "first",
        2 => "second",
        3 => "third",
        4 => "fourth",
        5 => "fifth",
        -1 => "last",
        -2 => "second to last",
        _ => return None,
    };
    Some(format!("{nth} {}", name(day.weekday)))
}

fn on_weekdays(days: &[Weekday]) -> String {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    match days {
        [Mon, Tue, Wed, Thu, Fri] => "every weekday".to_owned(),
        [Mon, Tue, Wed, Thu, Fri, Sat, Sun] => "every day".to_owned(),
        days => format!("every {}", named(days)),
    }
}

fn named(days: &[Weekday]) -> String {
    listed(&days.iter().map(|day| name(*day).to_owned()).collect::<Vec<_>>())
}

fn name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

fn month_names(months: &[u8]) -> String {
    let names: Vec<String> = months
        .iter()
        .filter_map(|month| chrono::Month::try_from(*month).ok())
        .map(|month| month.name().to_owned())
        .collect();
    listed(&names)
}

/// `a`, `a and b`, `a, b and c`.
fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

fn date(day: Day) -> String {
    match day {
        Day::Whole(date) => date.format("%Y-%m-%d").to_string(),
        Day::At(wall) => wall.format("%Y-%m-%d %H:%M").to_string(),
    }
}
