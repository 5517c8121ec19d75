//! The year that `maintbot demo` types: one organisation, five services, through the real grammar and a moving clock.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::command::Input;
use crate::config::Config;
use crate::domain::access::{Actor, Role};
use crate::domain::calendar::{Zone, compact, computed};
use crate::domain::window::WindowId;
use crate::service::{Answer, Invocation};

/// How much of the year lies behind the visitor, in days; the rest lies ahead.
const BEHIND: i64 = 290;
/// How far ahead windows are planned, in days.
const AHEAD: i64 = 75;

/// The demo's organisation, with what the environment says about the server.
///
/// # Errors
/// The environment holds a setting that makes no sense.
pub(super) fn config(
    environment: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
) -> anyhow::Result<Config> {
    Ok(Config::from_text(Path::new("demo/maintbot.toml"), include_str!("../../demo/maintbot.toml"), environment)?)
}

/// Where the clock starts so that the year ends around `at` (UTC).
pub(super) fn first_day(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::days(BEHIND + 20)
}

/// One line that somebody types. `{w}` stands for the window of its story.
struct Line {
    at: DateTime<Utc>,
    story: usize,
    who: &'static str,
    text: String,
}

/// How a window of the year goes.
#[derive(Clone, Copy)]
enum Course {
    AsPlanned,
    RunsOver,
    RolledBack,
    Moved,
    CalledOff,
}

/// A window of the year.
struct Story {
    service: &'static str,
    title: String,
    zone: &'static str,
    start: NaiveDateTime,
    length: TimeDelta,
    planned_days_before: i64,
    poc: &'static str,
    options: &'static str,
    items: Vec<String>,
    course: Course,
    /// Policy completes it once every item is done.
    completes_itself: bool,
}

/// Types everything that is typed up to `until` (UTC), with everything due in between happening on its way.
///
/// # Errors
/// A line is refused: the demo would then show something else than the product does.
pub(super) async fn type_a_year(parts: &Parts, until: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut lines = lines(until)?;
    lines.retain(|line| line.at <= until);
    lines.sort_by_key(|line| (line.at, line.story));
    let mut windows: BTreeMap<usize, WindowId> = BTreeMap::new();
    for line in lines {
        parts.advance(line.at, stop).await?;
        let window = windows.get(&line.story).map(ToString::to_string).unwrap_or_default();
        let text = line.text.replace("{w}", &window);
        let invocation = Invocation {
            actor: Actor::with_role(line.who, Role::Admin),
            place: "console".into(),
            zone: None,
            within: None,
            input: Input::Text(text.clone()),
            key: None,
        };
        match parts.service.run(&invocation).await? {
            Answer::Done(reply) => {
                if let Some(id) = reply.windows.first() {
                    windows.entry(line.story).or_insert(*id);
                }
            }
            Answer::Refused(refused) => anyhow::bail!("the demo's `{text}` was refused: {}", refused.detail),
        }
    }
    parts.advance(until, stop).await
}

fn lines(until: DateTime<Utc>) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (n, story) in stories(until.date_naive()).into_iter().enumerate() {
        story.tell(n, &mut lines)?;
    }
    lines.extend(standing(until));
    Ok(lines)
}

/// What was set up of late and stands at the end of the year: a freeze, a series, a plan in three phases, and a window
/// that waits for an approver.
fn standing(until: DateTime<Utc>) -> Vec<Line> {
    let today = until.date_naive();
    let on = |days: i64| day(today, days).format("%Y-%m-%d");
    let saturday = |days: i64| on_or_after(day(today, days), Weekday::Sat).format("%Y-%m-%d").to_string();
    let texts: [(&'static str, Vec<String>); 4] = [
        ("mikko", vec![format!("/maintenance freeze add \"Peak season\" from:{} to:{}", on(80), on(92))]),
        (
            "sam",
            vec![
                "/maintenance series \"Rotate certificates\" service:data every:\"first saturday of month 20:00 for 1h\" kind:no_downtime poc:@sam item:\"Issue new certificates\" item:\"Reload the gateways\"".into(),
            ],
        ),
        (
            "anna",
            vec![
                "/maintenance plan new \"Infrastructure upgrade\"".into(),
                format!("/maintenance schedule \"New cluster, development\" service:studio environment:development when:\"{} 06:00 for 3h\" tz:Europe/Helsinki impact:\"Builders cannot publish\" downtime:3h poc:@anna plan:PL-1", saturday(21)),
                format!("/maintenance schedule \"New cluster, Asia-Pacific\" service:studio regions:apac when:\"{} 02:00 for 2h\" tz:Asia/Singapore impact:\"Forms pause for up to 15 minutes; work in progress is kept\" downtime:15m poc:@anna plan:PL-1", saturday(28)),
                format!("/maintenance schedule \"New cluster, Europe and North America\" service:studio regions:eu,na when:\"{} 06:00 for 2h\" tz:Europe/Helsinki impact:\"Forms pause for up to 15 minutes; work in progress is kept\" downtime:15m poc:@anna plan:PL-1", saturday(35)),
                "/maintenance qa add PL-1 \"Is data safe?\" \"Yes: everything is copied before and checked after each phase.\"".into(),
                "/maintenance qa add PL-1 \"What do visitors see?\" \"A page that says when the service is back; what they typed is kept.\"".into(),
                "/maintenance plan publish PL-1".into(),
            ],
        ),
        (
            "mikko",
            vec![format!("/maintenance schedule \"Replace a failing disk\" service:jira when:\"{} 21:00 for 1h\" tz:Europe/Helsinki downtime:5m poc:@mikko reason:\"the vendor says it will not last the week\"", on(3))],
        ),
    ];
    let said = texts.into_iter().enumerate();
    said.flat_map(|(n, (who, texts))| {
        let begin = until - TimeDelta::hours(20 - 4 * i64::try_from(n).unwrap_or(0));
        texts.into_iter().enumerate().map(move |(m, text)| Line {
            at: begin + TimeDelta::minutes(i64::try_from(m).unwrap_or(0)),
            story: usize::MAX - 10 * n - m,
            who,
            text,
        })
    })
    .collect()
}

fn day(from: NaiveDate, days: i64) -> NaiveDate {
    from.checked_add_signed(TimeDelta::days(days)).unwrap_or(from)
}

fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

/// The first such weekday on or after a date.
fn on_or_after(date: NaiveDate, weekday: Weekday) -> NaiveDate {
    let ahead = (7 + weekday.num_days_from_monday() - date.weekday().num_days_from_monday()) % 7;
    date.checked_add_days(Days::new(ahead.into())).unwrap_or(date)
}

fn stories(today: NaiveDate) -> Vec<Story> {
    let mut all = Vec::new();
    monthly_breaks(today, &mut all);
    regional_upgrades(today, &mut all);
    fortnightly_releases(today, &mut all);
    tenant_rolls(today, &mut all);
    search_upgrades(today, &mut all);
    urgent_patches(today, &mut all);
    all
}

fn monthly_breaks(today: NaiveDate, all: &mut Vec<Story>) {
    for (n, offset) in (-BEHIND..AHEAD).step_by(30).enumerate() {
        let minor = n + 1;
        all.push(Story {
            service: "jira",
            title: format!("Monthly break: Jira 10.{minor}"),
            zone: "Europe/Helsinki",
            start: on_or_after(day(today, offset), Weekday::Sun).and_time(clock(16, 0)),
            length: TimeDelta::hours(4),
            planned_days_before: 17,
            poc: "mikko",
            options: "downtime:1h impact:\"Jira is unavailable for up to an hour; a banner says so in the product\" category:staying_current",
            items: vec![
                format!("Jira to 10.{minor}.2"),
                "Plugin updates".into(),
                "Operating-system security patches".into(),
                "Move attachments to the new cluster".into(),
            ],
            course: match n {
                2 => Course::RunsOver,
                5 => Course::Moved,
                _ => Course::AsPlanned,
            },
            completes_itself: false,
        });
    }
}

fn regional_upgrades(today: NaiveDate, all: &mut Vec<Story>) {
    for (n, offset) in (-BEHIND + 10..AHEAD).step_by(45).enumerate() {
        let release = n + 40;
        for (region, name, zone, after) in
            [("apac", "Asia-Pacific", "Asia/Singapore", 0), ("eu,na", "Europe and North America", "Europe/Helsinki", 2)]
        {
            all.push(Story {
                service: "studio",
                title: format!("Form Studio {release}, {name}"),
                zone,
                start: on_or_after(day(today, offset), Weekday::Tue).and_time(clock(22, 0)) + TimeDelta::days(after),
                length: TimeDelta::hours(2),
                planned_days_before: 12,
                poc: "anna",
                options: if region == "apac" {
                    "regions:apac downtime:15m impact:\"Up to 15 minutes of interruption; work in progress is kept\""
                } else {
                    "regions:eu,na downtime:15m impact:\"Up to 15 minutes of interruption; work in progress is kept\""
                },
                items: vec![format!("Roll out {release}"), "Check that saved forms open".into()],
                course: if n == 3 { Course::CalledOff } else { Course::AsPlanned },
                completes_itself: false,
            });
        }
    }
}

fn fortnightly_releases(today: NaiveDate, all: &mut Vec<Story>) {
    for (n, offset) in (-BEHIND + 3..AHEAD).step_by(14).enumerate() {
        all.push(Story {
            service: "loyalty",
            title: format!("Loyalty release {}", 120 + n),
            zone: "Europe/London",
            start: on_or_after(day(today, offset), Weekday::Mon).and_time(clock(3, 0)),
            length: TimeDelta::hours(1),
            planned_days_before: 10,
            poc: "olivia",
            options: "downtime:10m impact:\"Points are booked with a delay of up to ten minutes\"",
            items: vec!["Migrate the points table".into(), format!("Deploy release {}", 120 + n)],
            course: if n == 7 { Course::RolledBack } else { Course::AsPlanned },
            completes_itself: n != 7,
        });
    }
}

fn tenant_rolls(today: NaiveDate, all: &mut Vec<Story>) {
    for offset in (-BEHIND + 20..AHEAD).step_by(30) {
        all.push(Story {
            service: "data",
            title: "Monthly roll of all tenants".into(),
            zone: "America/New_York",
            start: on_or_after(day(today, offset), Weekday::Sat).and_time(clock(21, 0)),
            length: TimeDelta::hours(4),
            planned_days_before: 20,
            poc: "sam",
            options: "downtime:\"10m-15m per:tenant\" impact:\"Each tenant is down for 10 to 15 minutes\" category:security rollback:\"previous image, 10 minutes\"",
            items: vec!["Roll the first tenth of tenants".into(), "Roll the rest".into()],
            course: Course::AsPlanned,
            completes_itself: true,
        });
    }
}

fn search_upgrades(today: NaiveDate, all: &mut Vec<Story>) {
    for (n, offset) in (-BEHIND + 25..AHEAD).step_by(58).enumerate() {
        all.push(Story {
            service: "code-search",
            title: format!("Code Search 6.{n}"),
            zone: "America/Los_Angeles",
            start: on_or_after(day(today, offset), Weekday::Sun).and_time(clock(9, 0)),
            length: TimeDelta::hours(3),
            planned_days_before: 21,
            poc: "lee",
            options: "downtime:30m impact:\"Searches fail while the index is moved\"",
            items: vec![format!("Upgrade to 6.{n}"), "Rebuild the index".into()],
            course: if n == 1 { Course::RunsOver } else { Course::AsPlanned },
            completes_itself: false,
        });
    }
}

fn urgent_patches(today: NaiveDate, all: &mut Vec<Story>) {
    for (n, offset) in [-210, -95, -20].into_iter().enumerate() {
        let service = ["jira", "data", "studio"][n];
        all.push(Story {
            service,
            title: "Security patch that cannot wait".into(),
            zone: "Europe/Helsinki",
            start: day(today, offset).and_time(clock(20, 0)),
            length: TimeDelta::minutes(30),
            planned_days_before: 0,
            poc: "anna",
            options: "kind:emergency downtime:15m impact:\"Short interruption; details follow once everybody is patched\" category:security",
            items: vec!["Apply the vendor's patch".into()],
            course: Course::AsPlanned,
            completes_itself: false,
        });
    }
}

impl Story {
    /// The lines of one window from planning to its end.
    fn tell(&self, number: usize, lines: &mut Vec<Line>) -> anyhow::Result<()> {
        let zone = Zone::named(self.zone).context("a zone of the demo")?;
        let at = |time: NaiveDateTime| computed(time, &zone).0;
        let start = at(self.start);
        let mut say =
            |at: DateTime<Utc>, who: &'static str, text: String| lines.push(Line { at, story: number, who, text });

        let planned = match self.planned_days_before {
            0 => start - TimeDelta::hours(3),
            days => at(day(self.start.date(), -days).and_time(clock(10, 0))),
        };
        let when = |start: NaiveDateTime| format!("{} for {}", start.format("%Y-%m-%d %H:%M"), compact(self.length));
        say(
            planned,
            self.poc,
            format!(
                "/maintenance schedule \"{}\" service:{} when:\"{}\" tz:{} poc:@{} {}",
                self.title,
                self.service,
                when(self.start),
                self.zone,
                self.poc,
                self.options
            ),
        );
        for (n, item) in self.items.iter().enumerate() {
            let minutes = 5 + i64::try_from(n).unwrap_or(0);
            say(planned + TimeDelta::minutes(minutes), self.poc, format!("/maintenance change add {{w}} \"{item}\""));
        }
        if self.service == "code-search" {
            say(planned + TimeDelta::days(1), self.poc, "/maintenance told {w} ACME".into());
        }
        match self.course {
            Course::CalledOff => {
                let reason = "the release is held back";
                say(start - TimeDelta::days(2), self.poc, format!("/maintenance cancel {{w}} reason:\"{reason}\""));
            }
            Course::Moved => {
                let later = self.start + TimeDelta::days(7);
                let text =
                    format!("/maintenance reschedule {{w}} when:\"{}\" reason:\"a vendor fix is late\"", when(later));
                say(start - TimeDelta::days(5), self.poc, text);
                self.work(at(later), &mut say);
            }
            _ => self.work(start, &mut say),
        }
        Ok(())
    }

    /// The day itself.
    fn work(&self, start: DateTime<Utc>, say: &mut impl FnMut(DateTime<Utc>, &'static str, String)) {
        let end = start + self.length;
        let items = i64::try_from(self.items.len()).unwrap_or(1);
        let step = self.length / 10;
        say(start - TimeDelta::minutes(10), self.poc, "/maintenance ack {w}".into());
        let last = match self.course {
            Course::RunsOver => {
                say(
                    end + TimeDelta::minutes(20),
                    self.poc,
                    "/maintenance extend {w} 45m reason:\"the index takes longer\"".into(),
                );
                end + TimeDelta::minutes(40)
            }
            Course::RolledBack => {
                say(start + step, self.poc, "/maintenance done {w} 1".into());
                let text = "/maintenance complete {w} outcome:rolled_back note:\"A query became slow; the former release runs again\" downtime:12m";
                return say(start + step * 6, self.poc, text.into());
            }
            _ => start + step * 6,
        };
        for n in 1..=items {
            let at = start + (last - start) * i32::try_from(n).unwrap_or(1) / i32::try_from(items).unwrap_or(1);
            let who = if n % 2 == 0 { "anna" } else { self.poc };
            say(at, who, format!("/maintenance done {{w}} {n}"));
        }
        if !self.completes_itself {
            let note = "All done, everything is back";
            say(last + TimeDelta::minutes(3), self.poc, format!("/maintenance complete {{w}} note:\"{note}\""));
        }
    }
}
