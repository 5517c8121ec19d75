//! The style sheet, the script and the icon, compiled in. Pages name them with a mark of their content, so that browsers
//! may keep them.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/console.js");
const ICON: &str = concat!(
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"8\" ",
    "fill=\"#1d5d73\"/><path d=\"M9 17l5 5 9-11\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3.5\" ",
    "stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>"
);
const KEPT: &str = "public, max-age=86400";

/// Changes whenever an asset does.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| mark(&[STYLE, SCRIPT, ICON].concat())[..12].to_owned());

pub(super) async fn style(headers: HeaderMap) -> Response {
    tagged(&headers, "text/css; charset=utf-8", KEPT, STYLE.into())
}

pub(super) async fn script(headers: HeaderMap) -> Response {
    tagged(&headers, "text/javascript; charset=utf-8", KEPT, SCRIPT.into())
}

pub(super) async fn icon(headers: HeaderMap) -> Response {
    tagged(&headers, "image/svg+xml", KEPT, ICON.into())
}

/// A public answer with an `ETag` of its content; 304 to whoever has it already.
pub(super) fn tagged(headers: &HeaderMap, kind: &'static str, cache: &'static str, body: String) -> Response {
    let tag = format!("\"{}\"", &mark(&body)[..32]);
    let known =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let known = known.map(str::trim).any(|theirs| theirs == "*" || theirs.trim_start_matches("W/") == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn mark(content: &str) -> String {
    hex::encode(Sha256::digest(content.as_bytes()))
}
