//! What is logged in a story, at every level.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use crate::fake::slack::{APP_TOKEN, BOT_TOKEN, SIGNING_SECRET};

/// What nobody may read: the tokens, the secret, and how addresses begin that are as good as a password.
const SECRETS: [&str; 5] = [BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, "/response/", "/socket/"];

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
}

/// Fails where a text holds a token, the signing secret or an address that only Slack and maintbot may know.
pub fn is_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "`{secret}` in:\n{text}");
    }
}
