//! Many futures at once, a bounded number of them under way. Knows nothing of what they do.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// So many are under way at once.
const MOST: usize = 20;

/// The results, in the order of the futures.
pub async fn side_by_side<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting = futures.into_iter().enumerate();
    let mut at_work: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut done: Vec<(usize, F::Output)> = Vec::new();
    poll_fn(|context| {
        loop {
            while at_work.len() < MOST
                && let Some((at, future)) = waiting.next()
            {
                at_work.push((at, Box::pin(future)));
            }
            let before = done.len();
            at_work.retain_mut(|(at, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    done.push((*at, result));
                    false
                }
                Poll::Pending => true,
            });
            // Whoever ends makes room for the next, which must be asked, too.
            if at_work.is_empty() && waiting.size_hint().1 == Some(0) {
                return Poll::Ready(());
            }
            if done.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::{MOST, side_by_side};

    #[tokio::test(start_paused = true)]
    async fn a_bounded_number_is_under_way_and_the_order_stays() {
        let (now, most) = (Cell::new(0_usize), Cell::new(0_usize));
        let began = tokio::time::Instant::now();
        let one = |n: u64| {
            let (now, most) = (&now, &most);
            async move {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                // Paused clock: each takes a second, the first ones longer.
                tokio::time::sleep(Duration::from_millis(2_000 - n.min(999))).await;
                now.set(now.get() - 1);
                n
            }
        };
        let results = side_by_side((0..50).map(one)).await;
        assert_eq!(results, (0..50).collect::<Vec<_>>());
        assert_eq!(most.get(), MOST);
        assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
        assert_eq!(side_by_side(Vec::<std::future::Ready<()>>::new()).await, Vec::<()>::new());
    }
}
