//! Faults that wait for the requests that they hit.

/// A fault that waits for its requests.
#[derive(Clone, Debug)]
pub struct Planned<M, F> {
    pub matching: M,
    pub fault: F,
    /// How many requests it still hits; none: every one until it is lifted.
    pub times: Option<usize>,
}

/// The first planned fault that hits, and what it was planned for; one that has hit as often as it should is gone.
pub fn next<M: Clone, F: Clone>(planned: &mut Vec<Planned<M, F>>, hits: impl Fn(&M) -> bool) -> Option<(M, F)> {
    let at = planned.iter().position(|planned| hits(&planned.matching))?;
    let hit = (planned[at].matching.clone(), planned[at].fault.clone());
    if let Some(times) = &mut planned[at].times {
        *times -= 1;
        if *times == 0 {
            planned.remove(at);
        }
    }
    Some(hit)
}
