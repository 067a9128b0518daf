//! Whether connections are being made just now: the wait for an answer begins when there is somebody to wait for.
//! Knows no HTTP client; it stands between one and its connector.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// Counts connections that are being made.
#[derive(Clone, Debug)]
pub(super) struct Connecting(Arc<watch::Sender<Connections>>);

#[derive(Debug)]
struct Connections {
    /// How many are in the making.
    count: usize,
    /// When the last one was made.
    since: Instant,
}

impl Connecting {
    pub(super) fn new() -> Connecting {
        Connecting(Arc::new(watch::Sender::new(Connections { count: 0, since: Instant::now() })))
    }

    /// Since when no connection is in the making; now, where one is.
    pub(super) fn idle_since(&self) -> Instant {
        let state = self.0.borrow();
        if state.count == 0 { state.since } else { Instant::now() }
    }

    /// Ends after so long a time without a connection in the making.
    pub(super) async fn silence(&self, limit: Duration) {
        let mut state = self.0.subscribe();
        loop {
            // The sender lives as long as this.
            let _idle = state.wait_for(|state| state.count == 0).await.is_ok();
            tokio::select! {
                // The silence that counts as one.
                () = tokio::time::sleep(limit) => return,
                _ = state.wait_for(|state| state.count > 0) => {}
            }
        }
    }
}

impl<S> Layer<S> for Connecting {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, connecting: self.clone() }
    }
}

/// A connector whose work is counted.
#[derive(Clone)]
pub(super) struct Counted<S> {
    inner: S,
    connecting: Connecting,
}

impl<S, R> Service<R> for Counted<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let made = self.inner.call(request);
        let one = One::new(&self.connecting);
        Box::pin(async move {
            let connection = made.await;
            drop(one);
            connection
        })
    }
}

/// A connection in the making, until it is dropped.
struct One(Connecting);

impl One {
    fn new(connecting: &Connecting) -> One {
        connecting.0.send_modify(|state| state.count += 1);
        One(connecting.clone())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| {
            state.count -= 1;
            state.since = Instant::now();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Connecting, One};

    #[tokio::test(start_paused = true)]
    async fn silence_begins_when_the_connection_stands() {
        let (connecting, began) = (Connecting::new(), Instant::now());
        let one = One::new(&connecting);
        let silence = connecting.silence(Duration::from_secs(2));
        tokio::join!(silence, async move {
            // Paused clock: the connection takes that long.
            tokio::time::sleep(Duration::from_secs(7)).await;
            drop(one);
        });
        assert_eq!(began.elapsed(), Duration::from_secs(9));
        assert_eq!(connecting.idle_since(), began + Duration::from_secs(7));
        connecting.silence(Duration::from_secs(2)).await;
        assert_eq!(began.elapsed(), Duration::from_secs(11));
    }
}
