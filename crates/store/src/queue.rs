//! The bounded queue before the engines: two lanes, people first.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{QUEUE_LENGTH, QUEUE_WAIT_MS};

/// Who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody looks at a page.
    People,
    /// Jobs: at most a quarter of a batch.
    Jobs,
}

struct Waiting<J> {
    since: Instant,
    job: J,
}

struct Lanes<J> {
    people: VecDeque<Waiting<J>>,
    jobs: VecDeque<Waiting<J>>,
    closed: bool,
}

/// See the module.
pub(crate) struct Queue<J> {
    lanes: Mutex<Lanes<J>>,
    ready: Condvar,
}

/// What a worker takes: what may run, and what waited too long.
pub(crate) struct Batch<J> {
    pub(crate) fresh: Vec<J>,
    pub(crate) stale: Vec<J>,
}

impl<J> Queue<J> {
    pub(crate) fn new() -> Self {
        let lanes = Lanes { people: VecDeque::new(), jobs: VecDeque::new(), closed: false };
        Self { lanes: Mutex::new(lanes), ready: Condvar::new() }
    }

    /// Puts a job in its lane; gives it back when the lane is full or closed.
    pub(crate) fn push(&self, lane: Lane, job: J) -> Result<(), J> {
        let mut lanes = self.lock();
        let closed = lanes.closed;
        let queue = match lane {
            Lane::People => &mut lanes.people,
            Lane::Jobs => &mut lanes.jobs,
        };
        if closed || queue.len() >= QUEUE_LENGTH {
            return Err(job);
        }
        queue.push_back(Waiting { since: Instant::now(), job });
        drop(lanes);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for work and takes at most `most` jobs; `None` once closed and empty.
    pub(crate) fn take(&self, most: usize) -> Option<Batch<J>> {
        let mut lanes = self.lock();
        while lanes.people.is_empty() && lanes.jobs.is_empty() {
            if lanes.closed {
                return None;
            }
            lanes = self.ready.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
        let jobs = lanes.jobs.len().min((most / 4).max(1));
        let people = lanes.people.len().min(most.saturating_sub(jobs).max(1));
        let mut batch = Batch { fresh: Vec::with_capacity(people + jobs), stale: Vec::new() };
        let now = Instant::now();
        let mut sort = |waiting: Waiting<J>| {
            let stale = now.duration_since(waiting.since) > Duration::from_millis(QUEUE_WAIT_MS);
            if stale { batch.stale.push(waiting.job) } else { batch.fresh.push(waiting.job) }
        };
        lanes.people.drain(..people).for_each(&mut sort);
        lanes.jobs.drain(..jobs).for_each(&mut sort);
        Some(batch)
    }

    /// Takes one job, people first.
    pub(crate) fn take_one(&self) -> Option<Batch<J>> {
        let mut lanes = self.lock();
        loop {
            if let Some(waiting) = lanes.people.pop_front() {
                return Some(single(waiting));
            }
            if let Some(waiting) = lanes.jobs.pop_front() {
                return Some(single(waiting));
            }
            if lanes.closed {
                return None;
            }
            lanes = self.ready.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Refuses new work and lets the workers end.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Lanes<J>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn single<J>(waiting: Waiting<J>) -> Batch<J> {
    let stale = waiting.since.elapsed() > Duration::from_millis(QUEUE_WAIT_MS);
    let (fresh, old) = if stale { (Vec::new(), vec![waiting.job]) } else { (vec![waiting.job], Vec::new()) };
    Batch { fresh, stale: old }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_come_first_and_jobs_get_a_quarter() {
        let queue = Queue::new();
        for number in 0..20 {
            queue.push(Lane::Jobs, number).unwrap();
            queue.push(Lane::People, 100 + number).unwrap();
        }
        let batch = queue.take(8).unwrap();
        assert_eq!(batch.fresh, vec![100, 101, 102, 103, 104, 105, 0, 1]);
    }

    #[test]
    fn a_full_lane_gives_the_job_back_and_a_closed_queue_ends() {
        let queue = Queue::new();
        for number in 0..QUEUE_LENGTH {
            queue.push(Lane::People, number).unwrap();
        }
        assert_eq!(queue.push(Lane::People, 7), Err(7));
        queue.push(Lane::Jobs, 8).unwrap();
        queue.close();
        assert_eq!(queue.push(Lane::Jobs, 9), Err(9));
        while queue.take(QUEUE_LENGTH).is_some() {}
    }
}
