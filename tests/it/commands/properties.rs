//! What holds for every command and every text.

use maintbot::command::{Command, Input, Parsed, parse};
use maintbot::domain::refusal::Refusal;
use proptest::prelude::*;

use super::any;
use super::read;

/// A refusal points into the text and offers a line that can be read; says so for proptest.
fn refusal_is_useful(result: &Result<Parsed, Refusal>) -> Result<(), TestCaseError> {
    let Err(refusal) = result else { return Ok(()) };
    let Refusal::Input { detail, hint, input, at } = refusal else {
        return Err(TestCaseError::fail(format!("{refusal:?}")));
    };
    prop_assert!(!detail.is_empty());
    prop_assert!(input.get(at.clone()).is_some(), "{:?} is not in {:?}", at, input);
    let hint = hint.as_deref().unwrap_or_default();
    let again = read(hint);
    prop_assert!(again.is_ok(), "{:?}\nhint {}\n{:?}", refusal, hint, again);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rendered_command_reads_back_the_same(command in any::command()) {
        let line = command.render();
        let read = read(&line);
        prop_assert_eq!(read.as_ref().map(|parsed| &parsed.command), Ok(&command), "{}", line);
        let again = read.map(|parsed| parsed.line()).unwrap_or_default();
        prop_assert_eq!(super::command(&again), command, "{}", again);
    }

    #[test]
    fn inside_do_a_command_means_the_same(command in any::command()) {
        let named = Input::Named { verb: "do".to_owned(), options: vec![("text".to_owned(), command.render())] };
        prop_assert_eq!(parse(&named).map(|parsed| parsed.command), Ok(command));
    }

    #[test]
    fn words_that_a_shell_has_split_mean_what_it_was_told(text in any::text(), reason in any::text()) {
        let words = ["note", "MW-12", "--text", &text, "--internal"].map(str::to_owned).to_vec();
        let read = parse(&Input::Words(words)).map(|parsed| parsed.command);
        let wanted = maintbot::command::Note { window: maintbot::domain::window::WindowId(12), text, internal: true, dry_run: false, again: false };
        if !wanted.text.starts_with("--") {
            prop_assert_eq!(read, Ok(Command::from(wanted)));
        }
        let words = ["cancel".to_owned(), "MW-12".to_owned(), format!("reason:{reason}")];
        let wanted = maintbot::command::Cancel { window: maintbot::domain::window::WindowId(12).into(), reason: Some(reason), this: false, following: false, all: false, dry_run: false };
        prop_assert_eq!(parse(&Input::Words(words.to_vec())).map(|parsed| parsed.command), Ok(Command::from(wanted)));
    }

    #[test]
    fn named_options_take_any_text(text in any::text()) {
        let options = vec![("window".to_owned(), "MW-12".to_owned()), ("text".to_owned(), text.clone()), ("internal".to_owned(), "false".to_owned())];
        let wanted = maintbot::command::Note { window: maintbot::domain::window::WindowId(12), text, internal: false, dry_run: false, again: false };
        let read = parse(&Input::Named { verb: "note".to_owned(), options });
        prop_assert_eq!(read.map(|parsed| parsed.command), Ok(Command::from(wanted)));
    }

    #[test]
    fn a_damaged_line_is_read_or_refused_with_a_line_that_works(command in any::command(), damage in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u8, any::text()), 1..4)) {
        let mut line = command.render();
        for (place, how, text) in damage {
            let at = line.floor_char_boundary(place.index(line.len() + 1));
            match how {
                0 => { line.insert_str(at, &text); }
                1 => { line.truncate(at); }
                2 => { line.insert(at, ' '); }
                3 => { line.insert(at, '"'); }
                4 if at < line.len() => { line.remove(at); }
                5 => { let half = line[at..].to_owned(); line.push(' '); line.push_str(&half); }
                6 => { line = line.replace('"', ""); }
                _ => { line = line.replace(':', ": "); }
            }
        }
        refusal_is_useful(&read(&line))?;
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        refusal_is_useful(&parse(&Input::Words(words)))?;
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_line_that_works(text in any::text(), verb in proptest::sample::select(maintbot::command::spec::catalogue().verbs.iter().map(|verb| verb.name.clone()).collect::<Vec<_>>())) {
        refusal_is_useful(&read(&text))?;
        refusal_is_useful(&read(&format!("/maintenance {verb} {text}")))?;
        refusal_is_useful(&parse(&Input::Named { verb: verb.clone(), options: vec![(text.clone(), text.clone()), ("service".to_owned(), text.clone())] }))?;
        refusal_is_useful(&parse(&Input::Named { verb: text.clone(), options: vec![("window".to_owned(), text)] }))?;
    }
}
