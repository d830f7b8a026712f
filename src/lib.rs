//! The form.
