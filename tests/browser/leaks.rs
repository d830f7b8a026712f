//! A form that comes and goes a hundred times leaves nothing behind: no listener, no node, no heap.
//!
//! Apart because it counts what the browser holds, which no visitor sees. The page stays as it is all the while, as in a
//! host page that moves from view to view without loading anything.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::house::on_page;

/// Most bytes by which the heap may grow over a hundred mounts.
const HEAP_GROWTH_MAX: f64 = 100_000.0;

/// Mounts a form so many times, waits each time until it can be used, types, and takes it off again.
const MOUNT: &str = r"
    const done = arguments[arguments.length - 1];
    (async () => {
        for (let count = 0; count < arguments[0]; count++) {
            const element = document.createElement('lead-form');
            element.setAttribute('form', 'callback');
            const ready = new Promise((ready) => element.addEventListener('lead-form:ready', ready, { once: true }));
            document.body.append(element);
            await ready;
            const control = element.shadowRoot.querySelector('[name=first_name]');
            control.value = 'Ada';
            control.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise((next) => requestAnimationFrame(next));
            element.remove();
            await new Promise((next) => setTimeout(next));
        }
        sessionStorage.clear();
        done(true);
    })();
";

async fn mount(browser: &Browser, times: usize) {
    // In parts, each within the driver's patience.
    for _ in 0..times / 10 {
        let mounted = browser.driver.execute_async(MOUNT, vec![json!(10)]).await.unwrap();
        assert_eq!(mounted.json(), &json!(true));
    }
}

/// Listeners of an object of the page.
pub(crate) async fn listeners(browser: &Browser, object: &str) -> usize {
    let found = browser.cdp("Runtime.evaluate", json!({ "expression": object })).await;
    let found = browser
        .cdp("DOMDebugger.getEventListeners", json!({ "objectId": found["result"]["objectId"] }))
        .await;
    found["listeners"].as_array().unwrap().len()
}

/// Bytes of the heap, nodes and listeners, with the garbage away.
async fn held(browser: &Browser) -> [f64; 3] {
    for _ in 0..3 {
        browser.cdp("HeapProfiler.collectGarbage", json!({})).await;
    }
    let metrics = browser.cdp("Performance.getMetrics", json!({})).await;
    let metrics = metrics["metrics"].as_array().unwrap().clone();
    ["JSHeapUsedSize", "Nodes", "JSEventListeners"].map(|name| {
        metrics
            .iter()
            .find(|metric| metric["name"] == name)
            .and_then(|metric| metric["value"].as_f64())
            .unwrap()
    })
}

#[tokio::test]
async fn hundred_mounts_leave_nothing_behind() {
    on_page("plain.html", async |_house, browser| {
        for domain in ["Performance.enable", "HeapProfiler.enable"] {
            let _enabled: Value = browser.cdp(domain, json!({})).await;
        }
        browser.until("the script", "return customElements.get('lead-form') && 1", &[]).await;
        browser.run("document.querySelector('lead-form').remove()", &[]).await;
        // What is made once, and what the engine keeps for speed, is there after these.
        mount(browser, 30).await;
        let (window, document) = (listeners(browser, "window").await, listeners(browser, "document").await);
        let before = held(browser).await;
        mount(browser, 100).await;
        let after = held(browser).await;
        assert_eq!(listeners(browser, "window").await, window, "listeners on window");
        assert_eq!(listeners(browser, "document").await, document, "listeners on document");
        assert!(after[0] - before[0] < HEAP_GROWTH_MAX, "heap, nodes, listeners: {before:?}, then {after:?}");
        assert!(after[1] <= before[1], "heap, nodes, listeners: {before:?}, then {after:?}");
        assert!(after[2] <= before[2], "heap, nodes, listeners: {before:?}, then {after:?}");
    })
    .await;
}
