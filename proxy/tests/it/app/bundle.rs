//! Browser files of a few bytes each, whole as a bundle: for tests to which it matters how they are served, not what they do.

use super::ConfigText;

/// Every file but the manifest.
const FILES: &[(&str, &str)] = &[
    ("loader.1.js", "let loader"),
    ("loader.1.js.br", "packed"),
    ("first.1.js", "let first"),
    ("more.1.js", "let more"),
    ("signed.1.js", "let signed"),
    ("form.1.js", "let glue"),
    ("form.1.wasm", "wasm"),
    ("form.1.css", ".lf{color:red}"),
    ("later.1.css", ".lf-thanks{color:red}"),
];
const MANIFEST: &str = r#"{"loader":{"file":"loader.1.js"},"first":{"file":"first.1.js"},"more":{"file":"more.1.js"},"signed":{"file":"signed.1.js"},"glue":{"file":"form.1.js"},"wasm":{"file":"form.1.wasm"},"styles":{"file":"form.1.css"},"later":{"file":"later.1.css"}}"#;

/// Has the proxy serve them; these are written over, or beside.
pub fn with_bundle(config: &mut ConfigText, other: &[(&str, &[u8])]) {
    let dir = config.store.with_file_name("assets");
    std::fs::create_dir(&dir).unwrap();
    let files = FILES.iter().map(|(name, text)| (*name, text.as_bytes()));
    for (name, bytes) in files.chain([("manifest.json", MANIFEST.as_bytes())]).chain(other.iter().copied()) {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
    config.assets_dir = Some(dir);
}
