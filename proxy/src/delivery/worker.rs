//! The loop that claims.
use std::sync::Arc;

use tokio::sync::watch;

use crate::delivery::Shared;

pub(super) async fn run(_shared: Arc<Shared>, _stopping: watch::Receiver<bool>) {}
