//! Errands: commands that somebody waits for. What is done within the time that their surface waits is answered there; what
//! takes longer is stored before anybody is told that it is being worked on, goes on in a task of its own, and is answered
//! afterwards. A process that dies leaves the row behind, and the worker does the command again under the same key.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::work::{Trouble, Worked, Works, not_done};
use crate::clock::Clock;
use crate::command::Input;
use crate::outward::locked;
use crate::service::inbox::Inbound as Row;

/// How many keys are remembered, so that a surface may send things twice.
const REMEMBERED: usize = 1000;
/// How much longer somebody waits until it is stored that they have to wait.
const STORING: Duration = Duration::from_millis(600);
/// How long a stored command is left to its own task, which says again and again that it is still at it.
const LEASE: TimeDelta = TimeDelta::minutes(1);
const RENEW_EVERY: Duration = Duration::from_secs(20);

/// Said where it takes longer, and is stored.
pub const WORKING: &str = "Working on it; the answer follows here.";
/// Said where it takes longer, and nothing can be stored meanwhile.
pub const NOT_STORED: &str = "Working on it; the answer follows here. It could not be stored yet: if no answer follows within \
    a few minutes, look whether it was done, and type it again if not.";
/// The same where a button was pressed: nothing is said when it is done.
pub const PRESS_NOT_STORED: &str = "Working on it. It could not be stored yet: look in a few minutes whether it was done, and \
    press again if not.";

/// What is being done for people, and what came last. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Errands {
    tasks: TaskTracker,
    /// Keys of what came last, the oldest first.
    came: Arc<Mutex<VecDeque<String>>>,
    /// How many tasks are at a stored command, by its key.
    held: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// A command as the worker finds it, if it has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// What tells it from every other.
    pub key: String,
    /// What the worker of the surface reads.
    pub body: String,
}

/// What becomes of an errand in the time that somebody waits.
#[derive(Debug, PartialEq, Eq)]
pub enum Came<T> {
    /// It is done.
    Done(T),
    /// It takes longer, and is stored: it is done and answered, whatever happens.
    Stored,
    /// It takes longer, and could not be stored so far: it is done and answered unless maintbot dies before.
    NotStored,
}

/// What a surface received, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Input", rename_all = "snake_case")]
pub enum StoredInput {
    /// A line of text.
    Text(String),
    /// Words that a shell has split.
    Words(Vec<String>),
    /// A verb with options by name.
    Named {
        /// The verb.
        verb: String,
        /// Name and text of each option.
        options: Vec<(String, String)>,
    },
}

impl Default for Errands {
    fn default() -> Self {
        let tasks = TaskTracker::new();
        // Closed from the start, so that it can be waited for again and again; it takes tasks all the same.
        tasks.close();
        Self { tasks, came: Arc::default(), held: Arc::default() }
    }
}

impl Errands {
    /// Whether something comes for the first time, as far as this process remembers. What a command does is guarded by its
    /// key in the database; this keeps what is said besides from being said twice.
    #[must_use]
    pub fn is_first(&self, key: &str) -> bool {
        let mut came = locked(&self.came);
        if came.iter().any(|known| known == key) {
            return false;
        }
        if came.len() >= REMEMBERED {
            came.pop_front();
        }
        came.push_back(key.to_owned());
        true
    }

    /// Returns when nothing is being done for anybody: everything that was begun has ended and is answered, or its answer
    /// is stored.
    pub async fn idle(&self) {
        self.tasks.wait().await;
    }

    /// Does something that belongs to what is done for people, in a task of its own.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Whether a task of this process is at a stored command.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        locked(&self.held).contains_key(key)
    }

    /// Does something in a task of its own, whatever becomes of the caller. `Some`: what came of it within `limit` of real
    /// time; `None`: it takes longer, and `late` gets what comes of it. Nothing of it is stored.
    pub async fn in_time<T, L>(
        &self,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
        late: impl FnOnce(T) -> L + Send + 'static,
    ) -> Option<T>
    where
        T: Send + 'static,
        L: Future<Output = ()> + Send + 'static,
    {
        let (give, mut take) = oneshot::channel();
        self.tasks.spawn(async move {
            let came = work.await;
            if let Err(came) = give.send(came) {
                late(came).await;
            }
        });
        if let Ok(came) = tokio::time::timeout(limit, &mut take).await {
            return came.ok();
        }
        // It may have come between the end of the wait and now; after this it is given to `late`.
        take.close();
        take.try_recv().ok()
    }

    /// Does a command in a task of its own, whatever becomes of the caller. What comes of it within `limit` of real time is
    /// for the caller; after that `late` tells it.
    pub async fn run<W, T, L>(
        &self,
        worker: &W,
        errand: Errand,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
        late: impl FnOnce(T) -> L + Send + 'static,
    ) -> Came<T>
    where
        W: Works + Clone + Send + 'static,
        T: Send + 'static,
        L: Future<Output = Worked> + Send + 'static,
    {
        let (give, mut take) = oneshot::channel();
        let task = Task { worker: worker.clone(), errand, errands: self.clone() };
        self.tasks.spawn(async move {
            let mut work = pin!(work);
            if let Some((came, held)) = task.answered(limit, work.as_mut(), give).await {
                let told = late(came).await;
                task.record(told).await;
                drop(held);
            }
        });
        if let Ok(came) = tokio::time::timeout(limit + STORING, &mut take).await {
            return came.unwrap_or(Came::NotStored);
        }
        // It may have come between the end of the wait and now; after this it is told later.
        take.close();
        take.try_recv().unwrap_or(Came::NotStored)
    }
}

/// One errand on its way.
struct Task<W> {
    worker: W,
    errand: Errand,
    errands: Errands,
}

impl<W: Works> Task<W> {
    /// Works to the end, and gives who waits what can be given in time. `Some`: they do not wait any more, and have to be
    /// told; until that is done the worker leaves the row alone.
    async fn answered<T>(
        &self,
        limit: Duration,
        mut work: Pin<&mut impl Future<Output = T>>,
        give: oneshot::Sender<Came<T>>,
    ) -> Option<(T, Held)> {
        let in_time = tokio::select! {
            biased;
            came = work.as_mut() => Some(came),
            () = Clock::pause(limit) => None,
        };
        let held = Held::new(&self.errands, &self.errand.key);
        if let Some(came) = in_time {
            return Some((too_late(give, came)?, held));
        }
        let mut storing = pin!(self.store());
        tokio::select! {
            biased;
            came = work.as_mut() => {
                let late = too_late(give, came);
                // It is either stored or not when the row is said to be over.
                storing.await;
                if late.is_none() {
                    self.record(Ok(())).await;
                }
                return Some((late?, held));
            }
            is_stored = &mut storing => {
                let _ = give.send(if is_stored { Came::Stored } else { Came::NotStored });
            }
        }
        loop {
            tokio::select! {
                biased;
                came = work.as_mut() => return Some((came, held)),
                () = Clock::pause(RENEW_EVERY) => self.renew().await,
            }
        }
    }

    /// Stores the command as one that this process works on; whether that is done, now or by an earlier one.
    async fn store(&self) -> bool {
        let Errand { key, body } = &self.errand;
        let service = self.worker.service();
        let until = service.now() + LEASE;
        match service.receive_taken(W::SOURCE, key, body, self.worker.owner(), until).await {
            Ok(_) => true,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(source = W::SOURCE, key, error, "a command that takes long could not be stored");
                false
            }
        }
    }

    async fn renew(&self) {
        let service = self.worker.service();
        let until = service.now() + LEASE;
        if let Err(error) = service.renew_inbound(W::SOURCE, &self.errand.key, self.worker.owner(), until).await {
            tracing::debug!(error = format!("{error:#}"), "a lease could not be put off");
        }
    }

    /// Records that somebody was told, or that they have to be told later.
    async fn record(&self, told: Worked) {
        let service = self.worker.service();
        let recorded = match told {
            Ok(()) => service.inbound_over(W::SOURCE, &self.errand.key).await.map(drop),
            Err(trouble) => {
                if !self.store().await {
                    tracing::error!(key = self.errand.key, ?trouble, "an answer could not be stored and is lost");
                    return;
                }
                self.put_off(trouble).await
            }
        };
        if let Err(error) = recorded {
            let error = format!("{error:#}");
            tracing::error!(key = self.errand.key, error, "what became of a command could not be stored");
        }
    }

    async fn put_off(&self, trouble: Trouble) -> anyhow::Result<()> {
        let now = self.worker.service().now();
        let row = Row {
            source: W::SOURCE.to_owned(),
            id: self.errand.key.clone(),
            line: self.errand.key.clone(),
            body: self.errand.body.clone(),
            received_at: now,
            attempts: 1,
            in_doubt: false,
        };
        not_done(&self.worker, &row, trouble, now).await
    }
}

/// Gives it to who waits; `Some`: nobody waits any more.
fn too_late<T>(give: oneshot::Sender<Came<T>>, came: T) -> Option<T> {
    match give.send(Came::Done(came)) {
        Err(Came::Done(came)) => Some(came),
        _ => None,
    }
}

/// While it is there, a task of this process is at a stored command.
struct Held {
    errands: Errands,
    key: String,
}

impl Held {
    fn new(errands: &Errands, key: &str) -> Self {
        *locked(&errands.held).entry(key.to_owned()).or_default() += 1;
        Self { errands: errands.clone(), key: key.to_owned() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = locked(&self.errands.held);
        if let Some(tasks) = held.get_mut(&self.key) {
            *tasks -= 1;
            if *tasks == 0 {
                held.remove(&self.key);
            }
        }
    }
}

/// Logs a fault of ours that kept a command on a surface from being done, and gives the sentence for the person, with a
/// reference to the log.
#[must_use]
pub fn fault(surface: &str, key: &str, error: &anyhow::Error) -> String {
    let reference = hex::encode(&Sha256::digest(key.as_bytes())[..4]);
    tracing::error!(surface, reference, key, error = format!("{error:#}"), "a command could not be done");
    format!("This could not be done: something is wrong with maintbot. Reference: {reference}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_remembered_up_to_a_bound() {
        let errands = Errands::default();
        assert!(errands.is_first("a") && !errands.is_first("a"));
        for n in 0..REMEMBERED {
            assert!(errands.is_first(&n.to_string()));
        }
        assert!(errands.is_first("a"), "forgotten by then");
    }

    #[test]
    fn a_command_is_held_until_the_last_task_is_over() {
        let errands = Errands::default();
        let first = Held::new(&errands, "k");
        let second = Held::new(&errands, "k");
        drop(first);
        assert!(errands.holds("k") && !errands.holds("l"));
        drop(second);
        assert!(!errands.holds("k"));
    }

    #[test]
    fn what_was_received_is_stored_and_read_back() {
        #[derive(Serialize, Deserialize)]
        struct Body(#[serde(with = "StoredInput")] Input);
        let named = Input::Named { verb: "start".into(), options: vec![("window".into(), "MW-1".into())] };
        for input in [named, Input::Text("list --all".into()), Input::Words(vec!["list".into()])] {
            let text = serde_json::to_string(&Body(input.clone())).expect("a text");
            assert_eq!(serde_json::from_str::<Body>(&text).expect("a body").0, input);
        }
    }
}
