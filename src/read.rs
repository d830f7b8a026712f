//! Reads the form.
