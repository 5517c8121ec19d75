//! The page templates, compiled in, and filling them.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, escape_formatter};

use super::{assets, problem};
use crate::domain::organisation::Organisation;
use crate::message::text;

macro_rules! pages {
    ($($file:literal),+ $(,)?) => {
        /// Every template with its text.
        const PAGES: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../templates/pages/", $file)))),+];
    };
}

pages!(
    "layout.html",
    "macros.html",
    "status.html",
    "window.html",
    "plan.html",
    "advisory.html",
    "staff_window.html",
    "staff_plan.html",
    "staff_advisory.html",
    "missing.html",
    "subscribe.html",
    "subscription.html",
    "console.html",
    "reply.html",
    "board.html",
    "sign_in.html",
    "away.html",
    "refused.html",
);

/// The compiled templates.
#[derive(Debug)]
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Compiles them.
    ///
    /// # Errors
    /// A template does not compile.
    pub(super) fn compiled_in(organisation: &Organisation) -> Result<Self, minijinja::Error> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        // Whatever text a template shows has lost what cannot be seen and what turns the direction of writing; the `.html`
        // of the names then has it escaped.
        env.set_formatter(|out, state, value| match value.as_str() {
            Some(people) if !value.is_safe() => escape_formatter(out, state, &Value::from(text::shown(people))),
            _ => escape_formatter(out, state, value),
        });
        env.add_filter("in_address", |text: String| in_address(&text));
        env.add_global("organisation", text::one_line(&organisation.name));
        env.add_global("version", assets::VERSION.as_str());
        for (name, source) in PAGES {
            env.add_template(name, source)?;
        }
        Ok(Self(env))
    }

    /// A filled template.
    ///
    /// # Errors
    /// The template names something that is not there.
    pub(super) fn fill(&self, name: &str, values: Value) -> anyhow::Result<String> {
        Ok(self.0.get_template(name)?.render(values)?)
    }

    /// A filled template as an answer that nobody keeps.
    pub(super) fn page(&self, status: StatusCode, name: &str, values: Value) -> Response {
        match self.fill(name, values) {
            Ok(page) => (status, Html(page)).into_response(),
            Err(error) => broken(&error),
        }
    }
}

/// Text as the value of a parameter in an address.
pub(super) fn in_address(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The page for a fault of maintbot's own, logged here once. Made without templates: they may be what is broken.
pub(super) fn broken(error: &anyhow::Error) -> Response {
    let reference = problem::reference();
    tracing::error!(%reference, error = format!("{error:#}"), "a page could not be made");
    let text = format!("Something went wrong. Tell the operator of maintbot the reference {reference}.");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}
