//! The templates of what is sent: JSON in which `{{ title }}` stands for a whole JSON value, quotes and all. Whether they
//! come out as JSON is proved when they are compiled, with values that would break anything that is only pasted together.

use anyhow::{Context as _, ensure};
use minijinja::value::{Value as Named, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde_json::{Map, Value};

use super::{Entry, Thing};
use crate::config;

/// The names of the templates, as their keys are called.
pub(super) const CREATE: &str = "create_body";
pub(super) const UPDATE: &str = "update_body";
pub(super) const DELETE: &str = "delete_body";

/// Every state that a template has to have an answer for.
const STATES: [&str; 5] = ["scheduled", "in_progress", "verifying", "completed", "cancelled"];
/// A text that comes through only as data.
const NASTY: &str = "\"},\n{{ x }} {% if %} </script> \\";

/// The compiled templates of one page.
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Compiles and tries them.
    pub(super) fn new(config: &config::StatusPage) -> anyhow::Result<Self> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_formatter(|out, _, value| out.write_str(&json(value)?.to_string()).map_err(Error::from));
        let bodies = [
            (CREATE, config.create.body.as_ref()),
            (UPDATE, config.update.body.as_ref()),
            (DELETE, config.delete.as_ref().and_then(|call| call.body.as_ref())),
        ];
        let mut names = Vec::new();
        for (name, source) in bodies.into_iter().filter_map(|(name, source)| source.map(|source| (name, source))) {
            let place = || format!("`{name}` of [[status_page]] {}", config.name);
            env.add_template_owned(name, source.clone()).with_context(place)?;
            names.push(name);
        }
        let templates = Self(env);
        for name in names {
            let place = || format!("`{name}` of [[status_page]] {}", config.name);
            for status in STATES {
                let filled = templates.fill(name, &sample(status)).with_context(place)?;
                ensure!(filled.is_object(), "{} is not an object", place());
            }
        }
        Ok(templates)
    }

    /// What is sent.
    ///
    /// # Errors
    /// The template names something that is not there, or does not come out as JSON.
    pub(super) fn fill(&self, name: &str, entry: &Entry) -> anyhow::Result<Value> {
        let text = self.0.get_template(name)?.render(values(entry))?;
        serde_json::from_str(&text)
            .context("this does not come out as JSON: {{ title }} stands for a whole value, so put no quotes around it")
    }
}

/// What a template names, as JSON.
fn json(value: &Named) -> Result<Value, Error> {
    Ok(match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Value::Null,
        ValueKind::Bool => value.is_true().into(),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(whole) => whole.into(),
            Err(_) => f64::try_from(value.clone())?.into(),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            Value::Array(value.try_iter()?.map(|item| json(&item)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let field = |key: Named| Ok::<_, Error>((key.to_string(), json(&value.get_item(&key)?)?));
            Value::Object(value.try_iter()?.map(field).collect::<Result<Map<_, _>, _>>()?)
        }
        _ => value.to_string().into(),
    })
}

/// The names that templates know.
fn values(entry: &Entry) -> Named {
    let things = |things: &[Thing]| -> Vec<Named> {
        things.iter().map(|thing| context! { id => thing.id.as_str(), name => thing.name.as_str() }).collect()
    };
    context! {
        id => entry.id.as_str(),
        title => entry.title.as_str(),
        url => entry.url.as_str(),
        status => entry.status,
        starts_at => entry.starts_at.as_str(),
        ends_at => entry.ends_at.as_str(),
        starts_at_plain => entry.starts_at_plain.as_str(),
        ends_at_plain => entry.ends_at_plain.as_str(),
        minutes => entry.minutes,
        services => things(&entry.services),
        regions => things(&entry.regions),
        body => entry.body.as_str(),
        update => entry.update.as_str(),
        notify => entry.notify,
        auto_start => entry.auto_start,
        auto_complete => entry.auto_complete,
    }
}

fn sample(status: &'static str) -> Entry {
    let thing = || Thing { id: "crm".into(), name: NASTY.into() };
    Entry {
        id: "MW-1".into(),
        title: NASTY.into(),
        url: "https://maintenance.example.com/windows/MW-1".into(),
        status,
        starts_at: "2026-12-06T14:00:00Z".into(),
        ends_at: "2026-12-06T16:00:00Z".into(),
        starts_at_plain: "2026-12-06 14:00:00".into(),
        ends_at_plain: "2026-12-06 16:00:00".into(),
        minutes: 120,
        services: vec![thing()],
        regions: vec![thing()],
        body: NASTY.into(),
        update: NASTY.into(),
        notify: true,
        auto_start: true,
        auto_complete: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{PageCall, StatusPage};

    fn page(create: &str) -> StatusPage {
        let call = |body: &str| PageCall { method: "POST".into(), path: "/x".into(), body: Some(body.into()) };
        StatusPage {
            name: "public".into(),
            url: "https://page.example.com".into(),
            headers: Vec::new(),
            create: call(create),
            update: call("{}"),
            delete: None,
            id: "/id".into(),
            list: None,
            items: String::new(),
            notify: true,
        }
    }

    fn refused(create: &str) -> String {
        let found = Templates::new(&page(create));
        format!("{:#}", found.err().unwrap_or_else(|| panic!("{create} is fine")))
    }

    #[test]
    fn whatever_a_text_holds_it_is_a_string_and_nothing_else() {
        let source = "{ \"name\": {{ title }}, \"ids\": {{ services }}, \"n\": {{ minutes }}, \"tell\": {{ notify }}, \
                      \"state\": {{ {\"scheduled\": \"NOTSTARTEDYET\"}[status] or \"OTHER\" }} }";
        let source = source.replace("[status] or \"OTHER\"", ".scheduled");
        let templates = Templates::new(&page(&source)).expect("a good template");
        let filled = templates.fill(CREATE, &sample("scheduled")).expect("JSON");
        let expected = json!({
            "name": NASTY, "ids": [{ "id": "crm", "name": NASTY }], "n": 120, "tell": true, "state": "NOTSTARTEDYET"
        });
        assert_eq!(filled, expected);
    }

    #[test]
    fn a_template_that_would_break_is_refused_with_the_key_and_the_reason() {
        let quoted = refused("{ \"name\": \"{{ title }}\" }");
        assert!(quoted.contains("`create_body` of [[status_page]] public") && quoted.contains("no quotes"), "{quoted}");
        assert!(refused("{ \"name\": {{ titel }} }").contains("undefined"));
        assert!(refused("{% if %}").contains("create_body"));
        assert!(refused("[]").contains("is not an object"));
        assert!(refused("{ \"s\": {{ {\"scheduled\": 1}[status] }} }").contains("undefined"), "every state is tried");
    }
}
