//! Any command at all, with texts as hostile as people and pasteboards make them.

use chrono::{NaiveTime, TimeDelta};
use maintbot::command::every::Every;
use maintbot::command::field::Field;
use maintbot::command::spec::catalogue;
use maintbot::command::when::{Moment, When};
use maintbot::command::{self as c, Command, Expected, Person};
use maintbot::domain::advisory::{AdvisoryId, Disposition, Severity};
use maintbot::domain::calendar::Zone;
use maintbot::domain::change::ItemKind;
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::plan::PlanId;
use maintbot::domain::series::SeriesId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Category, Downtime, Kind, Outcome, State, WindowId};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Free text that is not blank.
pub fn text() -> BoxedStrategy<String> {
    let tricky = select(vec![
        "\"",
        "\\",
        "\\\"",
        "“quoted”",
        "«x»",
        "’",
        "'",
        "it's",
        "\n",
        "\r\n",
        "\t",
        "\u{a0}",
        "--dry-run",
        "—again",
        "–",
        "-",
        "- [ ] a",
        "when:now",
        "service:",
        "servce:jira",
        "https://example.com/a?b=c",
        "12:30",
        "MW-12",
        "3,4",
        "/maintenance",
        "\u{202e}",
        "\u{0}",
        "é漢🙂",
        ":",
        "=",
        "a=b",
        "--x=y",
        "do",
        "mine",
        "reason: x",
        "„",
        "”",
        "\\\\",
        " ",
        "@anna",
        "<t:1>",
        "all",
    ]);
    let piece =
        prop_oneof![tricky.prop_map(str::to_owned), "[a-z ]{1,8}", "\\PC{1,6}", any::<char>().prop_map(String::from)];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat()).prop_filter("not blank", |text| !text.trim().is_empty()).boxed()
}

fn ids() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::hash_set("[a-z0-9._-]{1,12}", 0..4).prop_map(|ids| ids.into_iter().collect())
}

fn some_ids() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::hash_set("[a-z0-9._-]{1,12}", 1..4).prop_map(|ids| ids.into_iter().collect())
}

fn words() -> impl Strategy<Value = Vec<String>> {
    let word = "[^\\s,\"\\p{C}]{1,12}".prop_filter("not blank", |word| word.trim() == word);
    proptest::collection::hash_set(word, 0..4).prop_map(|words| words.into_iter().collect())
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9.:=\u{201c}'-]{1,12}"
}

fn items() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::hash_set(1..10_000_i64, 1..5).prop_map(|items| items.into_iter().collect())
}

fn window() -> impl Strategy<Value = WindowId> {
    (1..=i64::MAX).prop_map(WindowId)
}

fn person() -> impl Strategy<Value = Person> {
    prop_oneof!["[a-z]{1,10}", "\\PC{1,20}", "<@U[0-9]{3}\\|anna>"].prop_filter_map("a name", |name: String| {
        Person::new(&name).ok().filter(|person| Person::new(person.as_str()).as_ref() == Ok(person))
    })
}

fn when() -> impl Strategy<Value = When> {
    let texts = [
        "next sunday 16:00-20:00",
        "2026-12-06 16:00-20:00",
        "sunday 16:00 for 4h",
        "tomorrow 4pm for 90m",
        "2026-12-06T16:00Z/PT4H",
    ];
    select(texts.to_vec()).prop_map(|text| When::parse(text).expect("it reads"))
}

fn moment() -> impl Strategy<Value = Moment> {
    select(vec!["2026-12-18", "2026-12-18 09:00", "tomorrow 9:00"])
        .prop_map(|text| Moment::parse(text).expect("it reads"))
}

fn zone() -> impl Strategy<Value = Zone> {
    select(vec!["UTC", "Europe/Helsinki", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
        .prop_map(|name| Zone::named(name).expect("it reads"))
}

fn figure() -> impl Strategy<Value = Downtime> {
    let length = |seconds: i64| TimeDelta::seconds(seconds);
    let range = (1..86_400_i64, 0..86_400_i64, of("[a-zé0-9_-]{1,20}")).prop_map(move |(least, more, per)| Downtime {
        least: length(least),
        most: length(least + more),
        per,
    });
    prop_oneof![Just(Downtime { least: TimeDelta::zero(), most: TimeDelta::zero(), per: None }), range]
}

/// Who is to be told, as it is typed.
fn reader() -> impl Strategy<Value = String> {
    select(vec!["me", "here", "slack:#ce", "email:anna@example.com", "builtin:ops", "list:x"]).prop_map(str::to_owned)
}

fn downtime() -> impl Strategy<Value = Expected> {
    (of(figure()), proptest::collection::btree_map(id(), figure(), 0..3))
        .prop_map(|(overall, services)| Expected { overall, services })
}

/// A list that is left as it is, cleared, or given anew.
fn maybe<T: std::fmt::Debug + Clone>(list: impl Strategy<Value = Vec<T>>) -> impl Strategy<Value = Option<Vec<T>>> {
    of(list)
}

fn plan() -> impl Strategy<Value = PlanId> {
    (1..=i64::MAX).prop_map(PlanId)
}

fn series() -> impl Strategy<Value = SeriesId> {
    (1..=i64::MAX).prop_map(SeriesId)
}

fn window_or_plan() -> impl Strategy<Value = Subject> {
    prop_oneof![window().prop_map(Subject::from), plan().prop_map(Subject::from)]
}

/// None or one of `this`, `following` and `all`.
fn scope() -> impl Strategy<Value = (bool, bool, bool)> {
    select(vec![(false, false, false), (true, false, false), (false, true, false), (false, false, true)])
}

fn every() -> impl Strategy<Value = Every> {
    let texts = [
        "second sunday of month 16:00 for 4h",
        "last friday of quarter",
        "every 2 weeks on monday 04:00 for 1h",
        "FREQ=MONTHLY;BYDAY=2SU",
        "0 16 * * SUN",
    ];
    let verb = catalogue().verb("series new").expect("it is declared");
    let option = verb.option("every").expect("it is declared");
    select(texts.to_vec()).prop_map(|text| Every::take(&[text], option).expect("it reads"))
}

fn time_of_day() -> impl Strategy<Value = NaiveTime> {
    (0..86_400_u32).prop_map(|seconds| NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).expect("in a day"))
}

fn day() -> impl Strategy<Value = Moment> {
    select(vec!["2026-12-18", "31 october 2027", "tomorrow", "next sunday"])
        .prop_map(|text| Moment::parse(text).expect("it reads"))
}

fn duration() -> impl Strategy<Value = TimeDelta> {
    (1..=31 * 86_400_i64).prop_map(TimeDelta::seconds)
}

fn id() -> impl Strategy<Value = String> {
    "[a-z0-9._-]{1,12}"
}

fn links() -> impl Strategy<Value = Vec<String>> {
    vec("https?://[a-z]{1,8}\\.com/[^\\s\\p{C}]{0,12}".prop_filter("no blank", |link| link.trim() == link), 0..3)
}

fn title() -> impl Strategy<Value = String> {
    text().prop_filter("short", |text| text.chars().count() <= 200)
}

fn cleared() -> impl Strategy<Value = String> {
    prop_oneof![text(), Just(String::new())]
}

fn kind() -> impl Strategy<Value = Kind> {
    id().prop_map(Kind)
}

fn on() -> impl Strategy<Value = bool> {
    any::<bool>()
}

/// Any command of any verb.
#[expect(clippy::too_many_lines, reason = "one entry per verb reads better than any split")]
pub fn command() -> BoxedStrategy<Command> {
    let schedule = (
        (title(), some_ids(), when(), of(zone()), of(id()), ids(), of(kind()), downtime()),
        (
            of(text()),
            of(select(Category::ALL)),
            of(person()),
            of(text()),
            words(),
            links(),
            vec(text(), 0..3),
            on(),
            on(),
        ),
        (of(plan()), of(text()), of(text())),
    )
        .prop_map(
            |(
                (title, service, when, tz, environment, regions, kind, downtime),
                (impact, category, poc, rollback, customers, link, item, dry_run, again),
                (plan, reason, override_),
            )| {
                c::Schedule {
                    title,
                    service,
                    when,
                    tz,
                    environment,
                    regions,
                    kind,
                    downtime,
                    impact,
                    category,
                    poc,
                    rollback,
                    customers,
                    link,
                    item,
                    plan,
                    reason,
                    override_,
                    dry_run,
                    again,
                }
                .into()
            },
        );
    let edit = (
        (window(), title(), of(cleared()), of(person()), downtime(), ids(), maybe(ids())),
        (of(id()), of(kind()), of(select(Category::ALL)), of(cleared()), maybe(words()), maybe(links()), on()),
        (of(text()), of(text()), scope()),
    )
        .prop_map(
            |(
                (window, title, impact, poc, downtime, service, regions),
                (environment, kind, category, rollback, customers, link, dry_run),
                (reason, override_, (this, following, all)),
            )| {
                c::Edit {
                    window,
                    title: Some(title),
                    impact,
                    poc,
                    downtime,
                    service,
                    regions,
                    environment,
                    kind,
                    category,
                    rollback,
                    customers,
                    link,
                    reason,
                    override_,
                    this,
                    following,
                    all,
                    dry_run,
                }
                .into()
            },
        );
    let add = (
        window(),
        text(),
        of(select(ItemKind::ALL)),
        of(word()),
        of(word()),
        words(),
        of(person()),
        of(1..99_i64),
        on(),
        on(),
    )
        .prop_map(|(window, text, kind, from, to, cve, assignee, parent, dry_run, again)| {
            c::ChangeAdd { window, text, kind, from, to, cve, assignee, parent, dry_run, again }.into()
        });
    let reword = (window(), 1..99_i64, of(text()), of(select(ItemKind::ALL)), of(word()), word(), words(), on())
        .prop_map(|(window, item, text, kind, from, to, cve, dry_run)| {
            c::ChangeEdit { window, item, text, kind, from, to: Some(to), cve, dry_run }.into()
        });
    let list = (
        on(),
        ids(),
        subsequence(State::ALL, 0..=State::ALL.len()),
        of(kind()),
        ids(),
        of(id()),
        of(moment()),
        of(moment()),
        on(),
    )
        .prop_map(|(mine, service, state, kind, regions, environment, from, to, all)| {
            c::List { mine, service, state, kind, regions, environment, from, to, all }.into()
        });
    let ends = (window(), of(select(Outcome::ALL)), of(text()), of(duration()), on(), on()).prop_map(
        |(window, outcome, note, downtime, carry_over, dry_run)| {
            c::Complete { window, outcome, note, downtime, carry_over, dry_run }.into()
        },
    );
    let moves = (window(), when(), of(zone()), of(text()), of(text()), scope(), on()).prop_map(
        |(window, when, tz, reason, override_, (this, following, all), dry_run)| {
            c::Reschedule { window, when, tz, reason, override_, this, following, all, dry_run }.into()
        },
    );
    let some = proptest::strategy::Union::new(vec![
        schedule.boxed(),
        edit.boxed(),
        add.boxed(),
        reword.boxed(),
        list.boxed(),
        ends.boxed(),
        moves.boxed(),
    ]);
    prop_oneof![7 => some, 2 => recurring(), 10 => small(), 10 => more(), 3 => advisories()].boxed()
}

fn recurring() -> BoxedStrategy<Command> {
    (
        (title(), some_ids(), every(), of(time_of_day()), of(duration()), of(moment()), of(zone()), of(id())),
        (ids(), of(kind()), downtime(), of(text()), of(select(Category::ALL)), of(person()), of(text()), words()),
        (links(), vec(text(), 0..3), of(text()), of(text()), on(), on()),
    )
        .prop_map(
            |(
                (title, service, every, at, for_, from, tz, environment),
                (regions, kind, downtime, impact, category, poc, rollback, customers),
                (link, item, reason, override_, dry_run, again),
            )| {
                c::SeriesNew {
                    title,
                    service,
                    every,
                    at,
                    for_,
                    from,
                    tz,
                    environment,
                    regions,
                    kind,
                    downtime,
                    impact,
                    category,
                    poc,
                    rollback,
                    customers,
                    link,
                    item,
                    reason,
                    override_,
                    dry_run,
                    again,
                }
                .into()
            },
        )
        .boxed()
}

/// The verbs of advisories.
fn advisories() -> BoxedStrategy<Command> {
    let id = || (1..=i64::MAX).prop_map(AdvisoryId);
    let what = (
        words(),
        of(select(Severity::ALL.to_vec())),
        select(Disposition::ALL.to_vec()),
        some_ids(),
        of(when()),
        of(zone()),
        downtime(),
        ids(),
        of(person()),
    );
    let more = (of(window()), of(text()), of(text()), of(moment()), of(text()), of(text()), on(), on());
    let new = (title(), what, more).prop_map(|(title, what, more)| {
        let (id, severity, disposition, service, when, tz, downtime, regions, poc) = what;
        let (in_, details, public, publish, reason, override_, dry_run, again) = more;
        c::AdvisoryNew {
            title,
            id,
            severity,
            disposition,
            service,
            when,
            tz,
            downtime,
            regions,
            poc,
            in_,
            details,
            public,
            publish,
            reason,
            override_,
            dry_run,
            again,
        }
        .into()
    });
    prop_oneof![
        new,
        Just(c::AdvisoryList {}.into()),
        id().prop_map(|advisory| c::AdvisoryShow { advisory }.into()),
        (id(), on()).prop_map(|(advisory, dry_run)| c::AdvisoryPublish { advisory, dry_run }.into()),
        (id(), of(text()), on()).prop_map(|(advisory, reason, dry_run)| c::AdvisoryWithdraw {
            advisory,
            reason,
            dry_run
        }
        .into()),
        (id(), of(text()), on()).prop_map(|(advisory, reason, dry_run)| c::AdvisoryObject {
            advisory,
            reason,
            dry_run
        }
        .into()),
    ]
    .boxed()
}

/// The verbs of plans, series, approval and freezes, and those that look ahead.
fn more() -> BoxedStrategy<Command> {
    let short = || text().prop_filter("short", |text| text.chars().count() <= 200);
    prop_oneof![
        (title(), on(), on()).prop_map(|(title, dry_run, again)| c::PlanNew { title, dry_run, again }.into()),
        of(plan()).prop_map(|plan| c::PlanShow { plan }.into()),
        (plan(), of(text()), of(text()), on()).prop_map(|(plan, reason, override_, dry_run)| {
            c::PlanPublish { plan, reason, override_, dry_run }.into()
        }),
        (plan(), of(text()), on()).prop_map(|(plan, reason, dry_run)| c::PlanCancel { plan, reason, dry_run }.into()),
        (plan(), of(text()), on()).prop_map(|(plan, reason, dry_run)| c::Hold { plan, reason, dry_run }.into()),
        (plan(), of(text()), on()).prop_map(|(plan, reason, dry_run)| c::Release { plan, reason, dry_run }.into()),
        (window_or_plan(), short(), short(), on()).prop_map(|(about, question, answer, dry_run)| c::QaAdd {
            about,
            question,
            answer,
            dry_run
        }
        .into()),
        (window_or_plan(), 1..99_i64, on())
            .prop_map(|(about, item, dry_run)| c::QaRemove { about, item, dry_run }.into()),
        window_or_plan().prop_map(|about| c::QaList { about }.into()),
        of(series()).prop_map(|series| c::SeriesShow { series }.into()),
        (series(), of(text()), on())
            .prop_map(|(series, reason, dry_run)| c::SeriesStop { series, reason, dry_run }.into()),
        (some_ids(), duration(), of(moment()), of(moment()), ids(), of(kind()), of(id()), of(zone())).prop_map(
            |(service, duration, before, from, regions, kind, environment, tz)| {
                c::Suggest { service, duration, before, from, regions, kind, environment, tz }.into()
            }
        ),
        (window_or_plan(), of(text()), of(1..99_i64), on()).prop_map(|(window, note, sequence, dry_run)| c::Approve {
            window,
            note,
            sequence,
            dry_run
        }
        .into()),
        (window_or_plan(), of(text()), of(1..99_i64), on()).prop_map(|(window, reason, sequence, dry_run)| c::Reject {
            window,
            reason,
            sequence,
            dry_run
        }
        .into()),
        (title(), day(), day(), ids(), ids(), vec(kind(), 0..3), on(), on()).prop_map(
            |(title, from, to, service, regions, mut kind, dry_run, again)| {
                kind.dedup();
                c::FreezeAdd { title, from, to, service, regions, kind, dry_run, again }.into()
            }
        ),
        Just(c::FreezeList {}.into()),
        (1..=i64::MAX, on()).prop_map(|(id, dry_run)| c::FreezeRemove { freeze: FreezeId(id), dry_run }.into()),
        (of(moment()), of(moment()), ids(), ids()).prop_map(|(from, to, service, regions)| c::Calendar {
            from,
            to,
            service,
            regions
        }
        .into()),
        (window(), word(), on()).prop_map(|(window, customer, dry_run)| c::Told { window, customer, dry_run }.into()),
        (window_or_plan(), of(text()), scope(), on()).prop_map(|(window, reason, (this, following, all), dry_run)| {
            c::Cancel { window, reason, this, following, all, dry_run }.into()
        }),
    ]
    .boxed()
}

fn small() -> BoxedStrategy<Command> {
    prop_oneof![
        (window(), 1..99_i64, person(), on()).prop_map(|(window, item, assignee, dry_run)| c::ChangeAssign {
            window,
            item,
            assignee,
            dry_run
        }
        .into()),
        (window(), items(), on()).prop_map(|(window, item, dry_run)| c::ChangeRemove { window, item, dry_run }.into()),
        (window(), text(), on()).prop_map(|(window, text, dry_run)| c::ChangeImport { window, text, dry_run }.into()),
        (window(), items(), on(), on())
            .prop_map(|(window, item, all, dry_run)| c::Done { window, item, all, dry_run }.into()),
        (window(), on()).prop_map(|(window, dry_run)| c::Done { window, item: vec![], all: true, dry_run }.into()),
        (window(), items(), on()).prop_map(|(window, item, dry_run)| c::Undo { window, item, dry_run }.into()),
        (window(), on()).prop_map(|(window, dry_run)| c::Start { window, dry_run }.into()),
        (window(), on()).prop_map(|(window, dry_run)| c::Verify { window, dry_run }.into()),
        (window(), on()).prop_map(|(window, dry_run)| c::Ack { window, dry_run }.into()),
        (window(), on()).prop_map(|(window, dry_run)| c::Remind { window, dry_run }.into()),
        (window(), duration(), of(text()), on(), on()).prop_map(|(window, for_, reason, dry_run, again)| c::Extend {
            window,
            for_,
            reason,
            dry_run,
            again
        }
        .into()),
        (window(), text(), on(), on(), on()).prop_map(|(window, text, internal, dry_run, again)| c::Note {
            window,
            text,
            internal,
            dry_run,
            again
        }
        .into()),
        window().prop_map(|window| c::Show { window }.into()),
        window().prop_map(|window| c::Reminders { window }.into()),
        window().prop_map(|window| c::History { window }.into()),
        (
            window(),
            select(maintbot::command::spec::previewable()),
            of(id()),
            of(select(maintbot::domain::channel::Surface::words())),
        )
            .prop_map(|(window, message, audience, surface)| c::Preview {
                window,
                message,
                audience,
                surface: surface.map(str::to_owned),
            }
            .into()),
        (of(reader()), ids(), ids(), on()).prop_map(|(to, service, regions, dry_run)| c::SubscribeAdd {
            to,
            service,
            regions,
            dry_run
        }
        .into()),
        Just(c::SubscribeList {}.into()),
        (of(reader()), ids(), on()).prop_map(|(to, service, dry_run)| c::Unsubscribe { to, service, dry_run }.into()),
        ids().prop_map(|service| c::Next { service }.into()),
        Just(c::Whoami {}.into()),
        of(select(vec!["schedule", "change", "change add", "do"]))
            .prop_map(|verb| c::Help { verb: verb.map(str::to_owned) }.into()),
    ]
    .boxed()
}
