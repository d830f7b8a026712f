//! Every partner from a submission to its simulator: the exact request out, the reference back, errors in their class.

mod another;
mod completion;
mod forms;
mod lead;
mod schema;
mod unfit;

use std::time::Duration;

use crate::app::partners::ALL;
use crate::app::{PATIENCE, TestApp};

/// Starts with every partner's account and these forms.
pub(crate) async fn start(forms: &[(&str, &str)]) -> TestApp {
    start_in(forms, |_| {}).await
}

/// The same with a changed configuration.
pub(crate) async fn start_in(
    forms: &[(&str, &str)],
    change: impl FnOnce(&mut crate::app::ConfigText),
) -> TestApp {
    let folder = tempfile::tempdir().unwrap().keep();
    forms::write(&folder, forms);
    TestApp::start_with(|text| {
        text.forms_dir = folder;
        text.accounts = ALL.to_owned();
        // Long enough that a busy machine still tells the visitor of the first attempt.
        text.inline_wait_ms = 10_000;
        text.public = "request_ms_max = 60000".to_owned();
        change(text);
    })
    .await
}

/// Waits until an answer is as wanted; the last one otherwise.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> T, wanted: impl Fn(&T) -> bool) -> Result<T, T> {
    let mut found = look().await;
    let wait = async {
        while !wanted(&found) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            found = look().await;
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(()) => Ok(found),
        Err(_) => Err(found),
    }
}
