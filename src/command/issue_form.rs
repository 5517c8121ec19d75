//! The issue forms of GitHub: `schedule` and `change add` as boxes to fill in, made from their declarations. The files
//! go to `.github/ISSUE_TEMPLATE/`; what they are answered with comes back as Markdown with the labels as headings.

use serde_json::Value;

use super::spec::{Opt, Type, catalogue};
use crate::domain::window::Kind;

/// What the answer to a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Line,
    /// Words between commas, or the choices of a list.
    Words,
    /// Text of several lines.
    Text,
    /// A list with one item on each line.
    Items,
    /// Addresses, one on each line.
    Links,
}

impl Shape {
    /// Whether GitHub lets people write several lines.
    #[must_use]
    pub const fn has_lines(self) -> bool {
        matches!(self, Self::Text | Self::Items | Self::Links)
    }
}

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands above it, and as a heading above its answer. No two of a form are the same, and an issue that was
    /// made with one label is not read with another: they are never reworded without keeping the old one.
    pub label: &'static str,
    /// The option of the form's verb that it is for.
    pub option: &'static str,
    /// What its answer looks like.
    pub shape: Shape,
    /// What is asked for, where the help of the option does not say it well here.
    about: Option<&'static str>,
    /// An example, where the option's own does not do.
    example: Option<&'static str>,
}

/// A form: a verb with some of its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueForm {
    /// Where its file is kept in a repository.
    pub file: &'static str,
    /// The verb that it stands for.
    pub verb: &'static str,
    /// The label that GitHub gives its issues, where the repository has it.
    pub label: &'static str,
    /// Its fields, in the order in which they are shown and answered.
    pub fields: &'static [Field],
    name: &'static str,
    description: &'static str,
    title: &'static str,
}

impl IssueForm {
    /// The label of the field for an option.
    #[must_use]
    pub fn field_of(&self, option: &str) -> Option<&'static str> {
        self.fields.iter().find(|field| field.option == option).map(|field| field.label)
    }
}

const fn field(label: &'static str, option: &'static str, shape: Shape) -> Field {
    Field { label, option, shape, about: None, example: None }
}

const fn told(about: &'static str, field: Field) -> Field {
    Field { about: Some(about), ..field }
}

const fn shown(example: &'static str, field: Field) -> Field {
    Field { example: Some(example), ..field }
}

const CHANGE_LIST: &str = "- Jira to 10.3.2\n  - plugin Tempo to 18\n- OS patches";

/// The fields of the form that asks for a window, in their order.
pub const FIELDS: &[Field] = &[
    field("Title of the window", "title", Shape::Line),
    told("Ids of the services it touches, separated by commas.", field("Services", "service", Shape::Words)),
    told(
        "Start and end, or start and length: `2026-12-06 16:00-20:00`, `next sunday 16:00-20:00`, `sunday 16:00 for 4h`.",
        field("When", "when", Shape::Line),
    ),
    told(
        "The zone in which the times are meant; your own, the service's or the organisation's when left out.",
        field("Time zone", "tz", Shape::Line),
    ),
    told(
        "`15m`, `10m-15m` or `none`; of a single service `jira=1h`; several are separated by commas.",
        field("Expected downtime", "downtime", Shape::Words),
    ),
    field("Impact", "impact", Shape::Line),
    told("What policy it falls under.", field("Kind", "kind", Shape::Line)),
    field("Category", "category", Shape::Line),
    field("Regions", "regions", Shape::Words),
    told("Where it happens; production when left out.", field("Environment", "environment", Shape::Line)),
    told("Who owns the window.", field("Point of contact", "poc", Shape::Line)),
    field("Rollback plan", "rollback", Shape::Text),
    shown(
        CHANGE_LIST,
        told(
            "One line for each item; indented lines are parts of the item above.",
            field("Change list", "item", Shape::Items),
        ),
    ),
    told("Where to read more, one address on each line.", field("Links", "link", Shape::Links)),
    field("Reason", "reason", Shape::Line),
];

/// The form that asks for a window.
pub const REQUEST: IssueForm = IssueForm {
    file: ".github/ISSUE_TEMPLATE/maintenance-request.yml",
    verb: "schedule",
    label: "maintenance-request",
    fields: FIELDS,
    name: "Maintenance request",
    description: "Ask for a planned maintenance window.",
    title: "[maintenance] ",
};

/// The form that asks for an item on the change list of a window.
pub const CHANGE: IssueForm = IssueForm {
    file: ".github/ISSUE_TEMPLATE/change-item.yml",
    verb: "change add",
    label: "change-item",
    fields: &[
        field("Id of the window", "window", Shape::Line),
        told("The line as it will stand on the change list.", field("What is done", "text", Shape::Line)),
        field("Kind of work", "kind", Shape::Line),
        field("From version", "from", Shape::Line),
        field("To version", "to", Shape::Line),
        told("Security advisories it answers, separated by commas.", field("Advisory ids", "cve", Shape::Words)),
        field("Assignee", "assignee", Shape::Line),
        told("The number of the item it is a part of.", field("Part of item", "parent", Shape::Line)),
    ],
    name: "Change item",
    description: "Ask for one more item on the change list of a window.",
    title: "[change item] ",
};

/// The forms there are.
pub const FORMS: [&IssueForm; 2] = [&REQUEST, &CHANGE];

/// The label of the field for an option of `schedule`.
#[must_use]
pub fn field_of(option: &str) -> Option<&'static str> {
    REQUEST.field_of(option)
}

/// The YAML of the form that asks for a window; services and regions are offered where some are given.
#[must_use]
pub fn form(services: &[String], regions: &[String]) -> String {
    yaml(&REQUEST, services, regions)
}

/// The YAML of the form that asks for a change item.
#[must_use]
pub fn change_form() -> String {
    yaml(&CHANGE, &[], &[])
}

fn yaml(form: &IssueForm, services: &[String], regions: &[String]) -> String {
    let mut out = Yaml::default();
    out.text(0, "name", form.name);
    out.text(0, "description", form.description);
    out.text(0, "title", form.title);
    out.line(0, &format!("labels: [{}]", quoted(form.label)));
    out.line(0, "body:");
    out.line(2, "- type: markdown");
    out.line(4, "attributes:");
    let verb = catalogue().verb(form.verb);
    let role = verb.map_or("", |verb| verb.role.as_str());
    out.text(
        6,
        "value",
        &format!(
            "maintbot reads this form and answers below with what was done or what to correct; editing the issue tries \
             again. Doing it needs the role `{role}`: without it, somebody who has it edits the issue."
        ),
    );
    for field in form.fields {
        let Some(option) = verb.and_then(|verb| verb.option(field.option)) else { continue };
        let choices = match option.name.as_str() {
            "service" => services.to_vec(),
            "regions" => regions.to_vec(),
            _ => choices(option),
        };
        element(&mut out, field, option, &choices);
    }
    out.0
}

/// The words that an option is offered as a list of.
fn choices(option: &Opt) -> Vec<String> {
    match option.kind {
        Type::Kind => [Kind::SCHEDULED, Kind::EMERGENCY, Kind::NO_DOWNTIME].map(str::to_owned).to_vec(),
        _ => option.choices.clone(),
    }
}

/// One field, as an element of the form's body.
fn element(out: &mut Yaml, field: &Field, option: &Opt, choices: &[String]) {
    let is_list = !choices.is_empty();
    let kind = match field.shape {
        _ if is_list => "dropdown",
        shape if shape.has_lines() => "textarea",
        _ => "input",
    };
    out.line(2, &format!("- type: {kind}"));
    out.line(4, &format!("id: {}", id(field.label)));
    out.line(4, "attributes:");
    out.text(6, "label", field.label);
    out.text(6, "description", &about(field, option, is_list));
    if is_list {
        if field.shape == Shape::Words {
            out.line(6, "multiple: true");
        }
        out.line(6, "options:");
        for choice in choices {
            out.line(8, &format!("- {}", quoted(choice)));
        }
        if option.kind == Type::Kind {
            out.line(6, "default: 0");
        }
    } else {
        out.text(6, "placeholder", field.example.unwrap_or(&option.example));
    }
    out.line(4, "validations:");
    out.line(6, &format!("required: {}", option.required));
}

/// What is said below the label: one sentence.
fn about(field: &Field, option: &Opt, is_list: bool) -> String {
    let text = field.about.unwrap_or(&option.help);
    // Where there is a list to choose from, how to type several is no help.
    let text = if is_list { text.trim_end_matches('.').trim_end_matches(", separated by commas") } else { text };
    format!("{}.", text.trim_end_matches('.'))
}

/// The name of a field for addresses that fill it in: the label in small letters.
fn id(label: &str) -> String {
    label.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// A text in quotes: every string of JSON is one of YAML (YAML 1.2.2, section 1.2).
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// YAML being written.
#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, indent: usize, text: &str) {
        self.0.push_str(&" ".repeat(indent));
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A key with a text: in quotes, or as a block where it has several lines.
    fn text(&mut self, indent: usize, key: &str, text: &str) {
        if text.contains('\n') && !text.starts_with(char::is_whitespace) {
            self.line(indent, &format!("{key}: |-"));
            for line in text.lines() {
                self.line(indent + 2, line);
            }
        } else {
            self.line(indent, &format!("{key}: {}", quoted(text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_is_an_option_of_its_verb_under_a_label_of_its_own() {
        for form in FORMS {
            let verb = catalogue().verb(form.verb).unwrap();
            let labels: BTreeSet<_> = form.fields.iter().map(|field| id(field.label)).collect();
            assert_eq!(labels.len(), form.fields.len(), "{}", form.verb);
            let options: BTreeSet<_> = form.fields.iter().map(|field| field.option).collect();
            assert_eq!(options.len(), form.fields.len(), "{}", form.verb);
            for field in form.fields {
                assert!(verb.option(field.option).is_some(), "{} has no {}", form.verb, field.option);
                assert_eq!(field.label, field.label.trim());
            }
            for option in verb.options.iter().filter(|option| option.required) {
                assert!(form.field_of(&option.name).is_some(), "{} is not asked for {}", form.verb, option.name);
            }
        }
        assert_eq!((field_of("service"), field_of("unheard-of")), (Some("Services"), None));
    }

    /// The lines of one element, by its label.
    fn element_of<'y>(yaml: &'y str, label: &str) -> Vec<&'y str> {
        let elements = yaml.split("\n  - ").map(|element| element.lines().collect::<Vec<_>>());
        elements.into_iter().find(|lines| lines.contains(&&*format!("      label: \"{label}\""))).unwrap()
    }

    #[test]
    fn services_and_regions_are_offered_where_they_are_known() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = form(&names(&["jira", "no", "007"]), &names(&["eu"]));
        let services = element_of(&known, "Services");
        assert_eq!(services[0], "type: dropdown");
        let options: Vec<_> = services.iter().filter(|line| line.starts_with("        - ")).collect();
        // In quotes, or YAML would read a truth and a number.
        assert_eq!(options, [&"        - \"jira\"", &"        - \"no\"", &"        - \"007\""]);
        assert!(services.contains(&"      multiple: true") && services.contains(&"      required: true"));
        assert!(services.contains(&"      description: \"Ids of the services it touches.\""));
        assert_eq!(element_of(&known, "Regions")[0], "type: dropdown");

        let unknown = form(&[], &[]);
        assert_eq!(element_of(&unknown, "Services")[0], "type: input");
        assert_eq!(element_of(&unknown, "Regions")[0], "type: input");
        assert_eq!(element_of(&unknown, "Rollback plan")[0], "type: textarea");
    }

    #[test]
    fn a_form_is_yaml_as_github_wants_it() {
        for yaml in [form(&["a\"b\\c: #".to_owned()], &[]), change_form()] {
            assert!(!yaml.contains('\t') && yaml.ends_with('\n') && yaml.is_ascii());
            let tops: Vec<_> = yaml.lines().filter(|line| !line.starts_with(' ')).collect();
            let keys: Vec<_> = tops.iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
            assert_eq!(keys, ["name", "description", "title", "labels", "body"]);
            let types = yaml.lines().filter_map(|line| line.strip_prefix("  - type: "));
            let allowed = ["markdown", "textarea", "input", "dropdown"];
            assert!(types.clone().all(|kind| allowed.contains(&kind)), "{yaml}");
            let ids: Vec<_> = yaml.lines().filter_map(|line| line.strip_prefix("    id: ")).collect();
            assert_eq!(ids.len() + 1, types.count());
            assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
            // What stands in quotes reads back as the one text.
            let texts = yaml.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").split_once('"'));
            let texts = texts.filter(|(before, _)| before.is_empty() || before.ends_with(": "));
            for (_, text) in texts {
                assert!(serde_json::from_str::<String>(&format!("\"{text}")).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn a_text_of_several_lines_stays_one() {
        let mut yaml = Yaml::default();
        yaml.text(2, "value", "a: b\n  - c");
        yaml.text(2, "value", " a\nb");
        assert_eq!(yaml.0, "  value: |-\n    a: b\n      - c\n  value: \" a\\nb\"\n");
    }
}
