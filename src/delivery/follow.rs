//! Hearing of what other processes publish: at once where the engine tells, and by looking, in any case.

use super::store;
use crate::error::Result;
use crate::state::State;
use std::sync::Arc;
use std::time::Duration;

/// How often the database is looked at. An answer that another process made untrue is served no longer than that.
const PAUSE: Duration = Duration::from_millis(250);

/// Looks once whether something was published that this process has not heard of.
///
/// # Errors
/// When the database fails. What is kept is served meanwhile: nobody can publish then.
pub async fn look(state: &State) -> Result<()> {
    state.answers.stamps.catch_up(&store::versions(&state.public).await?);
    Ok(())
}

/// Follows what is published until the process ends.
pub async fn follow(state: Arc<State>) {
    tokio::spawn(listen(Arc::clone(&state)));
    loop {
        if let Err(error) = look(&state).await {
            error.log("looking for publications");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(state: Arc<State>) {
    loop {
        match state.public.listen().await {
            Ok(Some(mut notifications)) => {
                while let Ok(heard) = notifications.next().await {
                    state.answers.stamps.hear(heard.as_slice());
                }
            }
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "announcements cannot be heard"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
