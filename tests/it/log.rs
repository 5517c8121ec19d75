//! What is logged, taken down at every level to be read by a test. The tests beside the code use this file too.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, dispatcher};

/// Everything logged on this thread since the start.
pub struct Log {
    lines: Lines,
    _until: DefaultGuard,
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes down what is logged on this thread, which is all of a test's runtime, until it is dropped.
    pub fn start() -> Self {
        // While there is one dispatcher only, tracing asks the thread that comes to a line first whether anybody listens,
        // and remembers "nobody" for all threads where it is that of another test. With two it asks both.
        let second = Dispatch::new(NoSubscriber::new());
        let lines = Lines::default();
        let into = lines.clone();
        let listening = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || into.clone())
            .finish();
        Self { lines, _until: dispatcher::set_default(&listening.into()), _second: second }
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("text")
    }
}
