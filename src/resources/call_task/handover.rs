//! A name that is taken may be free in a moment: another resource of the same apply, which held the task, gives it up.

use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;

use crate::task::registry::Registry;
use crate::task::rest;

/// How long a create waits for the delete of whoever has its name.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it waits when nothing else is under way: with one change at a time the delete comes only after it.
const IDLE: Duration = Duration::from_secs(1);

const PAUSE: Duration = Duration::from_millis(100);

/// Waits for a delete of the task; true once one has ended.
pub(super) async fn comes(registry: &Registry, id: &TaskId, wait: &Wait) -> bool {
    let (mut waited, mut idle) = (Duration::ZERO, Duration::ZERO);
    loop {
        let deleting = registry.is_deleting(id);
        if registry.was_deleted(id) && !deleting {
            return true;
        }
        let patient = deleting || waited < PATIENCE && idle < IDLE;
        if !patient || rest(wait, PAUSE).await.is_err() {
            return false;
        }
        waited += PAUSE;
        idle = if deleting || registry.is_busy() { Duration::ZERO } else { idle + PAUSE };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aliyun::aiccs::TaskId;
    use aliyun::client::Wait;
    use tokio::time::{Instant, sleep};
    use tokio_util::sync::CancellationToken;

    use super::comes;
    use crate::task::registry::Registry;

    fn wait() -> Wait {
        Wait::new(CancellationToken::new(), Duration::from_secs(600))
    }

    /// Whether it comes, and after how many seconds that is known.
    async fn waited(registry: &Registry, id: &TaskId) -> (bool, u64) {
        let began = Instant::now();
        (comes(registry, id, &wait()).await, began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_create_waits_for_the_delete_of_its_predecessor_and_not_for_ever() {
        let (registry, id) = (Registry::default(), TaskId::parse("118").unwrap());
        assert_eq!(waited(&registry, &id).await, (false, 1), "nothing else is under way");
        let busy = registry.busy();
        assert_eq!(waited(&registry, &id).await, (false, 10), "something else is");
        let delete = async {
            sleep(Duration::from_secs(5)).await;
            let deleting = registry.delete(&id, None);
            sleep(Duration::from_secs(20)).await;
            drop(deleting);
        };
        let (told, ()) = tokio::join!(waited(&registry, &id), delete);
        assert_eq!(told, (true, 25), "a delete that has begun is waited for");
        drop(busy);
        assert_eq!(waited(&registry, &id).await, (true, 0), "it is over");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_taken_over_is_not_deleted_and_the_other_way_round() {
        let (registry, id) = (Registry::default(), TaskId::parse("118").unwrap());
        let deleting = registry.delete(&id, None);
        assert!(deleting.is_some() && registry.take_over(&id).is_none());
        drop(deleting);
        assert!(registry.take_over(&id).is_some() && registry.delete(&id, None).is_none());
    }
}
