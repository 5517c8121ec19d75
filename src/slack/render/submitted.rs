//! What was filled in in a modal, as a verb and its options, and what was wrong with it, on its field.

use serde_json::{Map, Value, json};

use super::modal::{Carried, Origin, WHEN_DATE, WHEN_START};
use crate::command::spec::{Opt, Type, catalogue};
use crate::message::text::{clipped, shown};

/// The longest error that is shown on a field, in characters.
const LONGEST_ERROR: usize = 1_000;

/// A modal that was submitted, ready for `Input::Named`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submitted {
    /// The verb: `schedule`, `complete`, `reject` or `extend`.
    pub verb: String,
    /// Name and text of each option that was filled in. `poc` holds Slack's id of a person, such as `U123`.
    pub options: Vec<(String, String)>,
    /// Where it was opened.
    pub origin: Origin,
}

/// Reads the `view` of a `view_submission`; `None`: it is none of ours.
#[must_use]
pub fn read_modal(view: &Value) -> Option<Submitted> {
    let carried: Carried = serde_json::from_str(view["private_metadata"].as_str()?).ok()?;
    let verb = catalogue().verb(&carried.verb).filter(|verb| view["callback_id"] == *verb.name)?;
    let values = view["state"]["values"].as_object()?;
    let mut options = carried.options;
    for block in view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let Some(name) = block["block_id"].as_str() else { continue };
        match name {
            WHEN_DATE => options.extend(when(values).map(|when| ("when".to_owned(), when))),
            name => {
                let known = verb.option(name).and_then(|option| Some((option, entered(values, name)?)));
                options.extend(known.into_iter().flat_map(|(option, text)| several(option, &text)));
            }
        }
    }
    Some(Submitted { verb: verb.name.clone(), options, origin: carried.origin })
}

/// Day and time as `when` reads them: `2026-12-06 16:00`; what was chosen of it, where one is missing.
fn when(values: &Map<String, Value>) -> Option<String> {
    let parts: Vec<String> = [WHEN_DATE, WHEN_START].iter().filter_map(|name| entered(values, name)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// What was filled in in one field, whatever it looks like; several choices stand between commas.
fn entered(values: &Map<String, Value>, name: &str) -> Option<String> {
    // A field holds one element, with the same id; another one would be its successor in a later version.
    let element = values.get(name)?.as_object()?.values().next()?;
    let one =
        ["value", "selected_date", "selected_time", "selected_user"].iter().find_map(|key| element[*key].as_str());
    let chosen = element["selected_option"]["value"].as_str();
    let text = match (one.or(chosen), element["selected_options"].as_array()) {
        (Some(text), _) => text.trim().to_owned(),
        (None, Some(options)) => {
            options.iter().filter_map(|option| option["value"].as_str()).collect::<Vec<_>>().join(",")
        }
        (None, None) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A field as options: change items stand one on each line, figures of downtime between commas.
fn several(option: &Opt, text: &str) -> Vec<(String, String)> {
    let name = option.name.clone();
    let pairs: Vec<(String, &str)> = match option.kind {
        Type::Text if option.repeat => text.lines().map(|line| (name.clone(), without_mark(line))).collect(),
        Type::Downtime => text.split(',').map(|figure| of_service(&name, figure)).collect(),
        _ => vec![(name, text)],
    };
    pairs.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.to_owned())).collect()
}

/// `jira=1h` as the option of that service: `downtime.jira` and `1h`.
fn of_service<'t>(name: &str, figure: &'t str) -> (String, &'t str) {
    match figure.split_once('=') {
        Some((service, figure)) => (format!("{name}.{}", service.trim()), figure.trim()),
        None => (name.to_owned(), figure.trim()),
    }
}

/// A line without the mark of a list before it.
fn without_mark(line: &str) -> &str {
    let line = line.trim();
    ["- ", "* ", "• ", "☐ "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line).trim()
}

/// The answer to a `view_submission` that shows what is wrong at the field of the option at fault; at the first field
/// where there is none of that option. Slack takes only ids of input blocks that the `view` has.
#[must_use]
pub fn field_errors(view: &Value, option: Option<&str>, detail: &str) -> Value {
    let blocks = view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fields: Vec<&str> =
        blocks.iter().filter(|block| block["type"] == "input").filter_map(|block| block["block_id"].as_str()).collect();
    let wanted = match option {
        // The zone is not asked for, but stands with the start.
        Some("when" | "tz") => Some(WHEN_START),
        option => option,
    };
    let field = fields.iter().find(|field| Some(**field) == wanted).or(fields.first()).copied().unwrap_or("title");
    let said = clipped(shown(detail).trim(), LONGEST_ERROR);
    json!({ "response_action": "errors", "errors": { field: said } })
}
