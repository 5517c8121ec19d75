//! What is logged in a story, at every level.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use super::SECRET;
use crate::fake::github::APP_KEY;

/// How every token of an App for itself begins: `{"alg":"RS256","typ":"JWT"}` in base64url.
const JWT: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
/// How every token of an installation begins on the double.
const TOKEN: &str = "ghs_double";

/// Everything logged on this thread since the start.
pub struct Log {
    lines: Lines,
    _until: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("lines").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes down what is logged on this thread, which is all of a test's runtime, until it is dropped.
    pub fn start() -> Self {
        let lines = Lines::default();
        let into = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || into.clone())
            .finish();
        Self { lines, _until: tracing::subscriber::set_default(subscriber) }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().expect("lines").clone()).expect("text")
    }

    /// Neither the webhook's secret nor anything that maintbot signs in with was logged.
    pub fn holds_no_secret(&self) {
        is_clean(&self.text());
    }
}

/// Fails where a text holds the webhook's secret, a line of the App's key, or a token.
pub fn is_clean(text: &str) {
    let key = APP_KEY.lines().filter(|line| !line.starts_with("-----"));
    for secret in key.chain([SECRET, JWT, TOKEN, "BEGIN RSA"]) {
        assert!(!text.contains(secret), "`{secret}` in:\n{text}");
    }
}
