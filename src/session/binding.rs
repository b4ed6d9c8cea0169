//! The cookie of a request that is bound to its session: see [`BoundCookie`].

use std::any::Any;
use std::sync::Arc;

use super::bound_cookie::BoundCookie;
use super::commit::Commit;
use super::context::Context;
use super::events::Event;

impl Context {
    /// Returns the id of the session that came with the request, which must be loaded. It is known
    /// only if the policy asks for it.
    pub(crate) fn id_was(&self) -> Option<String> {
        self.state().id_was.clone()
    }

    /// Returns the bound cookie that this request uses.
    pub(crate) fn bound<T: BoundCookie>(&self) -> Option<Arc<T>> {
        let bound: Arc<dyn Any + Send + Sync> = self.state().bound.clone()?;
        bound.downcast().ok()
    }

    /// Sets the bound cookie that this request uses.
    pub(crate) fn bind(&self, cookie: impl BoundCookie) {
        self.state().bound = Some(Arc::new(cookie));
    }

    /// Queues the bound cookie after the response's session was decided.
    pub(super) fn set_bound(&self, commit: &Commit) {
        let (bound, loaded, id_was) = {
            let state = self.state();
            (
                state.bound.clone(),
                state.loaded.clone(),
                state.id_was.clone(),
            )
        };
        let (Some(bound), Some(loaded)) = (bound, loaded) else {
            return;
        };
        let id = match commit {
            Commit::Keep => id_was,
            Commit::Set(_) => loaded.id(),
            Commit::Remove(_) => None,
        };
        match bound.after(self.policy(), id.as_deref(), &loaded.data) {
            Ok(None) => {}
            Ok(Some(cookie)) => {
                let mut state = self.state();
                state.cookies.retain(|other| !other.replaces(&cookie));
                state.cookies.push(cookie);
            }
            Err(error) => self.policy().tell(Event::Failed(&error)),
        }
    }
}
