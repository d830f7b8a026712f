//! What a submission of a form is for: a new lead, or the record of the signed link by which the form was opened.
//!
//! Apart because a link comes from outside: nothing of it counts before its signature is known to be good.

use std::sync::Arc;

use crate::account::Accounts;
use crate::clock::Clock;
use crate::forms::ServedForm;
use crate::signed::{SignedFault, read_link};
use crate::store::Purpose;

/// Reads links.
pub(crate) struct Links {
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) clock: Clock,
}

impl Links {
    /// The purpose of a submission of this form with this link or without one.
    ///
    /// # Errors
    /// For a form that only a link opens: that there is none, or why it is not taken. Other forms know no link, so one
    /// that comes with them is no matter.
    pub(crate) fn purpose(&self, form: &ServedForm, link: Option<&str>) -> Result<Purpose, SignedFault> {
        let definition = &form.definition;
        if !definition.completes {
            return Ok(Purpose::Lead);
        }
        let account = self.accounts.get(&definition.account).ok_or(SignedFault::Invalid)?;
        let link = link.ok_or(SignedFault::Invalid)?;
        let claims = read_link(account, &definition.id, link, self.clock.now())?;
        Ok(Purpose::Completion { reference: claims.reference })
    }
}
