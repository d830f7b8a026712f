//! A page that has pinned an older version of our files, after an upgrade.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::StatusCode;

use crate::app::TestApp;

/// Writes a bundle whose every file says the same, under names made of that; gives its loader's.
fn write_bundle(dir: &Path, text: &str) -> String {
    std::fs::create_dir(dir).unwrap();
    let hash = digest(&SHA256, text.as_bytes());
    let hash: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        ("loader", "js"),
        ("first", "js"),
        ("more", "js"),
        ("signed", "js"),
        ("glue", "js"),
        ("wasm", "wasm"),
        ("styles", "css"),
        ("later", "css"),
    ];
    let mut manifest = serde_json::Map::new();
    for (part, ending) in parts {
        let file = format!("{part}.{hash}.{ending}");
        std::fs::write(dir.join(&file), text).unwrap();
        manifest.insert(part.to_owned(), serde_json::json!({ "file": file }));
    }
    std::fs::write(dir.join("manifest.json"), serde_json::Value::from(manifest).to_string()).unwrap();
    format!("/assets/loader.{hash}.js")
}

#[tokio::test]
async fn files_of_an_older_version_are_served_after_an_upgrade_where_an_archive_keeps_them() {
    for (archive, after) in [("archive = \"kept\"", StatusCode::OK), ("", StatusCode::NOT_FOUND)] {
        let mut old = String::new();
        let mut app = TestApp::start_with(|text| {
            let dir = text.store.with_file_name("old");
            old = write_bundle(&dir, "/* old */");
            let kept = text.store.with_file_name("kept").display().to_string();
            text.assets = archive.replace("kept", &kept);
            text.assets_dir = Some(dir);
        })
        .await;
        let served = app.get(&old).await;
        assert_eq!((served.status, served.text.as_str()), (StatusCode::OK, "/* old */"));
        assert_eq!(
            served.header("access-control-allow-origin"),
            "*",
            "integrity is checked under CORS alone"
        );
        let mut new = String::new();
        app.restart(|text| {
            let dir = text.store.with_file_name("new");
            new = write_bundle(&dir, "/* new */");
            text.assets_dir = Some(dir);
        })
        .await;
        assert_eq!(app.get(&old).await.status, after, "{archive}");
        assert_eq!(app.get(&new).await.text, "/* new */");
        assert_eq!(app.get("/embed.js").await.text, "/* new */");
    }
}
