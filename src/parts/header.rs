//! The form's heading and the sentence below it.

use crate::shown::Shown;
use crate::view::{Element, element};

/// Title and introduction.
pub(crate) fn header(shown: &Shown) -> Element {
    let intro = shown.form.intro.as_ref().map(|intro| element("p", "lf-intro").text(intro.clone()));
    element("div", "lf-header")
        .child(element("h2", "lf-title").text(shown.form.title.clone()))
        .maybe_child(intro)
}
