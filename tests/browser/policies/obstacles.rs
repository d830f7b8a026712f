//! What may be in a form's way: what a host page's headers forbid, what of ours does not come, what a browser lacks.
//!
//! Apart because it is a table: each line says on which road the lead is expected to arrive, mode by mode.

use crate::gate::Passage::{self, Cut, Held, Missing};

/// From where the lead leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rung {
    /// The host page, and the Wasm.
    Page,
    /// The host page; the plain form that stands there before the Wasm.
    PagePlain,
    /// Our iframe.
    Frame,
    /// Our iframe, as plain HTML.
    FramePlain,
    /// The same, after the host page's plain form was refused: with what was typed there.
    FrameAfterPage,
    /// Our own page, by a link of the host page's: in mode `hosted` that is the way, elsewhere it stands between the tags.
    Own,
    /// Our own page, as plain HTML.
    OwnPlain,
}

impl Rung {
    /// As the table says it.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Page => "in the page",
            Self::PagePlain => "in the page, plain HTML",
            Self::Frame => "in the iframe",
            Self::FramePlain => "in the iframe, plain HTML",
            Self::FrameAfterPage => "in the iframe, plain HTML, with what was typed in the page",
            Self::Own => "by the link",
            Self::OwnPlain => "by the link, plain HTML",
        }
    }
}

/// What a browser lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lack {
    Nothing,
    Wasm,
    Scripts,
}

/// One line of the matrix.
pub(super) struct Obstacle {
    /// What it is, in Markdown.
    pub(super) name: &'static str,
    /// The host page's headers.
    pub(super) headers: &'static [&'static str],
    /// What does not come through, by a part of its path.
    pub(super) network: &'static [(&'static str, Passage)],
    pub(super) lack: Lack,
    /// Whether the script is included twice.
    pub(super) twice: bool,
    /// Nothing comes through while the visitor sends; then everything does again.
    pub(super) offline: bool,
    /// The roads: inline, iframe, hosted.
    pub(super) rungs: [Rung; 3],
}

const NONE: Obstacle = Obstacle {
    name: "nothing",
    headers: &[],
    network: &[],
    lack: Lack::Nothing,
    twice: false,
    offline: false,
    rungs: AS_ASKED,
};

/// As the embedder asked for it.
const AS_ASKED: [Rung; 3] = [Rung::Page, Rung::Frame, Rung::Own];
const FRAMED: [Rung; 3] = [Rung::Frame, Rung::Frame, Rung::Own];
const LINKED: [Rung; 3] = [Rung::Own; 3];
/// Where the Wasm runs nowhere, and the form of the host page is not touched before that is known.
const PLAIN: [Rung; 3] = [Rung::FramePlain, Rung::FramePlain, Rung::OwnPlain];

/// A host page with these headers.
const fn page(name: &'static str, headers: &'static [&'static str], rungs: [Rung; 3]) -> Obstacle {
    Obstacle { name, headers, rungs, ..NONE }
}

/// A network on which this happens.
const fn network(
    name: &'static str,
    network: &'static [(&'static str, Passage)],
    rungs: [Rung; 3],
) -> Obstacle {
    Obstacle { name, network, rungs, ..NONE }
}

/// The directives of the first lines, each of which is there without one of them: what a mode needs is what it misses.
pub(super) const NEEDS: [&str; 4] =
    ["script-src {{proxy}}", "'wasm-unsafe-eval'", "connect-src {{proxy}}", "frame-src {{proxy}}"];

const POLICIES: &[Obstacle] = &[
    page(
        "all that any mode needs: `default-src 'none'; script-src PROXY 'wasm-unsafe-eval'; connect-src PROXY; frame-src PROXY`",
        &[
            "Content-Security-Policy: default-src 'none'; script-src {{proxy}} 'wasm-unsafe-eval'; connect-src {{proxy}}; frame-src {{proxy}}",
        ],
        AS_ASKED,
    ),
    page(
        "the same without `script-src`",
        &["Content-Security-Policy: default-src 'none'; connect-src {{proxy}}; frame-src {{proxy}}"],
        LINKED,
    ),
    page(
        "without `'wasm-unsafe-eval'`",
        &[
            "Content-Security-Policy: default-src 'none'; script-src {{proxy}}; connect-src {{proxy}}; frame-src {{proxy}}",
        ],
        FRAMED,
    ),
    page(
        "without `connect-src`",
        &[
            "Content-Security-Policy: default-src 'none'; script-src {{proxy}} 'wasm-unsafe-eval'; frame-src {{proxy}}",
        ],
        FRAMED,
    ),
    page(
        "without `frame-src`",
        &[
            "Content-Security-Policy: default-src 'none'; script-src {{proxy}} 'wasm-unsafe-eval'; connect-src {{proxy}}",
        ],
        [Rung::Page, Rung::Own, Rung::Own],
    ),
    page(
        "`default-src 'none'; script-src PROXY`",
        &["Content-Security-Policy: default-src 'none'; script-src {{proxy}}"],
        LINKED,
    ),
    page("`default-src 'self'`", &["Content-Security-Policy: default-src 'self'"], LINKED),
    page(
        "styles by nonce alone: `style-src 'nonce-…'`",
        &["Content-Security-Policy: style-src 'nonce-c3R5bGU'; style-src-attr 'none'"],
        AS_ASKED,
    ),
    page(
        "`script-src 'nonce-…' 'strict-dynamic' 'wasm-unsafe-eval'`, the nonce on the script tag",
        &[
            "Content-Security-Policy: script-src 'nonce-bm9uY2U' 'strict-dynamic' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'",
        ],
        AS_ASKED,
    ),
    page(
        "`script-src 'nonce-…' 'strict-dynamic'`",
        &[
            "Content-Security-Policy: script-src 'nonce-bm9uY2U' 'strict-dynamic'; object-src 'none'; base-uri 'none'",
        ],
        FRAMED,
    ),
    page("`form-action 'none'`", &["Content-Security-Policy: form-action 'none'"], AS_ASKED),
    page("`form-action 'self'`", &["Content-Security-Policy: form-action 'self'"], AS_ASKED),
    page(
        "`require-trusted-types-for 'script'; trusted-types 'none'`",
        &["Content-Security-Policy: require-trusted-types-for 'script'; trusted-types 'none'"],
        AS_ASKED,
    ),
    page(
        "`sandbox allow-scripts allow-same-origin allow-forms`",
        &["Content-Security-Policy: sandbox allow-scripts allow-same-origin allow-forms"],
        AS_ASKED,
    ),
    page(
        "`sandbox allow-scripts allow-same-origin`, which lets no form be sent",
        &["Content-Security-Policy: sandbox allow-scripts allow-same-origin"],
        AS_ASKED,
    ),
    page(
        "`sandbox allow-scripts allow-forms`: an origin that is on nobody's list",
        &["Content-Security-Policy: sandbox allow-scripts allow-forms"],
        LINKED,
    ),
    page("`sandbox`", &["Content-Security-Policy: sandbox"], LINKED),
    page(
        "`Permissions-Policy` with everything off",
        &[
            "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), fullscreen=(), sync-xhr=(), clipboard-write=(), storage-access=()",
        ],
        AS_ASKED,
    ),
    page("`Cross-Origin-Opener-Policy: same-origin`", &["Cross-Origin-Opener-Policy: same-origin"], AS_ASKED),
    page(
        "`Cross-Origin-Embedder-Policy: require-corp` with the line above",
        &["Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Embedder-Policy: require-corp"],
        AS_ASKED,
    ),
    page(
        "`Cross-Origin-Embedder-Policy: credentialless`",
        &["Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Embedder-Policy: credentialless"],
        AS_ASKED,
    ),
    page(
        "`Cross-Origin-Resource-Policy: same-origin`, `X-Frame-Options: DENY`",
        &["Cross-Origin-Resource-Policy: same-origin", "X-Frame-Options: DENY"],
        AS_ASKED,
    ),
    page("`Referrer-Policy: no-referrer`", &["Referrer-Policy: no-referrer"], AS_ASKED),
];

const OTHERS: &[Obstacle] = &[
    NONE,
    Obstacle { name: "the script included twice", twice: true, ..NONE },
    // Our own pages lack it as well.
    network("the script does not come", &[("embed.js", Missing)], [Rung::OwnPlain; 3]),
    network("the Wasm's other half, its script, does not come", &[("/assets/form.*.js", Missing)], PLAIN),
    network("the Wasm does not come", &[(".wasm", Missing)], PLAIN),
    network(
        "the Wasm does not come in time",
        &[(".wasm", Held)],
        [Rung::PagePlain, Rung::FramePlain, Rung::OwnPlain],
    ),
    Obstacle {
        name: "the same, and `form-action 'none'`",
        headers: &["Content-Security-Policy: form-action 'none'"],
        network: &[(".wasm", Held)],
        rungs: [Rung::FrameAfterPage, Rung::FramePlain, Rung::OwnPlain],
        ..NONE
    },
    network("the styles do not come", &[("/assets/form.*.css", Missing)], FRAMED),
    network("the form's definition does not come", &[("/fragment", Missing)], FRAMED),
    network("its connection is cut", &[("/fragment", Cut)], FRAMED),
    network("the iframe's page is cut too", &[("/fragment", Cut), ("/embed/", Cut)], LINKED),
    Obstacle { name: "offline while sending, then online", offline: true, ..NONE },
    Obstacle { name: "a browser without WebAssembly", lack: Lack::Wasm, rungs: PLAIN, ..NONE },
    Obstacle {
        name: "a browser without JavaScript",
        lack: Lack::Scripts,
        rungs: [Rung::OwnPlain; 3],
        ..NONE
    },
];

pub(super) fn obstacles() -> impl Iterator<Item = &'static Obstacle> {
    POLICIES.iter().chain(OTHERS)
}
