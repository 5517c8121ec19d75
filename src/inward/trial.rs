//! Before somebody fills in a form: whether it would be in vain, whatever they fill in.

use crate::command::Input;
use crate::message::action::{Action, Button};

/// What is refused whatever is filled in.
const HOPELESS: [&str; 4] = ["role", "state", "not_found", "rule"];
/// Of an end put off: how long decides about rules.
const HOPELESS_WHATEVER_LENGTH: [&str; 3] = ["role", "state", "not_found"];

/// The command of a button with what stands for what will be filled in, as a dry run.
#[must_use]
pub fn trial(button: Button) -> Input {
    let more: &[(&str, &str)] = match button.action {
        Action::Complete => &[("outcome", "partial")],
        Action::ExtendOther => &[("for", "30m")],
        Action::RollingBack => &[("text", "-")],
        _ => &[],
    };
    let window = ("window".to_owned(), button.subject.to_string());
    let tried = more.iter().chain(&[("dry-run", "true")]).map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Input::Named { verb: button.action.verb().to_owned(), options: std::iter::once(window).chain(tried).collect() }
}

/// Whether a refusal of this sort is said before the form is filled in.
#[must_use]
pub fn is_hopeless(action: Action, sort: &str) -> bool {
    match action {
        Action::ExtendOther => HOPELESS_WHATEVER_LENGTH.contains(&sort),
        _ => HOPELESS.contains(&sort),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::parse;
    use crate::domain::subject::Subject;
    use crate::domain::window::WindowId;

    #[test]
    fn every_form_is_tried_with_a_command_that_can_be_read() {
        for action in [Action::Complete, Action::ExtendOther, Action::RollingBack, Action::Reject] {
            let button = Button { action, subject: Subject::Window(WindowId(1)), sequence: None };
            let tried = trial(button);
            assert!(
                matches!(&tried, Input::Named { options, .. } if options.iter().any(|(name, _)| name == "dry-run"))
            );
            if action != Action::Reject {
                assert!(parse(&tried).is_ok(), "{action}");
            }
        }
    }

    #[test]
    fn how_long_an_end_is_put_off_may_make_it_possible() {
        assert!(!is_hopeless(Action::ExtendOther, "rule") && is_hopeless(Action::Complete, "rule"));
        assert!(is_hopeless(Action::ExtendOther, "role") && !is_hopeless(Action::Reject, "input"));
    }
}
