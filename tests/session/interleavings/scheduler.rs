//! [`Scheduler`]: runs futures on one thread, in an order that one number decides.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Choices that follow from a seed (`SplitMix64`): the same ones on every machine.
pub(crate) struct Choices(u64);

impl Choices {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Chooses a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

pub(crate) type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future, and the request that it belongs to.
pub(crate) struct Task {
    pub(crate) request: usize,
    pub(crate) future: Running,
    /// The client leaves after this many polls; `None` if it stays.
    pub(crate) stays: Option<usize>,
    woken: Arc<Woken>,
}

impl Task {
    pub(crate) fn new(request: usize, future: Running, stays: Option<usize>) -> Self {
        Self {
            request,
            future,
            stays,
            woken: Arc::new(Woken(AtomicBool::new(true))),
        }
    }

    /// A client may leave while its request waits to be woken.
    fn may_run(&self) -> bool {
        self.stays == Some(0) || self.woken.0.load(SeqCst)
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// The events that a scheduler reports, and the tasks that it is given while it runs.
pub(crate) trait Scene {
    /// A request is polled or dropped next.
    fn enter(&self, request: usize);
    /// The client of a request has left.
    fn left(&self, request: usize);
    /// Returns the tasks that were spawned since the last call.
    fn spawned(&self) -> Vec<Task>;
}

/// Polls the tasks to their ends, one at a time; drops those whose client leaves.
///
/// # Errors
/// The number of tasks that wait and that nobody wakes.
pub(crate) fn run(
    choices: &mut Choices,
    scene: &impl Scene,
    mut tasks: Vec<Task>,
) -> Result<(), usize> {
    loop {
        tasks.extend(scene.spawned());
        if tasks.is_empty() {
            return Ok(());
        }
        let able: Vec<usize> = (0..tasks.len()).filter(|at| tasks[*at].may_run()).collect();
        if able.is_empty() {
            return Err(tasks.len());
        }
        let at = choices.pick(&able);
        let task = &mut tasks[at];
        scene.enter(task.request);
        match &mut task.stays {
            Some(0) => {
                let Task {
                    request, future, ..
                } = tasks.swap_remove(at);
                drop(future);
                scene.left(request);
                continue;
            }
            Some(polls) => *polls -= 1,
            None => {}
        }
        task.woken.0.store(false, SeqCst);
        let waker = Waker::from(task.woken.clone());
        let poll = task.future.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_ready() {
            drop(tasks.swap_remove(at));
        }
    }
}

/// Lets the scheduler choose another task.
pub(crate) async fn yield_now() {
    let mut has_yielded = false;
    std::future::poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a future that waits for nobody else.
pub(crate) fn alone<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
