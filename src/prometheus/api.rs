//! The client: one question, with a limit on how long it may take and on how much is read.

use std::error::Error as _;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode, Url, redirect};
use thiserror::Error;

use super::answer::{Answer, Data, ENOUGH, Points, STEP, week};

/// The most that is read of an answer, in bytes.
const MOST: usize = 8 << 20;
/// The most that is shown of what Prometheus says is wrong, in characters.
const SHOWN: usize = 300;

/// Why a service could not be measured. The text says what the operator can do; it holds no password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// Nobody answers.
    #[error("Prometheus at {at} cannot be reached ({why}): is it running, and is `url` in [prometheus] right?")]
    Unreachable {
        /// Where it was looked for.
        at: String,
        /// What the network says.
        why: String,
    },
    /// It takes too long.
    #[error(
        "Prometheus at {at} did not answer within {limit:?}: make `quiet_query` cheaper, for example with a recording rule"
    )]
    Slow {
        /// Where it is.
        at: String,
        /// How long was waited.
        limit: Duration,
    },
    /// It wants a name and a password, or others.
    #[error(
        "Prometheus at {at} does not let maintbot in ({status}): let its address in, or point `url` in [prometheus] at a proxy that signs in"
    )]
    Denied {
        /// Where it is.
        at: String,
        /// 401 or 403.
        status: u16,
    },
    /// It understands the question and refuses it.
    #[error(
        "Prometheus at {at} refuses the query ({why}): mend `quiet_query`; try it first on the page of Prometheus itself"
    )]
    Refused {
        /// Where it is.
        at: String,
        /// What it says.
        why: String,
    },
    /// It answers with something else.
    #[error("{at} does not answer as Prometheus does ({why}): is `url` in [prometheus] right?")]
    NotPrometheus {
        /// Where it was looked for.
        at: String,
        /// What came instead.
        why: String,
    },
    /// It answers more than is read.
    #[error(
        "Prometheus at {at} answered more than 8 MiB: let `quiet_query` add its series up, as sum(rate(x[1h])) does"
    )]
    TooMuch {
        /// Where it is.
        at: String,
    },
    /// It knows too little of the service.
    #[error(
        "Prometheus at {at} has {hours} hours of data for it in the last eight weeks, and two weeks ({ENOUGH} hours) are needed: check `quiet_query`, or wait"
    )]
    TooLittle {
        /// Where it is.
        at: String,
        /// Hours with a value.
        hours: usize,
    },
}

/// Speaks to one Prometheus.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    patience: Duration,
}

impl Client {
    /// For the Prometheus at `url`, such as `http://localhost:9090` or `https://metrics.example.com/prometheus`; an answer
    /// is waited for `patience`.
    ///
    /// # Errors
    /// The URL is none, or no HTTP client can be made.
    pub fn new(url: &str, patience: Duration) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        let base = Url::parse(url.trim_end_matches('/'))
            .ok()
            .filter(|base| matches!(base.scheme(), "http" | "https") && base.has_host())
            .context("`url` in [prometheus] is not an address: write for example http://localhost:9090")?;
        // Where it leads belongs in the configuration, where people see it.
        let builder = reqwest::Client::builder().timeout(patience).redirect(redirect::Policy::none());
        let http = builder.build().context("the HTTP client cannot be made")?;
        Ok(Self { http, base, patience })
    }

    /// How much there was of what `query` measures in each hour of the UTC week, Monday 00:00 first: 168 means over the
    /// eight weeks before `now` (UTC), summed over all series, none negative.
    ///
    /// # Errors
    /// [`Failure`] says what the operator can do.
    pub async fn week(&self, query: &str, now: DateTime<Utc>) -> Result<Vec<f64>, Failure> {
        let points = Points::up_to(now, query);
        let response = self.http.get(self.question(query, &points)).send().await.map_err(|e| self.failure(&e))?;
        let status = response.status();
        let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(one_line);
        let body = self.body(response).await?;
        let at = self.shown();
        match (status, serde_json::from_slice::<Answer>(&body)) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                Err(Failure::Denied { at, status: status.as_u16() })
            }
            (StatusCode::OK, Ok(Answer::Success { data: Data::Matrix(series) })) => {
                week(&series, &points).map_err(|hours| Failure::TooLittle { at, hours })
            }
            (_, Ok(Answer::Error { error })) => Err(Failure::Refused { at, why: one_line(&error) }),
            (StatusCode::OK, Err(error)) => Err(Failure::NotPrometheus { at, why: one_line(&error.to_string()) }),
            _ => {
                let towards = location.map(|to| format!(", towards {to}")).unwrap_or_default();
                Err(Failure::NotPrometheus { at, why: format!("it answers {status}{towards}") })
            }
        }
    }

    fn question(&self, query: &str, points: &Points) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/v1/query_range", self.base.path().trim_end_matches('/')));
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("start", &time(points.first))
            .append_pair("end", &time(points.last))
            .append_pair("step", &STEP.to_string());
        url
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.failure(&e))? {
            if body.len() + chunk.len() > MOST {
                return Err(Failure::TooMuch { at: self.shown() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        let at = self.shown();
        if error.is_timeout() {
            return Failure::Slow { at, limit: self.patience };
        }
        // The innermost cause says it; the outer ones repeat the address, with the password.
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let why = causes.last().map_or_else(|| "the connection failed".into(), |cause| one_line(&cause.to_string()));
        Failure::Unreachable { at, why }
    }

    /// The address without name and password.
    fn shown(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        let port = self.base.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}{}", self.base.scheme(), self.base.path().trim_end_matches('/'))
    }
}

/// What another program says, fit for a line of the log.
fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN + 1).collect();
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}
