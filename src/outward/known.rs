//! What another service said, kept for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;

/// With more than this, everything is asked anew: nobody fills the memory with names.
const MOST: usize = 10_000;

/// An answer and when it was given (UTC, injected clock); none yet where nothing was answered.
type Kept<V> = Arc<tokio::sync::Mutex<Option<(DateTime<Utc>, V)>>>;

/// Answers by what was asked. For each thing one asks at a time, and others wait for that answer. Failures are not kept.
#[derive(Debug)]
pub struct Known<V> {
    lives: TimeDelta,
    kept: Mutex<BTreeMap<String, Kept<V>>>,
}

impl<V: Clone> Known<V> {
    /// Keeps answers for so long.
    #[must_use]
    pub fn new(lives: TimeDelta) -> Self {
        Self { lives, kept: Mutex::default() }
    }

    /// What is known about `key`, or else what `ask` answers.
    ///
    /// # Errors
    /// What `ask` fails with.
    pub async fn get<E>(&self, clock: &Clock, key: &str, ask: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        let holder = self.holder(key);
        let mut held = holder.lock().await;
        if let Some((given, value)) = held.as_ref()
            && *given + self.lives > clock.now()
        {
            return Ok(value.clone());
        }
        let value = ask.await?;
        *held = Some((clock.now(), value.clone()));
        Ok(value)
    }

    fn holder(&self, key: &str) -> Kept<V> {
        let mut kept = locked(&self.kept);
        if kept.len() >= MOST && !kept.contains_key(key) {
            kept.clear();
        }
        Arc::clone(kept.entry(key.to_owned()).or_default())
    }
}

/// What a mutex holds, also after a panic elsewhere: for what is changed in one step everywhere.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
