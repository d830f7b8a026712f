//! Octorate as its document says: the glossary, three ways to a token, the consent, the sign-up of a property.

mod caller;
mod glossary;
mod identity;
mod property;
