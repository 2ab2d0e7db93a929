//! Bodies in slices, where many connections are open.
//!
//! actix-http copies what it sends into a buffer of the connection, and keeps that buffer, of up to 128 KiB, for as long as the connection
//! rests. What is sent in slices that the buffer has room for from the beginning lets it stay as it is. It costs more calls of the system:
//! with few connections, bodies go whole.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Connections that are many.
pub const MANY: i64 = 500;
/// From when on the dispatcher writes what it has in its buffer: after a head and a slice, and after each further slice.
pub const FLUSH_AT: usize = 4 * 1024;
/// Bytes of a slice. The first comes after the head of the answer.
const SLICE: usize = 6 * 1024;

/// A body that is there already, in slices.
struct Slices(Bytes);

impl MessageBody for Slices {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.0.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let length = SLICE.min(self.0.len());
        Poll::Ready(Some(Ok(self.0.split_to(length))))
    }
}

/// The same body in slices, where it is longer than one.
pub fn sliced(body: BoxBody) -> BoxBody {
    match body.try_into_bytes() {
        Ok(bytes) if bytes.len() > SLICE => BoxBody::new(Slices(bytes)),
        Ok(bytes) => BoxBody::new(bytes),
        Err(stream) => stream,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;

    #[actix_web::test]
    async fn slices_are_the_whole() {
        for length in [0, 1, SLICE, SLICE + 1, 3 * SLICE + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let body = sliced(BoxBody::new(bytes.clone()));
            assert_eq!(body.size(), BodySize::Sized(u64::try_from(length).unwrap()));
            assert_eq!(to_bytes(body).await.unwrap(), bytes);
        }
    }
}
