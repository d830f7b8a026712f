//! What an address of ours carries along from page to page: language, color scheme, look, who frames us, a signed link, a
//! campaign.
//!
//! Apart because all of it is written by strangers: each value is checked before it stands on a page.

use http::Uri;
use lead_model::{Density, Origin, Preset, campaign_of};
use url::form_urlencoded::{self, Serializer};

use super::super::wanted::query;
use crate::forms::ServedForm;
use crate::render::{Look, PageMode};

/// Longest name of one embed on a host page.
const INSTANCE_LENGTH_MAX: usize = 64;
/// Longest signed link that is carried along.
const LINK_LENGTH_MAX: usize = 2_048;
/// Longest language tag that is carried along.
const LOCALE_LENGTH_MAX: usize = 35;

/// The checked part of a query.
pub(super) struct Frame {
    locale: Option<String>,
    instance: Option<String>,
    parent: Option<Origin>,
    theme: Option<&'static str>,
    look: Look<'static>,
    link: Option<String>,
    campaign: Vec<(String, String)>,
}

impl Frame {
    pub(super) fn of(uri: &Uri, form: &ServedForm, own: &Origin) -> Self {
        let plain = |text: &String, length_max| {
            !text.is_empty()
                && text.len() <= length_max
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let parent = query(uri, "parent").as_deref().and_then(Origin::parse);
        Self {
            locale: query(uri, "locale").filter(|text| plain(text, LOCALE_LENGTH_MAX)),
            instance: query(uri, "instance").filter(|text| plain(text, INSTANCE_LENGTH_MAX)),
            parent: parent.filter(|origin| form.allows(origin, own)),
            theme: match query(uri, "theme").as_deref() {
                Some("light") => Some("light"),
                Some("dark") => Some("dark"),
                _ => None,
            },
            look: Look {
                preset: query(uri, "preset").and_then(|name| Preset::parse(&name)).map(Preset::as_str),
                density: query(uri, "density").and_then(|name| Density::parse(&name)).map(Density::as_str),
            },
            link: query(uri, "link").filter(|text| is_token(text)),
            campaign: campaign_of(
                form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned(),
            ),
        }
    }

    /// The host page's color scheme, so that a framed page never flashes in the other one.
    pub(super) fn theme(&self) -> Option<&'static str> {
        self.theme
    }

    /// The look that the address asks for.
    pub(super) fn look(&self) -> Look<'_> {
        self.look
    }

    /// The signed link by which the form was opened; not yet checked but for its letters.
    pub(super) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// What brought the visitor, as far as the address tells.
    pub(super) fn campaign(&self) -> &[(String, String)] {
        &self.campaign
    }

    /// The host page's origin, if it is one that may frame us.
    pub(super) fn parent_origin(&self) -> Option<&str> {
        self.parent.as_ref().map(Origin::as_str)
    }

    /// Where the plain form posts to.
    pub(super) fn action(&self, mode: PageMode, form: &str) -> String {
        self.with_query(format!("{}/{form}", prefix(mode)))
    }

    /// Where thanks are said.
    pub(super) fn thanks(&self, mode: PageMode, form: &str, receipt: &str) -> String {
        self.with_query(format!("{}/{form}/received/{receipt}", prefix(mode)))
    }

    fn with_query(&self, path: String) -> String {
        let parts = [
            ("locale", self.locale.as_deref()),
            ("instance", self.instance.as_deref()),
            ("parent", self.parent_origin()),
            ("theme", self.theme),
            ("preset", self.look.preset),
            ("density", self.look.density),
            ("link", self.link.as_deref()),
        ];
        let mut query = Serializer::new(String::new());
        for (name, value) in parts {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        for (name, value) in &self.campaign {
            query.append_pair(name, value);
        }
        match query.finish().as_str() {
            "" => path,
            query => format!("{path}?{query}"),
        }
    }
}

/// Whether these are the letters of a signed token.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LINK_LENGTH_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn prefix(mode: PageMode) -> &'static str {
    match mode {
        PageMode::Hosted => "/f",
        PageMode::Iframe => "/embed",
    }
}
