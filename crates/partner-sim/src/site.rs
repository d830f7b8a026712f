//! A partner's website on loopback: static files on an origin of their own, so that the form meets a foreign host page.
//!
//! In `.html` files `{{proxy}}` and `{{site}}` become the two addresses. A file `NAME.html.headers` beside `NAME.html`
//! adds response headers to it (one `Name: value` a line, the same two placeholders), for host pages with a policy. Where
//! only `NAME.WORD.html.headers` is there, `NAME.WORD.html` is the page `NAME.html` with those headers.

use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, RwLock};

use anyhow::{Context as _, bail};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::server::{self, Server};

/// Keeps the website serving; dropping it ends it.
pub struct Site {
    files: Arc<Files>,
    server: Server,
}

struct Files {
    dir: PathBuf,
    site_url: String,
    proxy_url: RwLock<String>,
}

/// Serves the files of `dir` in the background; they are read anew for each request.
///
/// # Errors
/// When `dir` is not a directory, or `listen` is not on loopback or cannot be bound.
pub async fn start(
    dir: impl AsRef<Path>,
    listen: SocketAddr,
    proxy_url: impl Into<String>,
) -> anyhow::Result<Site> {
    start_with(dir, listen, proxy_url, Router::new()).await
}

/// The same with routes beside the files.
pub(crate) async fn start_with(
    dir: impl AsRef<Path>,
    listen: SocketAddr,
    proxy_url: impl Into<String>,
    routes: Router,
) -> anyhow::Result<Site> {
    let dir = dir.as_ref().to_owned();
    if !dir.is_dir() {
        bail!("{} is not a directory: expected the files of the website there", dir.display());
    }
    let listener = server::bind(listen).await?;
    let addr = listener.local_addr().context("the website's socket has no address")?;
    let proxy_url = RwLock::new(without_slash(proxy_url.into()));
    let files = Arc::new(Files { dir, site_url: format!("http://{addr}"), proxy_url });
    let files_routes = Router::new().fallback(get(get_file)).with_state(Arc::clone(&files));
    let router = routes.merge(files_routes);
    Ok(Site { files, server: Server::start(listener, addr, router) })
}

impl Site {
    /// Tells the bound address, with the port that was found when 0 was asked for.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Tells the root of the website, without a slash at the end: its origin.
    pub fn url(&self) -> String {
        self.files.site_url.clone()
    }

    /// Changes what `{{proxy}}` stands for, for a proxy that wants to know this website's origin before it starts.
    pub fn set_proxy_url(&self, proxy_url: impl Into<String>) {
        let proxy_url = without_slash(proxy_url.into());
        match self.files.proxy_url.write() {
            Ok(mut current) => *current = proxy_url,
            // Only an assignment ever happens under the lock: whatever it holds is whole.
            Err(poisoned) => *poisoned.into_inner() = proxy_url,
        }
    }

    /// Stops listening and cuts every open connection; when this returns the port is free.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Files {
    fn fill(&self, text: &str) -> String {
        let proxy_url =
            self.proxy_url.read().map_or_else(|poisoned| poisoned.into_inner().clone(), |url| url.clone());
        text.replace("{{proxy}}", &proxy_url).replace("{{site}}", &self.site_url)
    }

    /// Finds the file for a path; never one outside the directory, a hidden one or a `.headers` one.
    fn find(&self, path: &str) -> Option<PathBuf> {
        let relative = path.strip_prefix('/')?;
        let relative = Path::new(if relative.is_empty() { "index.html" } else { relative });
        let is_plain = relative.components().all(|part| match part {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
            _ => false,
        });
        (is_plain && relative.extension()? != "headers").then(|| self.dir.join(relative))
    }
}

async fn get_file(State(files): State<Arc<Files>>, uri: Uri) -> Response {
    let Some(path) = files.find(uri.path()) else { return not_found() };
    let Some(bytes) = read_page(&path).await else { return not_found() };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if path.extension().is_none_or(|extension| extension != "html") {
        return (headers, bytes).into_response();
    }
    match read_headers(&files, &path).await {
        Ok(extra) => headers.extend(extra),
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response(),
    }
    (headers, files.fill(&String::from_utf8_lossy(&bytes))).into_response()
}

/// Reads the file, or the page that a file of headers alone is for.
async fn read_page(path: &Path) -> Option<Vec<u8>> {
    if let Ok(bytes) = tokio::fs::read(path).await {
        return Some(bytes);
    }
    let page = path.with_extension("").with_extension("html");
    let is_alone = tokio::fs::try_exists(path.with_extension("html.headers")).await.ok()?;
    if is_alone && page != *path { tokio::fs::read(page).await.ok() } else { None }
}

/// Reads `NAME.html.headers`, if there is one.
async fn read_headers(files: &Files, page: &Path) -> anyhow::Result<HeaderMap> {
    let Ok(text) = tokio::fs::read_to_string(page.with_extension("html.headers")).await else {
        return Ok(HeaderMap::new());
    };
    let mut headers = HeaderMap::new();
    for (index, line) in files.fill(&text).lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("line {} of the page's .headers file: expected `Name: value`", index + 1);
        let (name, value) = line.split_once(':').with_context(place)?;
        let name: HeaderName = name.trim().parse().with_context(place)?;
        headers.append(name, value.trim().parse().with_context(place)?);
    }
    Ok(headers)
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such page on this website.\n").into_response()
}

fn without_slash(mut url: String) -> String {
    url.truncate(url.trim_end_matches('/').len());
    url
}
