//! Commands that somebody waits for: answered in time, or stored before they are told to wait, and done once in any case.
//! Some hundredths of a second of real time pass here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use maintbot::inward::errand::{Came, Errand, Errands};
use maintbot::inward::work::{Trouble, Worked, Works, tick};
use maintbot::service::Service;
use maintbot::service::inbox::Inbound as Row;
use maintbot::store::{Db, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{minute, rows, service};
use crate::databases::{on_both, sqlite};

/// How long is waited here.
const LIMIT: Duration = Duration::from_millis(20);
/// A lease is over by then.
const LATER: TimeDelta = TimeDelta::minutes(2);

/// A surface with one process.
#[derive(Clone)]
struct Surface {
    service: Service,
    errands: Errands,
    owner: &'static str,
    /// Who was told what.
    told: Arc<Mutex<Vec<String>>>,
}

impl Surface {
    fn new(db: &Db, owner: &'static str) -> Self {
        Self { service: service(db, minute(3)), errands: Errands::default(), owner, told: Arc::default() }
    }

    fn tell(&self, text: &str) {
        self.told.lock().expect("whole").push(text.to_owned());
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("whole").clone()
    }

    /// Somebody asks for something that is done when `done` says so, and told as `late` says.
    async fn asked(&self, done: Arc<Notify>, late: Worked) -> Came<&'static str> {
        let errand = Errand { key: "k".into(), body: "later".into() };
        let own = self.clone();
        let work = async move {
            done.notified().await;
            "answer"
        };
        let late = move |came: &'static str| async move {
            if late.is_ok() {
                own.tell(came);
            }
            late
        };
        self.errands.run(self, errand, LIMIT, work, late).await
    }

    /// The worker, so much after now; how much it took.
    async fn works(&self, after: TimeDelta) -> usize {
        tick(self, minute(3) + after, &CancellationToken::new()).await.expect("the database answers")
    }
}

impl Works for Surface {
    const SOURCE: &'static str = "github";

    fn service(&self) -> &Service {
        &self.service
    }

    fn owner(&self) -> &str {
        self.owner
    }

    fn is_held(&self, id: &str) -> bool {
        self.errands.holds(id)
    }

    async fn handle(&self, row: &Row) -> Worked {
        self.tell(&format!("{} in doubt: {}", row.body, row.in_doubt));
        Ok(())
    }
}

/// State of each row.
async fn states(db: &Db) -> Vec<String> {
    rows(db).await.into_iter().map(|(_, state, ..)| state).collect()
}

#[tokio::test]
async fn what_is_done_in_time_is_for_who_waits_and_nothing_is_stored() {
    on_both(async |db| {
        let surface = Surface::new(&db, "own");
        let done = Arc::new(Notify::new());
        done.notify_one();
        assert_eq!(surface.asked(done, Ok(())).await, Came::Done("answer"));
        surface.errands.idle().await;
        assert_eq!((states(&db).await, surface.told()), (Vec::new(), Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn what_takes_longer_is_stored_first_and_told_once_it_is_done() {
    on_both(async |db| {
        let surface = Surface::new(&db, "own");
        let done = Arc::new(Notify::new());
        assert_eq!(surface.asked(done.clone(), Ok(())).await, Came::Stored);
        assert_eq!(states(&db).await, ["working"]);
        done.notify_one();
        surface.errands.idle().await;
        assert_eq!((states(&db).await, surface.told()), (vec!["done".to_owned()], vec!["answer".to_owned()]));
        assert_eq!(surface.works(LATER).await, 0);
    })
    .await;
}

/// The task of a process that is killed never comes to its end.
#[tokio::test]
async fn what_a_killed_process_left_behind_is_done_by_another_one() {
    on_both(async |db| {
        let (killed, next) = (Surface::new(&db, "killed"), Surface::new(&db, "next"));
        assert_eq!(killed.asked(Arc::default(), Ok(())).await, Came::Stored);
        assert_eq!(next.works(TimeDelta::zero()).await, 0, "the other one may be at it");
        assert_eq!(next.works(LATER).await, 1);
        assert_eq!(
            (states(&db).await, next.told()),
            (vec!["done".to_owned()], vec!["later in doubt: true".to_owned()])
        );
        assert!(killed.told().is_empty());
    })
    .await;
}

#[tokio::test]
async fn while_the_own_task_is_at_it_the_worker_is_not_whatever_the_clock_says() {
    on_both(async |db| {
        let surface = Surface::new(&db, "own");
        let done = Arc::new(Notify::new());
        assert_eq!(surface.asked(done.clone(), Ok(())).await, Came::Stored);
        surface.works(LATER).await;
        assert!(surface.told().is_empty(), "{:?}", surface.told());
        done.notify_one();
        surface.errands.idle().await;
        assert_eq!((states(&db).await, surface.told()), (vec!["done".to_owned()], vec!["answer".to_owned()]));
        assert_eq!(surface.works(LATER * 9).await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_could_not_be_told_is_told_by_the_worker_at_its_time() {
    on_both(async |db| {
        let surface = Surface::new(&db, "own");
        let done = Arc::new(Notify::new());
        let busy = Trouble::Later(minute(4), "429".into());
        assert_eq!(surface.asked(done.clone(), Err(busy)).await, Came::Stored);
        done.notify_one();
        surface.errands.idle().await;
        assert_eq!(surface.works(TimeDelta::zero()).await, 0);
        assert_eq!(surface.works(TimeDelta::minutes(1)).await, 1);
        assert_eq!(surface.told(), ["later in doubt: false"]);
    })
    .await;
}

#[tokio::test]
async fn what_reaches_nobody_is_given_up() {
    on_both(async |db| {
        let surface = Surface::new(&db, "own");
        let done = Arc::new(Notify::new());
        assert_eq!(surface.asked(done.clone(), Err(Trouble::Missing("gone".into()))).await, Came::Stored);
        done.notify_one();
        surface.errands.idle().await;
        assert_eq!(states(&db).await, ["dead"]);
    })
    .await;
}

/// One writer at a time: what waits for it cannot be stored either, and who waits is told so.
#[tokio::test]
async fn where_nothing_can_be_stored_it_is_said_and_it_is_done_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = sqlite(&folder).await;
    let surface = Surface::new(&db, "own");
    let (begun, over, done) = (Notify::new(), Notify::new(), Arc::new(Notify::new()));
    let writing = db.write(async |_| {
        begun.notify_one();
        over.notified().await;
        Ok::<_, StoreError>(())
    });
    let asked = async {
        begun.notified().await;
        assert_eq!(surface.asked(done.clone(), Ok(())).await, Came::NotStored);
        over.notify_one();
        done.notify_one();
        surface.errands.idle().await;
    };
    let (written, ()) = tokio::join!(writing, asked);
    written.expect("the database takes it");
    assert_eq!((states(&db).await, surface.told()), (vec!["done".to_owned()], vec!["answer".to_owned()]));
    db.close().await;
}
