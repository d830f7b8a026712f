//! Enums whose variants have a stable name in definitions, answers and locales.
//!
//! Apart so that the list of variants is written once: what stands in the enum has its name, can be read back from it,
//! and is in `ALL`, which the tests go through.

/// An enum with a stable snake_case name for each variant.
macro_rules! named {
    ($(#[$attribute:meta])+ pub enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$attribute])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[doc = $doc])+ $variant),+
        }

        impl $name {
            /// Every variant, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The variant of a stable name.
            pub fn parse(name: &str) -> Option<Self> {
                // Looked for, not matched: a match has code for each name, and the browser downloads it.
                Self::ALL.iter().copied().find(|known| known.as_str() == name)
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::{Density, FieldKind, Preset, ProblemCode};

    #[test]
    fn name_is_the_same_in_code_and_on_the_wire() {
        for kind in FieldKind::ALL {
            assert_eq!(FieldKind::parse(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::to_string(kind).ok(), Some(format!("{:?}", kind.as_str())));
        }
        for code in ProblemCode::ALL {
            assert_eq!(ProblemCode::parse(code.as_str()), Some(*code));
            assert_eq!(serde_json::to_string(code).ok(), Some(format!("{:?}", code.as_str())));
        }
        for preset in Preset::ALL {
            assert_eq!(Preset::parse(preset.as_str()), Some(*preset));
        }
        for density in Density::ALL {
            assert_eq!(Density::parse(density.as_str()), Some(*density));
        }
    }
}
