//! One call from beginning to end: as whom, whether it may go out now, the request, redirects, and what the answer
//! means. Everything that is sent to GitHub goes through here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Limited};
use octocrab::OctoBody;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::auth::{App, Auth, InstallationToken};
use super::failure::{Failure, Result, message};
use super::limits::{Limits, Told, is_limit};
use super::types::Fetched;
use super::{AGENT, GitHub, VERSION, wire};
use crate::clock::Clock;
use crate::domain::channel::Repository;
use crate::outward::{causes, locked, one_line};

/// The most that is read of an answer, in bytes.
const MOST: usize = 8 << 20;
/// How often an answer may lead elsewhere.
const REDIRECTS: usize = 3;
/// Pages that are read of one list, and entries on each.
const PAGES: usize = 10;
const ON_A_PAGE: usize = 100;
/// So many issues with the longest possible texts still fit into an answer.
const ON_A_SHORT_PAGE: usize = 25;
/// A token of an installation lives so long, where GitHub does not say.
const TOKEN_LIVES: TimeDelta = TimeDelta::hours(1);
/// When to try again what was answered with something else than GitHub's JSON.
const ODD_ANSWER: TimeDelta = TimeDelta::seconds(60);
/// What is said of an answer that is too long.
const TOO_LONG: &str = "it is longer than 8 MiB";

/// As whom a call is made, where maintbot is an App; a user's token is one for everything.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who<'a> {
    /// As the installation on a repository.
    Repository(&'a Repository),
    /// As the installation of an organisation.
    Organisation(&'a str),
    /// As the App itself.
    App,
}

/// What a call does; by that, what its failure means and whether it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing that anybody would see twice: may be repeated.
    Read,
    /// Changes something.
    Write,
    /// Makes or edits what people read: counted, and one at a time.
    Make,
}

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the base, beginning with a slash, all parts encoded.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    pub(super) kind: Kind,
    /// Of an earlier answer: with the same, nothing is sent again.
    pub(super) etag: Option<String>,
}

impl Call {
    pub(super) fn new(method: Method, kind: Kind, path: String) -> Self {
        Self { method, path, query: Vec::new(), body: None, kind, etag: None }
    }

    pub(super) fn get(path: String) -> Self {
        Self::new(Method::GET, Kind::Read, path)
    }

    pub(super) fn make(method: Method, path: String, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(method, Kind::Make, path) }
    }

    fn words(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An answer that is no failure: done, or not changed.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
    /// What was asked, for messages.
    asked: String,
    kind: Kind,
}

impl Answer {
    /// Nothing is new since the `ETag` that was sent.
    fn is_same(&self) -> bool {
        self.status == 304
    }

    fn etag(&self) -> Option<String> {
        self.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(ToOwned::to_owned)
    }
}

/// A list from one or several pages.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    /// What the first page came with.
    first: Answer,
    /// Certainly all on one page, so that its `ETag` changes with any of it.
    is_one_page: bool,
}

impl<T> List<T> {
    /// What is told to who asked, each item made into what it is.
    pub(super) fn fetched<U>(self, item: impl FnMut(T) -> Option<U>) -> Fetched<U> {
        if self.first.is_same() {
            return Fetched::Same;
        }
        let etag = self.first.etag().filter(|_| self.is_one_page);
        Fetched::New { items: self.items.into_iter().filter_map(item).collect(), etag }
    }
}

/// The queue of one installation: what it may do when, and whose turn it is to make something.
#[derive(Debug, Default)]
pub(super) struct Lane {
    limits: std::sync::Mutex<Limits>,
    turn: tokio::sync::Mutex<()>,
}

/// What a call shows GitHub, and the queue it stands in.
struct Pass {
    secret: SecretString,
    lane: Arc<Lane>,
    /// The installation whose token it is.
    installation: Option<u64>,
}

/// No answer.
struct Silence {
    /// GitHub may have got the whole request.
    sent: bool,
    why: String,
}

impl GitHub {
    /// Makes a call. A token that GitHub does not take any more is replaced once.
    pub(super) async fn ask(&self, who: Who<'_>, call: &Call) -> Result<Answer> {
        let uri = self.inner.address.of(&call.path, &call.query).ok_or_else(|| no_address(call))?;
        self.ask_at(who, call, uri).await
    }

    async fn ask_at(&self, who: Who<'_>, call: &Call, uri: Uri) -> Result<Answer> {
        let pass = self.pass(who).await?;
        let first = self.sent(&pass, call, uri.clone()).await;
        let (Err(Failure::Refused { status: 401, .. }), Some(id), Auth::App(app)) =
            (&first, pass.installation, &self.inner.auth)
        else {
            return first;
        };
        app.holder(id).lock().await.take_if(|token| token.is(&pass.secret));
        self.sent(&self.pass(who).await?, call, uri).await
    }

    /// Makes a call and reads the answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, who: Who<'_>, call: &Call) -> Result<T> {
        let answer = self.ask(who, call).await?;
        self.parsed(&answer)
    }

    /// What an answer says.
    ///
    /// # Errors
    /// It is not what GitHub sends there: something stands in between, or is not GitHub.
    pub(super) fn parsed<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let why = one_line(&format!("the answer to {} cannot be read: {error}", answer.asked));
            match answer.kind {
                Kind::Read => Failure::Later { at: self.inner.clock.now() + ODD_ANSWER, why },
                Kind::Write | Kind::Make => Failure::Unsure { why },
            }
        })
    }

    /// Every page of a list, up to ten.
    pub(super) async fn list<T: DeserializeOwned>(&self, who: Who<'_>, call: &Call) -> Result<List<T>> {
        self.list_until(who, call, |_| false).await
    }

    /// Pages of a list, up to ten, until one of them ends with an item that is `enough`.
    pub(super) async fn list_until<T: DeserializeOwned>(
        &self,
        who: Who<'_>,
        call: &Call,
        enough: impl Fn(&T) -> bool,
    ) -> Result<List<T>> {
        match self.pages(who, call, &enough, ON_A_PAGE).await {
            Err(Failure::Refused { status: 200, why }) if why.contains(TOO_LONG) => {
                self.pages(who, call, &enough, ON_A_SHORT_PAGE).await
            }
            other => other,
        }
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        who: Who<'_>,
        call: &Call,
        enough: &impl Fn(&T) -> bool,
        on_a_page: usize,
    ) -> Result<List<T>> {
        let mut first_call = call.clone();
        first_call.query.push(("per_page", on_a_page.to_string()));
        let first = self.ask(who, &first_call).await?;
        if first.is_same() {
            return Ok(List { items: Vec::new(), first, is_one_page: true });
        }
        let mut items: Vec<T> = self.parsed(&first)?;
        let mut next = self.inner.address.next_page(&first.headers);
        let is_one_page = next.is_none() && items.len() < on_a_page;
        for _ in 1..PAGES {
            let Some(uri) = next.take().filter(|_| !items.last().is_some_and(enough)) else { break };
            // What is asked for stands in the address.
            let answer = self.ask_at(who, &Call { etag: None, ..call.clone() }, uri).await?;
            items.extend(self.parsed::<Vec<T>>(&answer)?);
            next = self.inner.address.next_page(&answer.headers);
        }
        Ok(List { items, first, is_one_page })
    }

    /// Asks a question in GraphQL, as the installation on a repository.
    pub(super) async fn graph(&self, r: &Repository, body: Value) -> Result<wire::Graph> {
        let call = Call { body: Some(body), ..Call::new(Method::POST, Kind::Read, "/graphql".into()) };
        let uri = self.inner.address.graphql().ok_or_else(|| no_address(&call))?;
        let answer = self.ask_at(Who::Repository(r), &call, uri).await?;
        self.parsed(&answer)
    }

    async fn pass(&self, who: Who<'_>) -> Result<Pass> {
        let app = match &self.inner.auth {
            Auth::Token(token) => {
                return Ok(Pass { secret: token.clone(), lane: self.lane(None), installation: None });
            }
            Auth::App(app) => app,
        };
        if matches!(who, Who::App) {
            return self.app_pass(app);
        }
        let (id, known) = self.installation(app, who).await?;
        match self.installation_pass(app, id).await {
            Err(Failure::Missing { .. }) if known => {
                // It was removed, and perhaps made anew under another number.
                app.forget(id);
                let (id, _) = self.installation(app, who).await?;
                self.installation_pass(app, id).await
            }
            other => other,
        }
    }

    /// Makes a call as the App itself.
    async fn made_by_app(&self, app: &App, call: &Call) -> Result<Answer> {
        let uri = self.inner.address.of(&call.path, &call.query).ok_or_else(|| no_address(call))?;
        self.sent(&self.app_pass(app)?, call, uri).await
    }

    /// What the App itself shows: a token that lives for minutes.
    fn app_pass(&self, app: &App) -> Result<Pass> {
        let secret = app
            .jwt(Clock::wall())
            .ok_or_else(|| Failure::Refused { status: 401, why: "the GitHub App's key cannot sign".into() })?;
        Ok(Pass { secret, lane: self.lane(None), installation: None })
    }

    /// The number of the installation that may make a call, and whether it was known before.
    async fn installation(&self, app: &App, who: Who<'_>) -> Result<(u64, bool)> {
        let known = || match who {
            Who::Repository(r) => app.installation(&r.to_string()),
            Who::Organisation(name) => app.installation_of_owner(name),
            Who::App => None,
        };
        if let Some(id) = known() {
            return Ok((id, true));
        }
        let _one = app.asking.lock().await;
        if let Some(id) = known() {
            return Ok((id, true));
        }
        let (key, call) = match who {
            Who::Repository(r) => (r.to_string(), Call::get(format!("{}/installation", super::of(r)))),
            Who::Organisation(name) => {
                (name.to_owned(), Call::get(format!("/orgs/{}/installation", super::address::part(name))))
            }
            Who::App => return Err(Failure::Missing { why: "the App is no installation of itself".into() }),
        };
        let answer = self.made_by_app(app, &call).await.map_err(|failure| match failure {
            Failure::Missing { why } => {
                Failure::Missing { why: format!("the GitHub App is not installed on {key} ({why})") }
            }
            other => other,
        })?;
        let id = self.parsed::<wire::Numbered>(&answer)?.id;
        app.remember(&key, id);
        Ok((id, false))
    }

    async fn installation_pass(&self, app: &App, id: u64) -> Result<Pass> {
        let pass = |secret| Pass { secret, lane: self.lane(Some(id)), installation: Some(id) };
        let holder = app.holder(id);
        let mut held = holder.lock().await;
        if let Some(secret) = held.as_ref().and_then(|token| token.fresh(Clock::wall())) {
            return Ok(pass(secret));
        }
        // Asked for twice, there are two tokens, which nobody notices.
        let call = Call::new(Method::POST, Kind::Read, format!("/app/installations/{id}/access_tokens"));
        let answer = self.made_by_app(app, &call).await?;
        let given: wire::AccessToken = self.parsed(&answer)?;
        let secret = SecretString::from(given.token.clone());
        *held =
            Some(InstallationToken::new(given.token, given.expires_at.unwrap_or_else(|| Clock::wall() + TOKEN_LIVES)));
        Ok(pass(secret))
    }

    /// The queue of an installation; that of the App itself or of the token where there is none.
    fn lane(&self, installation: Option<u64>) -> Arc<Lane> {
        Arc::clone(locked(&self.inner.lanes).entry(installation).or_default())
    }

    /// Waits for its turn where something is made, and sends if it may.
    async fn sent(&self, pass: &Pass, call: &Call, uri: Uri) -> Result<Answer> {
        let makes = call.kind == Kind::Make;
        let _turn = if makes { Some(pass.lane.turn.lock().await) } else { None };
        let admitted = locked(&pass.lane.limits).admit(self.inner.clock.now(), makes);
        admitted
            .map_err(|hold| Failure::Later { at: hold.at, why: format!("{} waits: {}", call.words(), hold.why) })?;
        match self.followed(pass, call, uri).await {
            Ok(seen) => self.judged(pass, call, seen),
            Err(silence) => Err(self.silent(pass, call, &silence)),
        }
    }

    /// Sends, and goes where the answer leads, on the same server: a repository was renamed or an issue transferred.
    async fn followed(&self, pass: &Pass, call: &Call, uri: Uri) -> std::result::Result<Answer, Silence> {
        let mut answer = self.exchanged(pass, call, &uri).await?;
        for _ in 0..REDIRECTS {
            let moved = matches!(answer.status, 301 | 302 | 307 | 308);
            let Some(next) = moved.then(|| self.inner.address.redirected(&answer.headers)).flatten() else { break };
            answer = self.exchanged(pass, call, &next).await?;
        }
        Ok(answer)
    }

    /// One request and its answer.
    async fn exchanged(&self, pass: &Pass, call: &Call, uri: &Uri) -> std::result::Result<Answer, Silence> {
        let started = Instant::now();
        let answer = self.exchange(pass, call, uri).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (method, path) = (&call.method, uri.path());
        match &answer {
            Ok(answer) => tracing::debug!(%method, path, status = answer.status, milliseconds, "GitHub answered"),
            Err(silence) => tracing::debug!(%method, path, error = silence.why, milliseconds, "GitHub did not answer"),
        }
        answer
    }

    async fn exchange(&self, pass: &Pass, call: &Call, uri: &Uri) -> std::result::Result<Answer, Silence> {
        let limit = self.inner.patience;
        let asked_for = Arc::new(AtomicBool::new(call.body.is_none() && call.kind != Kind::Read));
        let request = request(pass, call, uri, &asked_for);
        let request = request.map_err(|why| Silence { sent: false, why: why.to_string() })?;
        // The text is asked for only once the connection stands; without it GitHub has no whole request.
        let silence = |why| Silence { sent: asked_for.load(Ordering::Acquire), why };
        let response = tokio::time::timeout(limit, self.inner.http.send(request)).await;
        let response = response.map_err(|_| silence(no_answer_within(limit)))?;
        let (head, body) = response.map_err(|error| silence(causes(&error)))?.into_parts();
        let collected = tokio::time::timeout(limit, Limited::new(body, MOST).collect()).await;
        let body = match collected {
            Ok(Ok(body)) => body.to_bytes().to_vec(),
            // What GitHub did is clear from the status; the text would only say more about it.
            _ if !head.status.is_success() => Vec::new(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(Silence { sent: true, why: TOO_LONG.into() });
            }
            Ok(Err(error)) => return Err(Silence { sent: true, why: causes(error.as_ref()) }),
            Err(_) => return Err(Silence { sent: true, why: no_answer_within(limit) }),
        };
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, asked: call.words(), kind: call.kind })
    }

    /// What an answer means.
    fn judged(&self, pass: &Pass, call: &Call, answer: Answer) -> Result<Answer> {
        let (status, now) = (answer.status, self.inner.clock.now());
        let told = Told::read(&answer.headers, Clock::wall());
        let mut limits = locked(&pass.lane.limits);
        if matches!(status, 200..=299 | 304) {
            limits.answered(now, true, told);
            return Ok(answer);
        }
        let said = message(&answer.body, pass.secret.expose_secret());
        let why = match said.as_str() {
            "" => format!("GitHub answers {} with {status}", call.words()),
            said => format!("GitHub answers {} with {status}: {said}", call.words()),
        };
        if is_limit(status, told, &said) {
            return Err(Failure::Later { at: limits.refused(now, told), why });
        }
        if status >= 500 || status == 408 {
            let at = limits.failed(now, told);
            return Err(match call.kind {
                Kind::Read => Failure::Later { at, why },
                Kind::Write | Kind::Make => Failure::Unsure { why },
            });
        }
        limits.answered(now, false, told);
        match status {
            404 | 410 => Err(Failure::Missing { why }),
            _ => Err(Failure::Refused { status, why }),
        }
    }

    /// What no answer means.
    fn silent(&self, pass: &Pass, call: &Call, silence: &Silence) -> Failure {
        let (mut limits, now) = (locked(&pass.lane.limits), self.inner.clock.now());
        if silence.why == TOO_LONG {
            limits.answered(now, false, Told::default());
            let why = format!("the answer to {} cannot be read: {TOO_LONG}", call.words());
            return match call.kind {
                Kind::Read => Failure::Refused { status: 200, why },
                Kind::Write | Kind::Make => Failure::Unsure { why },
            };
        }
        let why = format!("GitHub at {} does not answer {}: {}", self.inner.address.shown(), call.words(), silence.why);
        let at = limits.failed(now, Told::default());
        if call.kind == Kind::Read || !silence.sent { Failure::Later { at, why } } else { Failure::Unsure { why } }
    }
}

/// A request as it goes out. `asked_for` is set when its text is taken to be sent.
fn request(pass: &Pass, call: &Call, uri: &Uri, asked_for: &Arc<AtomicBool>) -> http::Result<Request<OctoBody>> {
    let mut shown = HeaderValue::from_str(&format!("Bearer {}", pass.secret.expose_secret()))?;
    shown.set_sensitive(true);
    let request = Request::builder().method(call.method.clone()).uri(uri.clone()).header(AUTHORIZATION, shown);
    let request = request.header(USER_AGENT, AGENT).header(ACCEPT, "application/vnd.github+json");
    let mut request = request.header("x-github-api-version", VERSION);
    if let Some(etag) = call.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let Some(body) = &call.body else {
        let request = if call.method == Method::GET { request } else { request.header(CONTENT_LENGTH, 0) };
        return request.body(OctoBody::empty());
    };
    let text = body.to_string();
    let asked_for = Arc::clone(asked_for);
    let request = request.header(CONTENT_TYPE, "application/json").header(CONTENT_LENGTH, text.len());
    request.body(OctoBody::new(OctoBody::from(text).map_frame(move |frame| {
        asked_for.store(true, Ordering::Release);
        frame
    })))
}

fn no_answer_within(limit: Duration) -> String {
    format!("nothing came within {limit:?}")
}

fn no_address(call: &Call) -> Failure {
    Failure::Refused { status: 400, why: format!("{} is no address", call.words()) }
}
