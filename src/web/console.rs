//! The console: one page on which commands are typed and everything that follows from them is seen. Works without
//! scripts; with them, forms are sent in the background and the page follows what others do.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::form::{self, Sent};
use super::problem::{Problem, random};
use super::template::broken;
use super::trust::{self, Caller, Denied};
use super::{Shared, Site, api, assets, board, pages, reply, template};
use crate::command::{Input, help, spec};
use crate::domain::calendar::computed;
use crate::service::Invocation;

/// Who somebody at the console is that has not said.
const YOU: &str = "you";
const PLACE: &str = "console";

type FormResult = Result<Form<Sent>, FormRejection>;

/// What the address of the console may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// A command to begin with; it is not done before somebody presses the button.
    text: String,
}

/// `GET /console`.
pub(super) async fn page(
    State(site): Shared,
    caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let typed = asked.map(|Query(asked)| asked.text).unwrap_or_default();
    let name = form::name(&headers).unwrap_or_else(|| YOU.into());
    show(&site, &caller, &name, &typed, None).await
}

/// `POST /console`: does one command and shows the page with its answer.
pub(super) async fn command(State(site): Shared, caller: Caller, parts: Parts, form: FormResult) -> Response {
    let sent = match own_form(&caller, &parts, form) {
        Ok(sent) => sent,
        Err(problem) => return refused(&site, &problem),
    };
    let named = (!sent.name.trim().is_empty()).then_some(sent.name.as_str());
    let kept = form::name(&parts.headers).unwrap_or_else(|| YOU.into());
    // A token speaks for itself here; who is local says who they are.
    let local = caller == Caller::Local;
    let actor = match caller.actor(&site, named.filter(|_| local), &kept) {
        Ok(actor) => actor,
        Err(problem) => return show(&site, &caller, &kept, &sent.text, Some(reply::of_problem(&problem))).await,
    };
    let name = actor.id.clone();
    let invocation = Invocation {
        actor,
        place: PLACE.into(),
        zone: None,
        within: None,
        input: Input::Text(sent.text.replace("\r\n", "\n")),
        key: Some(sent.key).filter(|key| api::is_key(key)),
    };
    let service = &site.web.service;
    let answered = match service.run(&invocation).await {
        Ok(answer) => reply::of(service, &invocation.input, &answer).await,
        Err(error) => Err(error),
    };
    let answered = answered.unwrap_or_else(|error| reply::of_problem(&Problem::fault(&error)));
    let typed = if answered.0 == StatusCode::OK { "" } else { sent.text.as_str() };
    let mut response = show(&site, &caller, &name, typed, Some(answered)).await;
    if local {
        form::keep_name(&mut response, &name, is_secure(&site));
    }
    response
}

/// `POST /console/clock`: moves the demo's clock.
pub(super) async fn move_clock(State(site): Shared, caller: Caller, parts: Parts, form: FormResult) -> Response {
    let sent = match own_form(&caller, &parts, form) {
        Ok(sent) => sent,
        Err(problem) => return refused(&site, &problem),
    };
    let moved = match asked_time(&site, &sent) {
        Ok(to) => api::moved(&site, &caller, to).await,
        Err(problem) => Err(problem),
    };
    match moved {
        Ok(_) => see_console(),
        Err(problem) => {
            let name = form::name(&parts.headers).unwrap_or_else(|| YOU.into());
            show(&site, &caller, &name, "", Some(reply::of_problem(&problem))).await
        }
    }
}

fn asked_time(site: &Site, sent: &Sent) -> Result<DateTime<Utc>, Problem> {
    let now = site.web.service.now();
    if !sent.by.is_empty() {
        return api::later(now, &sent.by);
    }
    if !sent.to.is_empty() {
        let at = DateTime::parse_from_rfc3339(&sent.to).map_err(|_| Problem::unprocessable("That is not a time."))?;
        return Ok(at.with_timezone(&Utc));
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = local.iter().find_map(|format| NaiveDateTime::parse_from_str(sent.local.trim(), format).ok());
    let local = local.ok_or_else(|| Problem::unprocessable("Write the time as 2026-12-06 14:00."))?;
    Ok(computed(local, &site.web.service.organisation().zone).0)
}

/// `GET /console/catalogue`: what can be typed, for completing it.
pub(super) async fn catalogue(_: Caller, headers: HeaderMap) -> Response {
    assets::tagged(&headers, "application/json", "private, no-cache", help::catalogue_json().to_string())
}

/// `POST /console/sign-in`: keeps a good token in a cookie.
pub(super) async fn sign_in(State(site): Shared, parts: Parts, form: FormResult) -> Response {
    let sent = match trust::same_origin(&parts, true).and_then(|()| form::read(form)) {
        Ok(sent) => sent,
        Err(problem) => return refused(&site, &problem),
    };
    let token = sent.token.trim();
    match trust::is_good(&site, token).await {
        Ok(true) => {
            let mut response = see_console();
            form::keep_token(&mut response, token, is_secure(&site));
            response
        }
        Ok(false) => sign_in_page(&site, "This token is not known, has expired or was revoked."),
        Err(error) => broken(&error),
    }
}

/// `POST /console/sign-out`: forgets the token.
pub(super) async fn sign_out(State(site): Shared, parts: Parts) -> Response {
    if let Err(problem) = trust::same_origin(&parts, false) {
        return refused(&site, &problem);
    }
    let mut response = see_console();
    form::keep_token(&mut response, "", is_secure(&site));
    response
}

/// What somebody sees who is not let in.
pub(super) fn denied(site: &Site, denied: Denied) -> Response {
    match denied {
        Denied::Missing => sign_in_page(site, ""),
        Denied::Wrong | Denied::Foreign(_) => refused(site, &denied.into()),
        Denied::Fault(error) => broken(&error),
    }
}

/// The form, if a page of ours sent it: a browser adds a cookie by itself, so there the proof is insisted on.
fn own_form(caller: &Caller, parts: &Parts, form: FormResult) -> Result<Sent, Problem> {
    trust::same_origin(parts, matches!(caller, Caller::Token { cookie: true, .. }))?;
    form::read(form)
}

fn see_console() -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static("/console"))]).into_response()
}

fn sign_in_page(site: &Site, wrong: &str) -> Response {
    let mut response =
        site.templates.page(StatusCode::UNAUTHORIZED, "sign_in.html", context! { wrong, ..pages::frame(site) });
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"maintbot\""));
    response
}

fn refused(site: &Site, problem: &Problem) -> Response {
    let values = context! { detail => problem.detail(), ..pages::frame(site) };
    site.templates.page(problem.status(), "refused.html", values)
}

/// Cookies are kept from plain HTTP where the pages are published under HTTPS.
fn is_secure(site: &Site) -> bool {
    site.web.service.organisation().public_url.starts_with("https://")
}

async fn show(
    site: &Site,
    caller: &Caller,
    name: &str,
    typed: &str,
    answered: Option<(StatusCode, Value)>,
) -> Response {
    let (board, clock) = match (board::values(site).await, board::clock(site).await) {
        (Ok(board), Ok(clock)) => (board, clock),
        (Err(error), _) | (_, Err(error)) => return broken(&error),
    };
    let (status, reply) = answered.map_or((StatusCode::OK, None), |(status, reply)| (status, Some(reply)));
    let signed_in = match caller {
        Caller::Local => None,
        Caller::Token { name, role, cookie } => {
            Some(context! { name => name.as_str(), role => role.as_str(), cookie => *cookie })
        }
    };
    let example =
        spec::catalogue().verb("schedule").and_then(|verb| verb.examples.first()).cloned().unwrap_or_default();
    let example_link = format!("/console?text={}", template::in_address(&example));
    let values = context! {
        board, clock, reply, signed_in, name, typed, example, example_link, key => random(16), ..pages::frame(site)
    };
    site.templates.page(status, "console.html", values)
}
