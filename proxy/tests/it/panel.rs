//! What a panel in a CRM asks beside the partner's records, and how an account says what a panel shows.
//!
//! Apart from the records themselves, which any program with a token may ask for.

mod can;
mod config;
mod crm;
mod expected;
mod leads;
mod many;
mod masked;
mod minting;
mod program;
mod tokens;
