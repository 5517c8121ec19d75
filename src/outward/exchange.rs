//! One request and its answer.

use chrono::TimeDelta;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};

use super::away::LONGEST;
use super::text::causes;

/// The most that is read of an answer, in bytes: a page of messages full of what stands in them.
const MOST: usize = 8 << 20;
/// What is said of an answer that is too long.
pub const TOO_LONG: &str = "it is longer than 8 MiB";

/// What came back, whatever it says.
#[derive(Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    headers: HeaderMap,
    /// What it says; nothing where an answer of an error broke off.
    pub body: Vec<u8>,
}

/// No answer.
#[derive(Debug)]
pub struct Silence {
    /// The service may have got the request.
    pub sent: bool,
    /// What happened, without the address.
    pub why: String,
}

impl Answer {
    /// A header's value, where it is there once or more and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How long to stay away, where it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<TimeDelta> {
        self.header(RETRY_AFTER.as_str()).and_then(retry_after)
    }

    /// What it says as text, for an answer that is no JSON.
    #[must_use]
    pub fn says(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// `Retry-After` in seconds: between a second and a day.
#[must_use]
pub fn retry_after(value: &str) -> Option<TimeDelta> {
    let seconds = value.trim().parse::<u64>().ok()?;
    let wait = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(LONGEST);
    Some(wait.clamp(TimeDelta::seconds(1), LONGEST))
}

/// Sends a request and reads the answer, up to 8 MiB of it.
///
/// # Errors
/// Nothing came that can be read.
pub async fn exchange(request: RequestBuilder) -> Result<Answer, Silence> {
    let response = request.send().await.map_err(|error| silence(error, false))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = match body(response).await {
        Ok(body) => body,
        // What was done is clear from the status; the text would only say more about it.
        Err(_) if status >= 400 => Vec::new(),
        Err(silence) => return Err(silence),
    };
    Ok(Answer { status, headers, body })
}

/// Sends a request and reads only how it is answered: whatever else is said stays unread, and the connection ends.
///
/// # Errors
/// Nothing came that can be read.
pub async fn head(request: RequestBuilder) -> Result<Answer, Silence> {
    let response = request.send().await.map_err(|error| silence(error, false))?;
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body: Vec::new() })
}

async fn body(mut response: Response) -> Result<Vec<u8>, Silence> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silence(error, true))? {
        if body.len() + chunk.len() > MOST {
            return Err(Silence { sent: true, why: TOO_LONG.into() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What the network says, without the address: it may be a secret. `answered`: the request had arrived.
fn silence(error: reqwest::Error, answered: bool) -> Silence {
    let error = error.without_url();
    let sent = answered || !(error.is_connect() || error.is_builder());
    let why = if error.is_timeout() { "nothing came in time".to_owned() } else { causes(&error) };
    Silence { sent, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds() {
        assert_eq!(retry_after("30"), Some(TimeDelta::seconds(30)));
        assert_eq!(retry_after(" 0 "), Some(TimeDelta::seconds(1)));
        assert_eq!(retry_after("9999999999"), Some(LONGEST));
        assert_eq!(retry_after("18446744073709551615"), Some(LONGEST));
        assert_eq!(retry_after("soon"), None);
        assert_eq!(retry_after("-5"), None);
    }
}
