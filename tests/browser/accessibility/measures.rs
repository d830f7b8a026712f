//! What can be measured of a form that stands: sizes, and what is said of it.

use serde_json::Value;

use crate::browser::Browser;
use crate::tree::tree;

/// Roles of what a visitor fills in or presses.
const CONTROLS: &[&str] = &["textbox", "combobox", "radiogroup", "radio", "checkbox", "button"];

/// Reads every control aloud: each has a name, and each that is wrong says why. Gives how many lines were read.
pub(super) async fn read_aloud(browser: &Browser, what: &str) -> usize {
    let lines = tree(browser).await;
    let controls =
        lines.iter().filter(|line| CONTROLS.iter().any(|role| line.starts_with(&format!("{role} "))));
    let mut read = 0;
    for line in controls {
        assert!(!line.contains("\"\""), "{what}: nothing is said of {line}");
        let (told, why) = line.rsplit_once("\" ").unwrap_or((line, ""));
        let is_wrong = why.split(':').next().unwrap_or_default().split(' ').any(|word| word == "invalid");
        assert!(!is_wrong || why.contains(": "), "{what}: {told} is wrong, and nobody is told why: {line}");
        read += 1;
    }
    assert!(read > 3, "{what}: {lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("status ") && line.contains("live=polite")),
        "{what}: {lines:#?}"
    );
    if lines.iter().any(|line| line.contains(" invalid")) {
        assert!(
            lines.iter().any(|line| line.starts_with("alert ") && line.contains("live=assertive")),
            "{what}: {lines:#?}"
        );
    }
    read
}

/// Whatever is wrong about sizes: targets below 24 by 24, a page that scrolls sideways, text that is cut off.
const WRONG: &str = r"
    const wrong = [], root = document.querySelector('lead-form');
    const shown = (node) => node.getClientRects().length > 0 && getComputedStyle(node).visibility === 'visible';
    for (const node of root.querySelectorAll('input:not([type=hidden]), select, textarea, button, a[href]')) {
        // Links in a sentence, and what nobody is to find.
        if (!shown(node) || node.tabIndex < 0 || (node.tagName === 'A' && getComputedStyle(node).display === 'inline')) continue;
        const boxes = [node, ...(/radio|checkbox/.test(node.type) ? node.labels : [])].map((one) => one.getBoundingClientRect());
        if (!boxes.some(({ width, height }) => width >= 24 && height >= 24)) wrong.push(`${node.name || node.textContent}: ${boxes.map((box) => `${box.width} x ${box.height}`)}`);
    }
    const { scrollWidth, clientWidth } = document.scrollingElement;
    if (scrollWidth > clientWidth) wrong.push(`the page is ${scrollWidth} wide, the screen ${clientWidth}`);
    for (const node of root.querySelectorAll('*')) {
        const { overflowX, overflowY, position, clip, clipPath } = getComputedStyle(node);
        const hidden = position === 'absolute' && (clip !== 'auto' || clipPath !== 'none');
        if (!shown(node) || hidden || !/hidden|clip/.test(overflowX + overflowY) || node.closest('select,input,textarea')) continue;
        if (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1) wrong.push(`${node.className} cuts off ${node.textContent}`);
    }
    return wrong";

/// Holds the page to the sizes that everybody can hit and read.
pub(super) async fn hold(browser: &Browser, what: &str) {
    let wrong = browser.run(WRONG, &[]).await;
    assert_eq!(wrong, Value::Array(Vec::new()), "{what}");
}

/// Spaces text out as criterion 1.4.12 has it.
pub(super) async fn space_out(browser: &Browser) {
    let script = r"
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }');
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        return document.adoptedStyleSheets.length";
    assert!(browser.run(script, &[]).await.as_u64() > Some(0));
}
