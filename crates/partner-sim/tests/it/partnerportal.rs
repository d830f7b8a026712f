//! PartnerPortal.io as its document says: who may come in, the six operations, what a lead may hold.

mod caller;
mod leads;
mod schemas;
mod tokens;
