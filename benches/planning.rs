//! How long the pure rules take: planning the ledger of a series, and finding a slot. `scripts/bench planning`.
//!
//! Criterion measures both at growing numbers of windows; a table at the end says how the time grows with them.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput};
use maintbot::config::Config;
use maintbot::domain::calendar::{Pattern, Recurrence, Span, Zone};
use maintbot::domain::change::ChangeList;
use maintbot::domain::finding::Around;
use maintbot::domain::freeze::{Freeze, FreezeId};
use maintbot::domain::notice::{Situation, ladder};
use maintbot::domain::organisation::Organisation;
use maintbot::domain::suggest::{Ask, Known, MOST_SLOTS, WeekLoad, suggest};
use maintbot::domain::window::{Kind, State, Window, WindowId};

/// Numbers of windows that the growth is shown over.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Weeks in five years.
const FIVE_YEARS: usize = 261;
/// What both may take at most.
const AIM: &str = "aim: under 50 ms";

fn main() {
    let mut criterion = Criterion::default().configure_from_args().warm_up_time(Duration::from_secs(1));
    planning(&mut criterion);
    suggesting(&mut criterion);
    criterion.final_summary();
    // `cargo test --benches` only wants to know that it runs.
    if !std::env::args().any(|argument| argument == "--test") {
        growth();
    }
}

fn organisation(text: &str) -> Organisation {
    let nothing: [(&str, &str); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), text, nothing).expect("a good configuration").organisation
}

fn zone(name: &str) -> Zone {
    Zone::named(name).expect("a zone")
}

fn window(id: usize, starts_at: DateTime<Utc>, length: TimeDelta, zone: &Zone) -> Window {
    Window {
        id: WindowId(i64::try_from(id).expect("a small number")),
        title: "Upgrade".into(),
        kind: Kind(Kind::SCHEDULED.into()),
        services: vec!["crm".into()],
        environment: "production".into(),
        regions: Vec::new(),
        span: Span { starts_at, ends_at: starts_at + length, zone: zone.clone() },
        downtime: None,
        downtimes: BTreeMap::new(),
        impact: String::new(),
        category: None,
        rollback: String::new(),
        customers: Vec::new(),
        links: Vec::new(),
        poc: Some("anna".into()),
        requester: "anna".into(),
        place: "bench".into(),
        state: State::Scheduled,
        outcome: None,
        sequence: 0,
        sequence_at: DateTime::UNIX_EPOCH,
        revision: 0,
        actual_start: None,
        actual_end: None,
        actual_downtime: None,
        attended_at: None,
        no_shows: 0,
        overruns: 0,
        created_at: DateTime::UNIX_EPOCH,
        plan: None,
        series: None,
        occurrence: None,
        detached: false,
        published: None,
        request: None,
        told_round: 0,
    }
}

/// Ten audiences, each told at six leads: one announcement and five reminders.
struct Series {
    organisation: Organisation,
    rule: Recurrence,
    zone: Zone,
}

impl Series {
    fn new(rule: &str) -> Self {
        let mut text = String::from(
            "[organisation]\ntime_zone = \"Europe/Helsinki\"\n[policy.scheduled]\nannounce = \"28d\"\nremind = [\"14d\", \"5wd\", \"3d\", \"1d\", \"2h\"]\n",
        );
        for n in 0..10 {
            text += &format!("[[audience]]\nname = \"audience-{n}\"\nchannels = [\"builtin:channel-{n}\"]\n");
        }
        let first = NaiveDate::from_ymd_opt(2027, 1, 3).expect("a day").and_time(NaiveTime::MIN);
        let at = NaiveTime::from_hms_opt(2, 0, 0);
        let rule = Pattern::rule(rule).expect("a rule").starting(at, first).expect("a recurrence");
        Self { organisation: organisation(&text), rule, zone: zone("Europe/Helsinki") }
    }

    /// Expands the rule and plans what each occurrence owes; the number of rows.
    fn plan(&self, occurrences: usize) -> usize {
        let (items, nobody) = (ChangeList::default(), BTreeSet::new());
        let mut rows = 0;
        for (n, occurrence) in self.rule.after(None, TimeDelta::zero(), &self.zone).take(occurrences).enumerate() {
            let window = window(n + 1, occurrence.starts_at, TimeDelta::hours(4), &self.zone);
            let planned = ladder(&Situation {
                window: &window,
                items: &items,
                organisation: &self.organisation,
                told_before: &nobody,
                listed: &nobody,
                phases: None,
                previous_end: None,
                start_note: occurrence.note,
                has_issue: true,
                asked_at: None,
            });
            rows += black_box(planned).len();
        }
        rows
    }
}

fn planning(criterion: &mut Criterion) {
    let weekly = Series::new("FREQ=WEEKLY;BYDAY=SU");
    assert!(weekly.plan(FIVE_YEARS) >= FIVE_YEARS * 6 * 10, "six leads for ten audiences each");
    criterion.bench_function("ledger/five years of a weekly series", |b| b.iter(|| weekly.plan(FIVE_YEARS)));
    let daily = Series::new("FREQ=DAILY");
    let mut group = criterion.benchmark_group("ledger/windows of a series");
    for size in SIZES {
        group.throughput(Throughput::Elements(u64::try_from(size).expect("a small number"))).sample_size(10);
        group.bench_with_input(BenchmarkId::from_parameter(size), &size, |b, size| b.iter(|| daily.plan(*size)));
    }
    group.finish();
}

/// Ninety days with twelve regions, twenty freezes and so many other windows.
struct Calendar {
    organisation: Organisation,
    freezes: Vec<Freeze>,
    others: Vec<Window>,
    traffic: BTreeMap<String, WeekLoad>,
    ask: Ask,
    now: DateTime<Utc>,
}

const REGION_ZONES: [&str; 12] = [
    "Europe/Helsinki",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Paris",
    "Europe/Rome",
    "Europe/Athens",
    "Europe/Madrid",
    "Africa/Johannesburg",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Toronto",
];

impl Calendar {
    fn new(windows: usize) -> Self {
        let mut text =
            String::from("[organisation]\ntime_zone = \"Europe/Helsinki\"\n[policy.scheduled]\nnotice = \"5wd\"\n");
        for (n, zone) in REGION_ZONES.iter().enumerate() {
            text += &format!("[[region]]\nid = \"r{n}\"\ntime_zone = \"{zone}\"\nworking_hours = \"08:00-18:00\"\n");
        }
        let now: DateTime<Utc> = "2027-02-15T10:17:00Z".parse().expect("an instant");
        let before = now + TimeDelta::days(90);
        let other = |n: usize| {
            // Spread over the ninety days by a step that shares no factor with their minutes; every third is another
            // service's, and each has its region.
            let minute = i64::try_from(n * 7_919 % (90 * 1440)).expect("a small number");
            let mut window = window(n + 1, now + TimeDelta::minutes(minute), TimeDelta::minutes(20), &Zone::utc());
            window.services = vec![if n.is_multiple_of(3) { "crm" } else { "jira" }.into()];
            window.regions = vec![format!("r{}", n % 12)];
            window
        };
        let loads: Vec<f64> = (0..168).map(|hour| f64::from((hour * 37) % 101 + 1)).collect();
        Self {
            organisation: organisation(&text),
            freezes: (0..20).map(freeze).collect(),
            others: (0..windows).map(other).collect(),
            traffic: [("crm".to_owned(), WeekLoad::new(&loads).expect("a week"))].into(),
            ask: Ask {
                services: vec!["crm".into()],
                environment: "production".into(),
                regions: Vec::new(),
                kind: Kind(Kind::SCHEDULED.into()),
                length: TimeDelta::minutes(30),
                zone: zone("Europe/Helsinki"),
                earliest: now,
                before,
            },
            now,
        }
    }

    /// The number of slots and of starts that were looked at.
    fn suggest(&self) -> (usize, usize) {
        let (organisation, now) = (&self.organisation, self.now);
        let around = Around { organisation, freezes: &self.freezes, others: &self.others, now };
        let found = suggest(&self.ask, &Known { around, traffic: &self.traffic });
        (black_box(found.slots).len(), found.looked_at)
    }
}

/// Of one day each, four days apart.
fn freeze(n: u32) -> Freeze {
    let day = NaiveDate::from_ymd_opt(2027, 2, 16).expect("a day") + chrono::Days::new(u64::from(n) * 4);
    Freeze {
        id: FreezeId(i64::from(n) + 1),
        title: "Freeze".into(),
        from: day,
        to: day,
        services: Vec::new(),
        regions: Vec::new(),
        kinds: Vec::new(),
        by: "anna".into(),
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn suggesting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("suggest/90 days, 20 freezes, 12 regions, other windows");
    for size in SIZES {
        let calendar = Calendar::new(size);
        let (slots, looked_at) = calendar.suggest();
        assert!(slots == MOST_SLOTS && looked_at > 4_000, "{slots} slots of {looked_at} starts");
        group.throughput(Throughput::Elements(u64::try_from(size).expect("a small number"))).sample_size(20);
        group.bench_with_input(BenchmarkId::from_parameter(size), &calendar, |b, calendar| {
            b.iter(|| calendar.suggest());
        });
    }
    group.finish();
}

/// The best of some runs, in milliseconds.
fn best<T>(work: impl Fn() -> T) -> f64 {
    let time = |_| {
        let began = Instant::now();
        black_box(work());
        began.elapsed()
    };
    (0..7).map(time).min().unwrap_or_default().as_secs_f64() * 1000.0
}

fn growth() {
    let weekly = Series::new("FREQ=WEEKLY;BYDAY=SU");
    let ledger = best(|| weekly.plan(FIVE_YEARS));
    println!("\nledger of five years of a weekly series, {} rows: {ledger:.1} ms ({AIM})", weekly.plan(FIVE_YEARS));
    let daily = Series::new("FREQ=DAILY");
    table("ledger of a series", SIZES.map(|size| best(|| daily.plan(size))));
    let calendars = SIZES.map(Calendar::new);
    let times = calendars.each_ref().map(|calendar| best(|| calendar.suggest()));
    println!("suggest among {} windows: {:.1} ms ({AIM})", SIZES[3], times[3]);
    table("suggest", times);
}

fn table(what: &str, times: [f64; 4]) {
    for (size, time) in SIZES.iter().zip(times) {
        println!("{what}, {size:>6} windows: {time:>8.2} ms");
    }
    println!("{what}: ten times the windows, 1000 to 10000, take {:.1} times as long", times[3] / times[2]);
}
