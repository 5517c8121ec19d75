//! A hundred thousand inputs that nobody has thought of: nothing panics or hangs, every refusal offers a line that can be
//! read, and every command that is read can be written and read again. `scripts/fuzz-parser` does it with millions.

mod made;

use std::time::{Duration, Instant};

use maintbot::command::every::Every;
use maintbot::command::field::Field;
use maintbot::command::spec::{Opt, catalogue};
use maintbot::command::when::{When, ZoneSource, Zones};
use maintbot::command::{Expected, Input, Parsed, parse};
use maintbot::domain::calendar::Zone;
use maintbot::domain::refusal::Refusal;
use proptest::prelude::*;

use made::Dice;

/// No input may take longer, in a build without optimisation on a busy machine.
const LONGEST: Duration = Duration::from_secs(1);
/// A machine may be busy elsewhere for a moment: only what is slow so many times is slow.
const TIMES: usize = 4;

/// How many of each hundred inputs: lines, `when:`, `every:`, downtime.
const SHARES: [u32; 4] = [60, 15, 15, 10];

/// The number of inputs for one of the four tests; `MAINTBOT_FUZZ` says how many there are in all.
fn cases(share: u32) -> ProptestConfig {
    let all =
        std::env::var_os("MAINTBOT_FUZZ").and_then(|count| count.to_str()?.parse::<u32>().ok()).unwrap_or(100_000);
    let cases = u32::try_from(u64::from(all) * u64::from(share) / 100).unwrap_or(u32::MAX);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Numbers that decide how an input is made.
fn rolls(most: usize) -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(any::<u32>(), 1..most)
}

/// The result of reading, and that it came in time.
fn timed<T>(input: &str, read: impl Fn() -> T) -> Result<T, TestCaseError> {
    let mut fastest = Duration::MAX;
    for _ in 0..TIMES {
        let begun = Instant::now();
        let result = read();
        fastest = fastest.min(begun.elapsed());
        if fastest <= LONGEST {
            return Ok(result);
        }
    }
    Err(TestCaseError::fail(format!("{fastest:?} for {} bytes: {input:?}", input.len())))
}

/// What a line gives must be written and read again as the same; what a refusal offers must be readable.
fn holds(result: Result<Parsed, Refusal>) -> Result<(), TestCaseError> {
    match result {
        Ok(parsed) => {
            for line in [parsed.command.render(), parsed.line()] {
                let again = parse(&Input::Text(line.clone())).map(|again| again.command);
                prop_assert_eq!(again.as_ref(), Ok(&parsed.command), "{}", line);
            }
        }
        Err(Refusal::Input { detail, hint: Some(hint), input, at }) => {
            prop_assert!(!detail.is_empty() && input.get(at.clone()).is_some(), "{:?} {:?}", at, input);
            prop_assert!(parse(&Input::Text(hint.clone())).is_ok(), "hint {} for {:?}", hint, input);
        }
        Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
    }
    Ok(())
}

fn line_holds(line: &str) -> Result<(), TestCaseError> {
    holds(timed(line, || parse(&Input::Text(line.to_owned())))?)
}

/// The option of a verb, which is declared.
fn option(verb: &str, name: &str) -> &'static Opt {
    catalogue().verb(verb).and_then(|verb| verb.option(name)).expect("it is declared")
}

/// The refusal of a value in a line, where it points and what it offers.
fn value_holds(
    text: &str,
    range: std::ops::Range<usize>,
    hint: Option<&str>,
    reads: impl Fn(&str) -> bool,
) -> Result<(), TestCaseError> {
    prop_assert!(text.get(range.clone()).is_some(), "{:?} is not in {:?}", range, text);
    prop_assert!(hint.is_none_or(&reads), "the hint {:?} for {:?}", hint, text);
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn zones() -> Zones {
    Zones { tz: None, fallbacks: vec![(ZoneSource::Author, Zone::named("Europe/Helsinki").expect("a zone"))] }
}

proptest! {
    #![proptest_config(cases(SHARES[0]))]
    #[test]
    fn any_line_is_read_or_refused_with_a_line_to_copy(line in rolls(64).prop_map(|rolls| Dice::new(&rolls).line())) {
        line_holds(&line)?;
        // The same words as a shell splits them, and as a form sends them.
        if line.len() < 400 && line.len() % 3 == 0 {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            holds(timed(&line, || parse(&Input::Words(words.clone())))?)?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let options = rest.split(' ').filter_map(|word| word.split_once(':'));
            let options = options.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
            let named = Input::Named { verb: verb.to_owned(), options };
            holds(timed(&line, || parse(&named))?)?;
        }
    }
}

proptest! {
    #![proptest_config(cases(SHARES[1]))]
    #[test]
    fn any_time_is_read_or_refused_with_a_line_to_copy(text in rolls(24).prop_map(|rolls| Dice::new(&rolls).when())) {
        let now = "2026-11-21T10:00:00Z".parse().expect("an instant");
        let line = format!("schedule Upgrade service:jira when:{}", quoted(&text));
        line_holds(&line)?;
        match timed(&text, || When::read(&text, now, &zones()))? {
            Ok((when, resolved)) => {
                prop_assert!(now <= resolved.span.starts_at && resolved.span.starts_at < resolved.span.ends_at);
                let shown = When::read(&resolved.span.to_string(), now, &zones()).map(|(_, again)| again.span);
                prop_assert_eq!(shown, Ok(resolved.span));
                prop_assert_eq!(When::parse(&when.to_string()), Ok(when));
            }
            Err(error) => {
                value_holds(&text, error.range.clone(), error.hint.as_deref(), |hint| When::read(hint, now, &zones()).is_ok())?;
                // What is found to be impossible later is refused with a line to copy too.
                if let Ok(parsed) = parse(&Input::Text(line)) {
                    holds(Err(parsed.refuse("when", error.range, error.message, error.hint)))?;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(SHARES[2]))]
    #[test]
    fn any_recurrence_is_read_or_refused_with_a_line_to_copy(text in rolls(24).prop_map(|rolls| Dice::new(&rolls).every())) {
        line_holds(&format!("series Break service:jira every:{}", quoted(&text)))?;
        let option = option("series new", "every");
        let read = |text: &str| Every::take(&[text], option);
        match timed(&text, || read(&text))? {
            Ok(every) => prop_assert_eq!(every.give().iter().map(|text| read(text)).collect::<Vec<_>>(), vec![Ok(every)]),
            Err(bad) => value_holds(&text, bad.range, bad.hint.as_deref(), |hint| read(hint).is_ok())?,
        }
    }
}

proptest! {
    #![proptest_config(cases(SHARES[3]))]
    #[test]
    fn any_downtime_is_read_or_refused_with_a_line_to_copy(text in rolls(24).prop_map(|rolls| Dice::new(&rolls).downtime())) {
        line_holds(&format!("edit MW-12 downtime:{}", quoted(&text)))?;
        line_holds(&format!("edit MW-12 downtime.jira:{}", quoted(&text)))?;
        let option = option("edit", "downtime");
        let read = |texts: &[&str]| Expected::take(texts, option);
        match timed(&text, || read(&[&text]))? {
            Ok(expected) => {
                let texts = expected.give();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                prop_assert_eq!(read(&texts), Ok(expected));
            }
            Err(bad) => prop_assert!(text.get(bad.range.clone()).is_some(), "{:?} is not in {:?}", bad.range, text),
        }
    }
}
