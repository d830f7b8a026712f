//! What a form may look like by name: its preset and its density.
//!
//! Apart from the form because a name is all that travels: what it means is the style sheet's business
//! (`style/presets.css`), and the browser's code never asks.

use crate::names::named;

named! {
    /// A look to choose from.
    pub enum Preset {
        /// A card with a soft shadow; the look of a form that says nothing.
        Classic = "classic",
        /// Lines and letters on the ground of the host page.
        Minimal = "minimal",
        /// Round and gentle.
        Soft = "soft",
        /// Questions on a line.
        Underline = "underline",
        /// Thick lines and hard edges.
        Bold = "bold",
        /// A warm ground and a book's letters.
        Paper = "paper",
    }
}

named! {
    /// How close together everything stands.
    pub enum Density {
        /// Less room, for a narrow column.
        Compact = "compact",
        /// The room of a form that says nothing.
        Comfortable = "comfortable",
        /// More room, for a page of its own.
        Roomy = "roomy",
    }
}
