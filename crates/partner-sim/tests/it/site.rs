//! A partner's website: placeholders, headers, and no file but those meant.

use std::net::SocketAddr;
use std::path::Path;

use partner_sim::site::{self, Site};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::house::{get_text, read_to_end};

async fn serve(dir: &Path) -> Site {
    site::start(dir, SocketAddr::from(([127, 0, 0, 1], 0)), "http://127.0.0.1:1/").await.unwrap()
}

fn dir_with(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

#[tokio::test]
async fn html_names_the_addresses_and_other_files_stay_as_they_are() {
    let dir = dir_with(&[("index.html", "{{proxy}} {{site}}"), ("page.css", "/* {{proxy}} */")]);
    let site = serve(dir.path()).await;
    assert_eq!(get_text(format!("{}/", site.url())).await, format!("http://127.0.0.1:1 {}", site.url()));
    assert_eq!(get_text(format!("{}/page.css", site.url())).await, "/* {{proxy}} */");
    site.set_proxy_url("http://127.0.0.1:2");
    assert!(get_text(format!("{}/index.html", site.url())).await.starts_with("http://127.0.0.1:2 "));
    let addr = site.addr();
    site.stop().await;
    drop(tokio::net::TcpListener::bind(addr).await.expect("the port is free once stopped"));
}

#[tokio::test]
async fn headers_file_adds_headers_to_its_page_only() {
    let dir = dir_with(&[
        ("strict.html", "strict"),
        (
            "strict.html.headers",
            "Content-Security-Policy: script-src {{proxy}} 'wasm-unsafe-eval'\n\nX-One: 1\n",
        ),
        ("plain.html", "plain"),
        ("broken.html", "broken"),
        ("broken.html.headers", "no colon"),
    ]);
    let site = serve(dir.path()).await;
    let get = |name: &str| reqwest::get(format!("{}/{name}", site.url()));
    let strict = get("strict.html").await.unwrap();
    assert_eq!(
        strict.headers()["content-security-policy"],
        "script-src http://127.0.0.1:1 'wasm-unsafe-eval'"
    );
    assert_eq!(
        (strict.headers()["x-one"].as_bytes(), strict.headers()["content-type"].as_bytes()),
        (&b"1"[..], &b"text/html; charset=utf-8"[..])
    );
    assert!(get("plain.html").await.unwrap().headers().get("x-one").is_none());
    let broken = get("broken.html").await.unwrap();
    assert_eq!(broken.status(), 500);
    assert!(broken.text().await.unwrap().contains("line 1 of the page's .headers file"));
}

#[tokio::test]
async fn headers_alone_make_another_page_of_the_one_that_is_there() {
    let dir = dir_with(&[
        ("host.html", "host"),
        ("host.strict.html.headers", "X-One: 1"),
        ("nobody.strict.html.headers", "X-One: 1"),
    ]);
    let site = serve(dir.path()).await;
    let get = |name: &str| reqwest::get(format!("{}/{name}", site.url()));
    assert!(get("host.html").await.unwrap().headers().get("x-one").is_none());
    let strict = get("host.strict.html").await.unwrap();
    assert_eq!(strict.headers()["x-one"], "1");
    assert_eq!(strict.text().await.unwrap(), "host");
    for name in ["host.other.html", "nobody.strict.html", "nobody.html"] {
        assert_eq!(get(name).await.unwrap().status(), 404, "{name}");
    }
}

#[tokio::test]
async fn files_outside_or_hidden_are_not_served() {
    let files = [
        ("index.html.headers", ""),
        (".hidden.txt", "secret"),
        ("secret.txt", "secret"),
        ("open.txt", "open"),
    ];
    let dir = dir_with(&files);
    let public = dir.path().join("public");
    std::fs::create_dir(&public).unwrap();
    std::fs::write(public.join("open.txt"), "open").unwrap();
    check_served(&public, "/open.txt", true).await;
    check_served(&public, "/../secret.txt", false).await;
    check_served(&public, "/..%2fsecret.txt", false).await;
    check_served(&public, "/./../secret.txt", false).await;
    check_served(&public, &format!("/{}/secret.txt", dir.path().display()), false).await;
    check_served(dir.path(), "/public/open.txt", true).await;
    check_served(dir.path(), "/public/../secret.txt", false).await;
    check_served(dir.path(), "/.hidden.txt", false).await;
    check_served(dir.path(), "/index.html.headers", false).await;
    check_served(dir.path(), "/nothing.txt", false).await;
    check_served(dir.path(), "/open.txt/", false).await;
}

/// Asks over a bare stream, because a URL library would walk up the path itself.
async fn check_served(dir: &Path, path: &str, served: bool) {
    let site = serve(dir).await;
    let mut stream = TcpStream::connect(site.addr()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (bytes, _) = read_to_end(&mut stream).await;
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let start = if served { "HTTP/1.1 200 " } else { "HTTP/1.1 404 " };
    assert!(answer.starts_with(start) && answer.ends_with("open") == served, "{path}: {answer}");
}

#[tokio::test]
async fn directory_that_is_not_there_is_refused_at_start() {
    let error =
        site::start("nowhere", SocketAddr::from(([127, 0, 0, 1], 0)), "").await.map(drop).unwrap_err();
    assert!(error.to_string().contains("nowhere is not a directory"), "{error}");
}
