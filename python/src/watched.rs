//! Work beside which Python goes on: it runs on a thread of its own, without the interpreter's lock, while this one listens
//! for Ctrl-C.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// How long until Ctrl-C is heard.
const PATIENCE: Duration = Duration::from_millis(50);

/// Whether work is still wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    pub(crate) fn is_so(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// What `work` returns. After Ctrl-C it is told that it is no longer wanted, and left to end by itself.
///
/// # Errors
/// What the handler of a signal raised, `KeyboardInterrupt` among them.
pub(crate) fn watched<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
) -> PyResult<T> {
    let wanted = Wanted::default();
    let (tell, mut told) = channel();
    let own = wanted.clone();
    let thread = thread::spawn(move || {
        // Nobody listens any more after Ctrl-C.
        let _ = tell.send(work(&own));
    });
    loop {
        let (listener, got) = py.detach(move || {
            let got = told.recv_timeout(PATIENCE);
            (told, got)
        });
        told = listener;
        match got {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(error) = py.check_signals() {
                    wanted.0.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                let panic = py.detach(|| thread.join());
                resume_unwind(panic.expect_err("it ended without a result"));
            }
        }
    }
}
