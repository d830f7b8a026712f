//! An element as a small JSON tree, for a first paint inside another site's page.
//!
//! Apart from `html` because there nothing may be parsed as HTML (Trusted Types): the loader makes the nodes one by one. A
//! node is `[tag, {attributes}, …children]`, a text is a string.

use serde_json::{Map, Value};

use super::{Attribute, Child, Element, Parts};

impl Element {
    /// This element and everything inside it; every live part is asked once.
    pub(crate) fn into_tree(self) -> Value {
        let Parts { tag, attributes, children } = *self.0;
        let mut named = Map::new();
        for (name, value) in attributes {
            let value = match value {
                Attribute::Fixed(value) => Some(value),
                Attribute::Live(value) => value(),
            };
            if let Some(value) = value {
                if name == "class" {
                    named.extend(part_of(&value).map(|part| ("part".to_owned(), part.into())));
                }
                named.insert(name.to_owned(), value.into());
            }
        }
        let mut tree = vec![tag.into(), Value::Object(named)];
        for child in children {
            match child {
                Child::Element(child) => tree.push(child.into_tree()),
                Child::Text(text) => tree.push(text.into()),
                // A node without text would keep a place that the browser's own render does not look for.
                Child::LiveText(text) => {
                    tree.extend(Some(text()).filter(|text| !text.is_empty()).map(Value::from))
                }
                Child::LiveElements(mut children) => {
                    tree.extend(children().unwrap_or_default().into_iter().map(Self::into_tree));
                }
            }
        }
        Value::Array(tree)
    }
}

/// The names by which a host page's style sheet finds an element of this class (`::part`); none where it has no name of
/// ours. `embed/more/parts.js` has the same rule, for what comes later.
fn part_of(class: &str) -> Option<String> {
    let names = class.split(' ').filter_map(|name| name.strip_prefix("lf-"));
    let names: Vec<String> = names.map(|name| name.replace("__", "-").replace("--", "-")).collect();
    Some(names.join(" ")).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::part_of;
    use crate::view::element;

    #[test]
    fn part_is_named_by_its_class() {
        assert_eq!(part_of("lf-summary__title").as_deref(), Some("summary-title"));
        assert_eq!(part_of("lf-button lf-button--quiet").as_deref(), Some("button button-quiet"));
        assert_eq!((part_of("lf"), part_of("")), (None, None));
    }

    #[test]
    fn tree_holds_tag_attributes_and_children_in_order_and_no_markup() {
        let tree = element("p", "a")
            .flag("hidden", true)
            .live_attribute("data-off", || None)
            .text("<b>&")
            .live_text(|| "".into())
            .live_children(|| Some(vec![element("input", "").attribute("value", "\"")]))
            .into_tree();
        assert_eq!(tree.to_string(), r#"["p",{"class":"a","hidden":""},"<b>&",["input",{"value":"\""}]]"#);
    }
}
