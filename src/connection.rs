//! Connections that do not wait for ever for slow clients.
//!
//! actix-web has a deadline for the first head of a connection and one for connections that rest. It has none for later heads, and none for
//! clients that do not take what is sent to them: those are here, between it and the socket.

use prometheus_client::metrics::gauge::Gauge;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long nothing may be written: longer than any answer takes, and than streams are silent.
const LONGEST: Duration = Duration::from_mins(5);
/// actix-web comes first where it has a deadline of its own: it answers before it closes.
const COURTESY: Duration = Duration::from_secs(1);

/// How long clients are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, from its first byte.
    pub head: Duration,
    /// For a client that takes nothing.
    pub write: Duration,
    /// Bytes that others must take each second.
    pub least_rate: u32,
}

/// A socket with deadlines.
pub struct Connection<T> {
    io: T,
    patience: Patience,
    stage: Stage,
    until: Instant,
    behind: Option<Behind>,
    /// Never rings late; where it rings early, it is set again.
    alarm: Pin<Box<Sleep>>,
    open: Gauge,
}

/// A client that has not taken all that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Behind {
    since: Instant,
    /// Bytes that it took since then.
    taken: usize,
    /// When it last took any.
    last: Instant,
}

/// Where the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before the head of a request.
    Between,
    Head {
        line_has_ended: bool,
    },
    /// After it: the body may follow, the answer is made.
    Asked,
}

impl<T> Connection<T> {
    /// Takes a socket that was just opened. As long as it is, `open` counts it.
    pub fn new(io: T, patience: Patience, open: Gauge) -> Self {
        let until = Instant::now() + patience.head + COURTESY;
        open.inc();
        Self { io, patience, stage: Stage::Between, until, behind: None, alarm: Box::pin(sleep_until(until)), open }
    }

    fn has_read(&mut self, bytes: &[u8]) {
        let mut line_has_ended = match self.stage {
            Stage::Asked => return,
            Stage::Between if bytes.is_empty() => return,
            Stage::Between => {
                self.until = self.until.min(Instant::now() + self.patience.head + COURTESY);
                false
            }
            Stage::Head { line_has_ended } => line_has_ended,
        };
        // Most heads come whole.
        let mut is_whole = bytes.ends_with(b"\r\n\r\n");
        for byte in bytes {
            match byte {
                _ if is_whole => break,
                b'\n' => is_whole = std::mem::replace(&mut line_has_ended, true),
                b'\r' => {}
                _ => line_has_ended = false,
            }
        }
        if is_whole {
            self.stage = Stage::Asked;
            self.until = Instant::now() + LONGEST;
        } else {
            self.stage = Stage::Head { line_has_ended };
        }
    }

    fn has_written(&mut self, all: &[u8], taken: usize) {
        if taken == all.len() {
            self.behind = None;
        } else if let Some(behind) = &mut self.behind {
            behind.taken += taken;
            behind.last = Instant::now();
        } else {
            // What went at once fills the buffers on the way: nobody has read it yet.
            self.falls_behind();
        }
        // 100 Continue is no answer yet.
        if taken > 0 && !all.starts_with(b"HTTP/1.1 100") {
            self.stage = Stage::Between;
            self.until = Instant::now() + LONGEST;
        }
    }

    fn falls_behind(&mut self) {
        let now = Instant::now();
        self.behind.get_or_insert(Behind { since: now, taken: 0, last: now });
    }

    fn due(&self) -> Instant {
        let Some(Behind { since, taken, last }) = self.behind else { return self.until };
        let earned = u32::try_from(taken).unwrap_or(u32::MAX) / self.patience.least_rate.max(1);
        self.until.min((since + Duration::from_secs(earned.into())).min(last) + self.patience.write)
    }

    /// Whether it was waited long enough. If not, the task is woken when it will be.
    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let due = self.due();
        if self.alarm.deadline() > due {
            self.alarm.as_mut().reset(due);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                return true;
            }
            self.alarm.as_mut().reset(due);
        }
        false
    }
}

impl<T> Drop for Connection<T> {
    fn drop(&mut self) {
        self.open.dec();
    }
}

fn too_slow<R>() -> Poll<Result<R>> {
    Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client is too slow")))
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.io).poll_read(cx, buffer);
        match outcome {
            Poll::Ready(Ok(())) => self.has_read(buffer.filled().get(before..).unwrap_or_default()),
            Poll::Pending if self.is_overdue(cx) => return too_slow(),
            _ => {}
        }
        outcome
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write(cx, bytes);
        match outcome {
            Poll::Ready(Ok(taken)) => self.has_written(bytes, taken),
            Poll::Pending => {
                self.falls_behind();
                if self.is_overdue(cx) {
                    return too_slow();
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection<()> {
        let patience = Patience { head: Duration::from_secs(10), write: Duration::from_secs(30), least_rate: 1000 };
        Connection::new((), patience, Gauge::default())
    }

    #[actix_web::test]
    async fn a_head_is_whole_at_its_empty_line() {
        for parts in [&["GET / HTTP/1.1\r\nHost: x\r\n\r\n"][..], &["GET / HTTP/1.1\r\n", "\r", "\n"], &["GET /\nHost: x\n", "\nbody"], &["a\r\n\r\nbody"]] {
            let mut connection = connection();
            for (i, part) in parts.iter().enumerate() {
                assert_ne!(connection.stage, Stage::Asked, "{parts:?} {i}");
                connection.has_read(part.as_bytes());
            }
            assert_eq!(connection.stage, Stage::Asked, "{parts:?}");
        }
        let mut connection = connection();
        connection.has_read(b"GET / HTTP/1.1\r\nHost: x\r\n");
        assert_eq!(connection.stage, Stage::Head { line_has_ended: true });
    }

    #[actix_web::test]
    async fn later_heads_have_the_deadline_of_the_first() {
        let mut connection = connection();
        let soon = || Instant::now() + Duration::from_secs(12);
        assert!(connection.due() < soon());
        connection.has_read(b"GET / HTTP/1.1\r\n\r\n");
        assert!(connection.due() > soon(), "the answer takes its time");
        connection.has_written(b"HTTP/1.1 100 Continue\r\n\r\n", 25);
        connection.has_read(b"slowly");
        assert!(connection.due() > soon(), "a body is no head");
        connection.has_written(b"HTTP/1.1 200 OK\r\n\r\n", 19);
        assert!(connection.due() > soon(), "a rest is not ended here");
        connection.has_read(b"G");
        assert!(connection.due() < soon());
    }

    #[actix_web::test]
    async fn whoever_takes_slowly_is_waited_for_by_what_they_take() {
        let mut connection = connection();
        connection.has_written(&[0; 9_000], 8_000);
        let begun = connection.behind.unwrap();
        assert_eq!((begun.taken, connection.due()), (0, begun.since + Duration::from_secs(30)), "buffers read nothing");
        std::thread::sleep(Duration::from_millis(5));
        connection.has_written(&[0; 90], 10);
        assert_eq!(connection.due(), begun.since + Duration::from_secs(30), "ten bytes earn no time");
        connection.has_written(&[0; 9000], 4990);
        let then = connection.behind.unwrap();
        assert_eq!((then.since, then.taken, connection.due()), (begun.since, 5000, then.last + Duration::from_secs(30)));
        connection.has_written(b"0123456789", 10);
        assert_eq!(connection.behind, None);
    }
}
