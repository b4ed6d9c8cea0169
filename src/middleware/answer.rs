//! The work of every middleware after the handler has answered, without any framework's types.

use std::pin::Pin;
use std::task::{self, Poll};

use crate::error::Error;
use crate::http::set_cookie::SetCookie;
use crate::session::commit::Commit;
use crate::session::context::{Context, Finish};
use crate::session::events::Event;
use crate::session::running_commit::RunningCommit;

/// The cookies that a response sets: the session's and the others.
pub(crate) type CookiesToSet = Result<Vec<SetCookie>, Error>;

/// The cookies that a response sets, at once or as soon as a store has answered.
pub(crate) enum SetCookies {
    Done(CookiesToSet),
    Running(Running),
}

/// The running commit of a session that a store keeps. If it is dropped before its end, the app's
/// runtime finishes it ([`ServerSessions::finish_commits`](crate::ServerSessions::finish_commits)).
pub(crate) struct Running {
    commit: RunningCommit,
    context: Context,
}

impl Future for Running {
    type Output = CookiesToSet;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let commit = Pin::new(&mut self.commit).poll(cx);
        commit.map_ok(|commit| with_others(commit, &self.context))
    }
}

/// Commits the session with a response of this status.
pub(crate) fn set_cookies(context: &Context, status: u16) -> SetCookies {
    match context.finish(status) {
        Finish::Done(commit) => SetCookies::Done(commit.map(|commit| with_others(commit, context))),
        Finish::Running(commit) => SetCookies::Running(Running {
            commit,
            context: context.clone(),
        }),
    }
}

fn with_others(commit: Commit, context: &Context) -> Vec<SetCookie> {
    let mut cookies = match commit {
        Commit::Keep => Vec::new(),
        Commit::Set(cookies) | Commit::Remove(cookies) => cookies,
    };
    cookies.extend(context.take_queue());
    cookies
}

/// Checks whether a `Set-Cookie` header of the handler's response is dropped, since one of these
/// cookies is the session's and replaces it in the browser. Tells the operator.
pub(crate) fn is_overruled(context: &Context, header: &[u8], cookies: &[SetCookie]) -> bool {
    let mut cookies = cookies.iter();
    let own = cookies.find(|cookie| replaces(cookie, header) && context.is_sessions(cookie.name()));
    if let Some(own) = own {
        context.policy().tell(Event::SessionsCookieSet(own.name()));
    }
    own.is_some()
}

/// Checks whether a browser replaces the cookie of this `Set-Cookie` header by the session's: both
/// have the same name, domain and path (RFC 6265 section 5.3, step 11). A header without a path, or
/// with one that does not start with `/`, counts as one with the same path: the browser takes the
/// path from the URL.
fn replaces(own: &SetCookie, header: &[u8]) -> bool {
    let mut parts = header.split(|byte| *byte == b';').map(pair);
    let name = parts.next().map(|(name, _)| name);
    let (mut path, mut domain) = (None, None);
    for (attribute, value) in parts {
        // Of two the last counts.
        if attribute.eq_ignore_ascii_case(b"path") {
            path = Some(value);
        } else if attribute.eq_ignore_ascii_case(b"domain") {
            domain = Some(value);
        }
    }
    name == Some(own.name().as_bytes())
        && path.is_none_or(|path| !path.starts_with(b"/") || path == own.path().as_bytes())
        && own.has_domain(domain.unwrap_or_default())
}

/// Returns name and value of a part of a header, without the white space around them.
fn pair(part: &[u8]) -> (&[u8], &[u8]) {
    let (name, value) = match memchr::memchr(b'=', part).map(|at| part.split_at(at)) {
        Some((name, value)) => (name, value.get(1..).unwrap_or_default()),
        None => (part, &[][..]),
    };
    (name.trim_ascii(), value.trim_ascii())
}

/// Returns the status of a response to a session's error: 503 if a later attempt may succeed.
pub(crate) fn status(error: &Error) -> u16 {
    match error {
        Error::Store(_) | Error::BusySession { .. } | Error::LockedSession { .. } => 503,
        _ => 500,
    }
}
