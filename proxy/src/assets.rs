//! The files that a browser gets, in memory with their compressed siblings.
//!
//! Apart because where they come from (compiled in, or a folder named by `[assets] dir`) is nobody else's business.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;

use crate::config::Finding;
use crate::forms::etag;
use crate::snippets::Loader;

mod archive;

mod compiled {
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

/// Lists the bundle's parts; written by the build of the assets.
const MANIFEST: &str = "manifest.json";
/// Largest single file that is taken, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Every file of the bundle.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    files: BTreeMap<String, Asset>,
    parts: Option<Parts>,
    styles: String,
    style_source: Option<String>,
    panel: Option<Panel>,
    archive: Option<PathBuf>,
}

/// The names of the bundle's parts.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) loader: String,
    /// What stands before the loader where that carries a form's first paint.
    pub(crate) first: String,
    pub(crate) styles: String,
    pub(crate) glue: String,
    pub(crate) wasm: String,
    /// The styles that no form shows at first.
    pub(crate) later: String,
}

/// The names of the panel's parts.
#[derive(Clone, Debug)]
pub(crate) struct PanelParts {
    pub(crate) boot: String,
    pub(crate) glue: String,
    pub(crate) wasm: String,
}

/// The panel's parts, and its styles as its page has them inside.
#[derive(Debug)]
struct Panel {
    parts: PanelParts,
    styles: String,
    style_source: String,
}

/// One file.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) etag: String,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The manifest as it is written.
#[derive(Deserialize)]
struct Manifest {
    loader: Row,
    first: Row,
    more: Row,
    signed: Row,
    glue: Row,
    wasm: Row,
    styles: Row,
    later: Row,
    /// None in a bundle of forms alone.
    #[serde(flatten)]
    panel: Option<PanelManifest>,
}

/// The panel's part of it: all of it or nothing.
#[derive(Deserialize)]
struct PanelManifest {
    panel_boot: Row,
    panel_glue: Row,
    panel_wasm: Row,
    panel_styles: Row,
}

#[derive(Deserialize)]
struct Row {
    file: String,
}

impl Assets {
    /// The bundle of a folder, else the one compiled in, which may be empty; beside it what is kept of older ones.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn load(dir: Option<&Path>, archive: Option<&Path>) -> Result<Self, Finding> {
        let files = match dir {
            Some(dir) => read_dir(dir, "assets.dir")?,
            None => compiled::COMPILED
                .iter()
                .map(|(name, bytes): &(&str, &'static [u8])| ((*name).to_owned(), Bytes::from_static(bytes)))
                .collect(),
        };
        if files.is_empty() && dir.is_none() {
            return Ok(Self::default());
        }
        let mut assets = Self::from_files(files)?;
        if let Some(archive) = archive {
            for (name, asset) in pair_up(archive::read(archive)?) {
                assets.files.entry(name).or_insert(asset);
            }
            assets.archive = Some(archive.to_owned());
        }
        Ok(assets)
    }

    /// Puts the bundle into the archive, where there is one: what is served today can be asked for after the next upgrade.
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub(crate) fn keep(&self) -> Result<(), Finding> {
        let Some(dir) = &self.archive else { return Ok(()) };
        archive::add(dir, &self.files).map_err(|error| {
            let found = format!("a folder {} that can't be written ({})", dir.display(), error.kind());
            Finding::new("assets.archive", found, "one that the proxy may write, or \"\"")
        })
    }

    /// The loader as a page pins it.
    pub(crate) fn pinned_loader(&self) -> Option<Loader> {
        let hash = digest(&SHA384, &self.loader()?.plain);
        let integrity = format!("sha384-{}", STANDARD.encode(hash));
        Some(Loader { file: self.parts()?.loader.clone(), integrity })
    }

    /// A file by its hashed name.
    pub(crate) fn get(&self, name: &str) -> Option<&Asset> {
        self.files.get(name)
    }

    /// The parts' names; none where the proxy serves plain HTML forms alone.
    pub(crate) fn parts(&self) -> Option<&Parts> {
        self.parts.as_ref()
    }

    /// The loader.
    pub(crate) fn loader(&self) -> Option<&Asset> {
        self.get(&self.parts()?.loader)
    }

    /// The styles' text, for pages; empty where there are none.
    pub(crate) fn styles(&self) -> &str {
        &self.styles
    }

    /// What a page's policy says of its inlined styles: the hash of exactly their text.
    pub(crate) fn style_source(&self) -> &str {
        self.style_source.as_deref().unwrap_or("'none'")
    }

    /// The panel's parts; none where there is no bundle.
    pub(crate) fn panel(&self) -> Option<&PanelParts> {
        self.panel.as_ref().map(|panel| &panel.parts)
    }

    /// The panel's styles, for its page.
    pub(crate) fn panel_styles(&self) -> &str {
        self.panel.as_ref().map_or("", |panel| &panel.styles)
    }

    /// What the policy of the panel's page says of them.
    pub(crate) fn panel_style_source(&self) -> &str {
        self.panel.as_ref().map_or("'none'", |panel| &panel.style_source)
    }

    fn from_files(files: BTreeMap<String, Bytes>) -> Result<Self, Finding> {
        let broken = |found: &str| {
            let expected = "a folder as `cargo xtask assets` makes it";
            Finding::new("assets.dir", found.to_owned(), expected)
        };
        let manifest = files.get(MANIFEST).ok_or_else(|| broken("no manifest.json"))?;
        let manifest: Manifest =
            serde_json::from_slice(manifest).map_err(|_| broken("a manifest.json that can't be read"))?;
        let Manifest { loader, first, more, signed, glue, wasm, styles, later, .. } = &manifest;
        let form = [loader, first, more, signed, glue, wasm, styles, later];
        let panel = manifest.panel.iter().flat_map(PanelManifest::rows);
        for row in form.into_iter().chain(panel) {
            if !files.contains_key(&row.file) {
                return Err(broken(&format!("no {:?}, which manifest.json names", row.file)));
            }
        }
        let text = |row: &Row| {
            let styles = files.get(&row.file).cloned().unwrap_or_default();
            String::from_utf8(styles.into()).map_err(|_| broken("styles that are not UTF-8"))
        };
        let styles = text(&manifest.styles)?;
        let panel = match manifest.panel {
            Some(panel) => {
                let styles = text(&panel.panel_styles)?;
                Some(panel.read(styles))
            }
            None => None,
        };
        let parts = Parts {
            loader: manifest.loader.file,
            first: manifest.first.file,
            styles: manifest.styles.file,
            glue: manifest.glue.file,
            wasm: manifest.wasm.file,
            later: manifest.later.file,
        };
        let style_source = Some(style_source(&styles));
        Ok(Self { files: pair_up(files), parts: Some(parts), styles, style_source, panel, archive: None })
    }
}

impl Asset {
    /// The bytes as they are.
    pub(crate) fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// The bytes in the best encoding that the request takes, and that encoding's name.
    pub(crate) fn encoded(&self, headers: &HeaderMap) -> (Bytes, Option<&'static str>) {
        let accepts = |name: &str| {
            let values = headers.get_all(http::header::ACCEPT_ENCODING).iter();
            let mut parts = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
            parts.any(|part| {
                let (encoding, quality) = part.split_once(';').unwrap_or((part, ""));
                let refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
                encoding.trim().eq_ignore_ascii_case(name) && !refused
            })
        };
        match (&self.brotli, &self.gzip) {
            (Some(bytes), _) if accepts("br") => (bytes.clone(), Some("br")),
            (_, Some(bytes)) if accepts("gzip") => (bytes.clone(), Some("gzip")),
            _ => (self.plain.clone(), None),
        }
    }
}

impl PanelManifest {
    fn rows(&self) -> [&Row; 4] {
        [&self.panel_boot, &self.panel_glue, &self.panel_wasm, &self.panel_styles]
    }

    fn read(self, styles: String) -> Panel {
        let Self { panel_boot: boot, panel_glue: glue, panel_wasm: wasm, .. } = self;
        let parts = PanelParts { boot: boot.file, glue: glue.file, wasm: wasm.file };
        Panel { parts, style_source: style_source(&styles), styles }
    }
}

/// What a policy says of inlined styles: the hash of exactly their text.
fn style_source(styles: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, styles.as_bytes())))
}

/// The files of a folder that this setting names.
fn read_dir(dir: &Path, setting: &str) -> Result<BTreeMap<String, Bytes>, Finding> {
    let shown = dir.display();
    let unreadable = |error: std::io::Error| {
        let found = format!("a folder {shown} that can't be read ({})", error.kind());
        Finding::new(setting, found, "a folder of built assets that can be read, or \"\"")
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let found = entry.metadata().map_err(unreadable)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if found.is_file() && found.len() <= FILE_BYTES_MAX {
            files.insert(name, Bytes::from(fs::read(entry.path()).map_err(unreadable)?));
        }
    }
    Ok(files)
}

/// Puts each file together with its `.br` and `.gz` siblings. What no browser asks for is left out.
fn pair_up(files: BTreeMap<String, Bytes>) -> BTreeMap<String, Asset> {
    let asset = |name: &str, plain: &Bytes| {
        let content_type = content_type(name)?;
        Some(Asset {
            content_type,
            etag: etag(plain),
            plain: plain.clone(),
            brotli: files.get(&format!("{name}.br")).cloned(),
            gzip: files.get(&format!("{name}.gz")).cloned(),
        })
    };
    files.iter().filter_map(|(name, plain)| Some((name.clone(), asset(name, plain)?))).collect()
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use http::HeaderValue;
    use http::header::ACCEPT_ENCODING;

    use super::*;

    fn bundle() -> BTreeMap<String, Bytes> {
        let manifest = r#"{"loader":{"file":"l.js"},"first":{"file":"f.js"},"glue":{"file":"g.js"},"wasm":{"file":"w.wasm"},"styles":{"file":"s.css"},"more":{"file":"m.js"},"signed":{"file":"d.js"},"later":{"file":"t.css"},"panel_boot":{"file":"pb.js"},"panel_glue":{"file":"pg.js"},"panel_wasm":{"file":"p.wasm"},"panel_styles":{"file":"p.css"}}"#;
        [
            ("manifest.json", manifest),
            ("l.js", "l"),
            ("l.js.br", "br"),
            ("l.js.gz", "gz"),
            ("f.js", "f"),
            ("g.js", "g"),
            ("w.wasm", "w"),
            ("s.css", "s"),
            ("m.js", "m"),
            ("d.js", "d"),
            ("t.css", "t"),
            ("pb.js", "pb"),
            ("pg.js", "pg"),
            ("p.wasm", "p"),
            ("p.css", "p"),
            ("inputs", "x"),
        ]
        .map(|(name, text)| (name.to_owned(), Bytes::from(text)))
        .into()
    }

    #[test]
    fn best_encoding_that_the_browser_takes_is_served() {
        let assets = Assets::from_files(bundle()).unwrap();
        for (accept, bytes, encoding) in [
            ("gzip, deflate, br", "br", Some("br")),
            ("gzip;q=0.5, br;q=0", "gz", Some("gzip")),
            ("identity", "l", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            assert_eq!(
                assets.loader().unwrap().encoded(&headers),
                (Bytes::from(bytes), encoding),
                "{accept}"
            );
        }
    }

    #[test]
    fn only_what_browsers_ask_for_is_served() {
        let assets = Assets::from_files(bundle()).unwrap();
        assert!(assets.get("g.js").is_some());
        for name in ["manifest.json", "inputs", "l.js.br", "../l.js", ""] {
            assert!(assets.get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn bundle_that_lacks_a_part_is_refused() {
        for name in ["manifest.json", "w.wasm"] {
            let mut files = bundle();
            files.remove(name);
            assert!(Assets::from_files(files).unwrap_err().found.contains(name));
        }
    }
}
