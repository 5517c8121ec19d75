//! What other programs post to maintbot: a body within bounds, headers that are there once, a signature over the raw
//! bytes.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// Why a body is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBody {
    /// It is longer than may be.
    TooLarge,
    /// It did not arrive, not in full, or not in time.
    CutOff,
}

/// Reads a body of at most `most` bytes that arrives within `patience`.
///
/// # Errors
/// It does not.
pub async fn body(request: Request, most: usize, patience: Duration) -> Result<(Parts, Bytes), NoBody> {
    let (parts, body) = request.into_parts();
    if announced_length(&parts.headers).is_some_and(|length| length > most) {
        return Err(NoBody::TooLarge);
    }
    match tokio::time::timeout(patience, axum::body::to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok((parts, body)),
        Ok(Err(error)) if is_too_large(&error) => Err(NoBody::TooLarge),
        Ok(Err(_)) | Err(_) => Err(NoBody::CutOff),
    }
}

/// Whether `signature`, in hexadecimal digits, is the HMAC-SHA256 of the parts of a text one after the other. Takes as
/// long for a wrong one as for the right one.
#[must_use]
pub fn is_signed(secret: &SecretString, parts: &[&[u8]], signature: &str) -> bool {
    let Ok(signature) = hex::decode(signature) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(&signature).is_ok()
}

/// The value of a header that is there exactly once.
#[must_use]
pub fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Whether the body is said to be of this media type, whatever its parameters.
#[must_use]
pub fn is_of_type(headers: &HeaderMap, media: &str) -> bool {
    let said = only(headers, header::CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    said.is_some_and(|said| said.trim().eq_ignore_ascii_case(media))
}

/// How long the body is said to be, in bytes.
#[must_use]
pub fn announced_length(headers: &HeaderMap) -> Option<usize> {
    only(headers, header::CONTENT_LENGTH.as_str())?.parse().ok()
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_body_is_of_the_type_that_its_one_header_says() {
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("content-type", HeaderValue::from_static(value));
            }
            is_of_type(&headers, "application/json")
        };
        assert!(with(&["application/json"]) && with(&["Application/JSON; charset=utf-8"]));
        assert!(!with(&["application/x-www-form-urlencoded"]) && !with(&[]));
        assert!(!with(&["application/json", "application/json"]), "two");
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound_whatever_length_is_announced() {
        let read = async |length: usize, announced: Option<usize>| {
            let mut request = Request::new(Body::from(vec![b'x'; length]));
            if let Some(announced) = announced {
                request.headers_mut().insert("content-length", HeaderValue::from(announced));
            }
            body(request, 8, Duration::from_secs(5)).await.map(|(_, body)| body.len())
        };
        assert_eq!(read(8, None).await, Ok(8));
        assert_eq!(read(9, None).await, Err(NoBody::TooLarge));
        assert_eq!(read(9, Some(8)).await, Err(NoBody::TooLarge), "a length that is a lie");
        assert_eq!(read(1, Some(9)).await, Err(NoBody::TooLarge), "not even begun");
    }
}
