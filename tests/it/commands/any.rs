//! Any command at all, with texts as hostile as people and pasteboards make them.

use chrono::TimeDelta;
use maintbot::command::when::{Moment, When};
use maintbot::command::{self as c, Command, Person};
use maintbot::domain::calendar::Zone;
use maintbot::domain::change::ItemKind;
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

fn downtime() -> impl Strategy<Value = Downtime> {
    let length = |seconds: i64| TimeDelta::seconds(seconds);
    let range = (1..86_400_i64, 0..86_400_i64)
        .prop_map(move |(least, more)| Downtime { least: length(least), most: length(least + more) });
    prop_oneof![Just(Downtime { least: TimeDelta::zero(), most: TimeDelta::zero() }), range]
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
        (title(), some_ids(), when(), of(zone()), of(id()), ids(), of(kind()), of(downtime())),
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
    )
        .prop_map(
            |(
                (title, service, when, tz, environment, regions, kind, downtime),
                (impact, category, poc, rollback, customers, link, item, dry_run, again),
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
                    dry_run,
                    again,
                }
                .into()
            },
        );
    let edit = (
        (window(), title(), of(cleared()), of(person()), of(downtime()), ids(), ids()),
        (of(id()), of(kind()), of(select(Category::ALL)), of(cleared()), words(), links(), on()),
    )
        .prop_map(
            |(
                (window, title, impact, poc, downtime, service, regions),
                (environment, kind, category, rollback, customers, link, dry_run),
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
    let ends = (window(), of(select(Outcome::ALL)), of(text()), of(duration()), on()).prop_map(
        |(window, outcome, note, downtime, dry_run)| c::Complete { window, outcome, note, downtime, dry_run }.into(),
    );
    let moves = (window(), when(), of(zone()), of(text()), on())
        .prop_map(|(window, when, tz, reason, dry_run)| c::Reschedule { window, when, tz, reason, dry_run }.into());
    let some = proptest::strategy::Union::new(vec![
        schedule.boxed(),
        edit.boxed(),
        add.boxed(),
        reword.boxed(),
        list.boxed(),
        ends.boxed(),
        moves.boxed(),
    ]);
    prop_oneof![7 => some, 10 => small()].boxed()
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
        (window(), of(text()), on()).prop_map(|(window, reason, dry_run)| c::Cancel { window, reason, dry_run }.into()),
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
        (window(), select(maintbot::command::spec::previewable())).prop_map(|(window, message)| c::Preview {
            window,
            message
        }
        .into()),
        ids().prop_map(|service| c::Next { service }.into()),
        Just(c::Whoami {}.into()),
        of(select(vec!["schedule", "change", "change add", "do"]))
            .prop_map(|verb| c::Help { verb: verb.map(str::to_owned) }.into()),
    ]
    .boxed()
}
