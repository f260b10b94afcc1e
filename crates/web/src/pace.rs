//! The least rate of a body, in both directions. There is no longest time: an
//! upload at 20 kbit/s is a citizen, but one that stands still is dropped.
//!
//! A transfer has a credit of `grace`. Waiting uses it up, bytes earn it back
//! at the least rate, and it never grows beyond `grace`.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// The other side fell behind the least rate.
#[derive(Debug, Clone, Copy)]
pub struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("slower than the least rate")
    }
}

impl std::error::Error for TooSlow {}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_per_second: u32,
    grace: Duration,
    credit: Duration,
    waiting_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(crate) fn new(bytes_per_second: u32, grace: Duration) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), grace, credit: grace, waiting_since: None, alarm: None }
    }

    /// Bytes went through.
    fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.credit = self.credit.saturating_sub(since.elapsed());
        }
        self.alarm = None;
        let micros = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1_000_000);
        let earned = Duration::from_micros(micros / u64::from(self.bytes_per_second));
        self.credit = self.credit.saturating_add(earned).min(self.grace);
    }

    /// Nothing goes through now; ready when the credit is used up.
    fn waits(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let until = since + self.credit;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        alarm.as_mut().poll(context)
    }

    /// Nothing waits: the other side is not being asked for anything.
    fn rests(&mut self) {
        self.waiting_since = None;
        self.alarm = None;
        self.credit = self.grace;
    }
}

/// A request's body that must keep its pace while it is being read.
pub(crate) struct PacedBody {
    inner: Incoming,
    pace: Pace,
}

impl PacedBody {
    pub(crate) fn new(inner: Incoming, pace: Pace) -> Self {
        Self { inner, pace }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner.frame()).poll(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.pace.moved(frame.data_ref().map_or(0, Bytes::len));
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => this.pace.waits(context).map(|()| Some(Err(TooSlow.into()))),
        }
    }
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A connection whose other side must take what it asked for.
#[derive(Debug)]
pub(crate) struct PacedStream<S> {
    inner: S,
    pace: Pace,
}

impl<S> PacedStream<S> {
    pub(crate) fn new(inner: S, pace: Pace) -> Self {
        Self { inner, pace }
    }
    fn taken(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.pace.moved(bytes);
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.pace.waits(context).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, TooSlow))),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.taken(written, context)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.taken(written, context)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_flush(context) {
            Poll::Pending => self.pace.waits(context).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, TooSlow))),
            ready => {
                self.pace.rests();
                ready
            }
        }
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the pace lets one wait after these moves of (milliseconds waited, bytes).
    async fn patience(moves: &[(u64, usize)]) -> Option<u128> {
        let mut pace = Pace::new(1_000, Duration::from_secs(2));
        for &(wait_ms, bytes) in moves {
            let since = Instant::now();
            let gave_up = tokio::time::timeout(
                Duration::from_millis(wait_ms),
                std::future::poll_fn(|context| pace.waits(context)),
            );
            if gave_up.await.is_ok() {
                return Some(since.elapsed().as_millis());
            }
            pace.moved(bytes);
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_but_steady_body_is_a_citizen() {
        assert_eq!(patience(&[(1_000, 1_000); 600]).await, None, "ten minutes at the least rate");
        assert_eq!(patience(&[(1_900, 1_900), (1_900, 0)]).await, None, "a stall within the grace");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_falls_behind_is_dropped() {
        assert_eq!(patience(&[(5_000, 0)]).await, Some(2_000), "silence uses up the grace");
        assert!(patience(&[(1_000, 500); 10]).await.is_some(), "half the rate");
        assert_eq!(patience(&[(0, 1_000_000), (9_000, 0)]).await, Some(2_000), "a quick start buys no more");
    }
}
