//! Everything over HTTP: the API, the public pages, the console. Reads through `service::query`, changes only through
//! `Service::run` and, for subscribers whom nobody knows, `service::subscribers`, and has no rules of its own but who may come in ([`trust`]).

mod advisory_view;
mod api;
mod assets;
mod away;
mod banner;
mod board;
mod console;
mod events;
mod findings;
mod form;
mod json;
mod pages;
mod plan_view;
mod problem;
mod reply;
mod staff;
mod subscribe;
mod template;
mod trust;
mod window_view;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, delete, get, post};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clock::Mover;
use crate::domain::change::ChangeList;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::service::Service;
use problem::Problem;
use template::Templates;

pub use trust::token_hash;

/// Longest body of a request, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
/// Longest time an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest time a move of the clock may take: a year of messages may be due on the way.
const LONG_PATIENCE: Duration = Duration::from_mins(10);
/// Most pages that listen for changes at the same time.
const MOST_LISTENERS: usize = 256;

/// What the HTTP side works with.
#[derive(Clone, Debug)]
pub struct Web {
    /// Does the commands and the reading.
    pub service: Service,
    /// Moves the clock: demo only.
    pub mover: Option<Mover>,
    /// Ends open event streams when the server stops.
    pub stop: CancellationToken,
}

/// [`Web`] with what is made once from it.
#[derive(Debug)]
struct Site {
    web: Web,
    templates: Templates,
    listeners: Arc<Semaphore>,
    subscribing: subscribe::Gate,
}

type Shared = State<Arc<Site>>;

/// A window as the API shows it.
#[must_use]
pub fn window_json(organisation: &Organisation, window: &Window, items: &ChangeList) -> serde_json::Value {
    json::window(organisation, window, items)
}

/// Every route, with those of `inbound` beside them: what other programs send, signed. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without the caller's address
/// nobody is trusted without a token.
///
/// # Panics
/// When a page template compiled in is wrong; a test makes sure that none is.
pub fn router(web: Web, inbound: Router) -> Router {
    let templates = match Templates::compiled_in(web.service.organisation()) {
        Ok(templates) => templates,
        Err(error) => panic!("a page template compiled in is wrong: {error:#}"),
    };
    let listeners = Arc::new(Semaphore::new(MOST_LISTENERS));
    let site = Arc::new(Site { web, templates, listeners, subscribing: subscribe::Gate::default() });
    let moving = Router::new()
        .route("/api/v1/clock", get(api::clock).post(api::move_clock))
        .route("/console/clock", post(console::move_clock))
        .layer(from_fn(|request: Request, next: Next| within(LONG_PATIENCE, request, next)));
    let quick = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(api::ready))
        .route("/", get(pages::status))
        .route("/windows/{id}", get(pages::window))
        .route("/plans/{id}", get(pages::plan))
        .route("/advisories/{id}", get(pages::advisory))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/console.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .route("/console", get(console::page).post(console::command))
        .route("/console/windows/{id}", get(staff::window))
        .route("/console/plans/{id}", get(staff::plan))
        .route("/console/advisories/{id}", get(staff::advisory))
        .route("/console/events", get(events::stream))
        .route("/console/catalogue", get(console::catalogue))
        .route("/console/sign-in", post(console::sign_in))
        .route("/console/sign-out", post(console::sign_out))
        .route("/api/v1/commands", post(api::command))
        .route("/api/v1/windows", get(api::windows))
        .route("/api/v1/windows/{id}", get(api::window))
        .route("/api/v1/windows/{id}/deliveries", get(api::deliveries))
        .route("/api/v1/builtin/channels", get(api::channels))
        .route("/api/v1/builtin/channels/{name}/posts", get(api::posts))
        .route("/api/v1/catalogue", get(api::catalogue))
        .merge(planning())
        .merge(for_products())
        .merge(subscribing())
        .layer(from_fn(|request: Request, next: Next| within(PATIENCE, request, next)));
    quick
        .merge(moving)
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .with_state(site.clone())
        .merge(inbound)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(site, admit))
        .layer(map_response(with_security_headers))
}

/// The routes of plans, series, freezes, customers and advisories.
fn planning() -> Router<Arc<Site>> {
    use api::advisories::{advisories, advisory, advisory_deliveries};
    use api::planning::{all_series, customers, digest_deliveries, freezes, one_series, plan, plan_deliveries, plans};
    Router::new()
        .route("/api/v1/plans", get(plans))
        .route("/api/v1/plans/{id}", get(plan))
        .route("/api/v1/plans/{id}/deliveries", get(plan_deliveries))
        .route("/api/v1/series", get(all_series))
        .route("/api/v1/series/{id}", get(one_series))
        .route("/api/v1/freezes", get(freezes))
        .route("/api/v1/customers", get(customers))
        .route("/api/v1/advisories", get(advisories))
        .route("/api/v1/advisories/{id}", get(advisory))
        .route("/api/v1/advisories/{id}/deliveries", get(advisory_deliveries))
        .route("/api/v1/digest/deliveries", get(digest_deliveries))
}

/// What products show of maintenance, and what stands in for them.
fn for_products() -> Router<Arc<Site>> {
    let banners = Router::new()
        .route("/banner.json", get(banner::list).options(banner::preflight))
        .route("/banner.js", get(banner::script).options(banner::preflight))
        .layer(map_response(banner::for_every_site));
    // Whatever a proxy passes on here is answered, whatever the method and the rest of the path.
    Router::new()
        .route("/maintenance-page", any(away::page))
        .route("/maintenance-page/", any(away::page))
        .route("/maintenance-page/{*rest}", any(away::page))
        .merge(banners)
}

/// The pages of those who want mail, and the list of subscriptions.
fn subscribing() -> Router<Arc<Site>> {
    use api::subscriptions::{all, remove};
    use subscribe::{ask, confirm, confirm_page, form, leave, leave_page, sent};
    Router::new()
        .route("/subscribe", get(form).post(ask))
        .route("/subscribe/sent", get(sent))
        .route("/subscribe/confirm/{token}", get(confirm_page).post(confirm))
        .route("/unsubscribe/{token}", get(leave_page).post(leave))
        .route("/api/v1/subscriptions", get(all))
        .route("/api/v1/subscriptions/{id}", delete(remove))
}

/// Serves until `stopped` is over, then lets open requests end.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(stopped).await
}

/// Lets in who may use the API and the console: see [`trust::guard`].
async fn admit(State(site): Shared, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match trust::guard(&mut parts, &site).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(response) => *response,
    }
}

/// Gives up on a request that takes too long.
async fn within(patience: Duration, request: Request, next: Next) -> Response {
    let api = is_api(request.uri());
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) if api => {
            let detail =
                "The answer took too long and was given up. With the same Idempotency-Key it is safe to ask again.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
        }
        Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The answer took too long and was given up. Try again.").into_response()
        }
    }
}

fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}

async fn nothing_here(State(site): Shared, uri: Uri) -> Response {
    if is_api(&uri) {
        let detail = format!("There is nothing at {}.", uri.path());
        return Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into_response();
    }
    pages::missing(&site)
}

async fn other_method(uri: Uri) -> Response {
    if is_api(&uri) {
        let detail = format!("{} does not take this method.", uri.path());
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail).into_response();
    }
    (StatusCode::METHOD_NOT_ALLOWED, "This page does not take this method.").into_response()
}

/// What every answer carries, so that a browser runs and loads only what is ours.
async fn with_security_headers(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    // Not `no-referrer`: with it browsers send `Origin: null` with forms, and a form of ours would look foreign.
    let fixed: [(HeaderName, &'static str); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Only a page that holds its own style has a policy of its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
