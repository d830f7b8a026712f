//! Forged, replayed and foreign messages between a frame and the page around it change nothing on either side.
//!
//! Apart because everything here is said by somebody who has no business to: the page itself, a frame of its origin, one of
//! another, and our own frame of another form.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;

/// Two forms in iframes of ours, one bare iframe of ours, and two puppets that say what they are told.
const PAGE: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>A host page</title>
    <script src="{{proxy}}/embed.js" async></script>
    <lead-form form="callback" mode="iframe"></lead-form>
    <lead-form form="callback" mode="iframe"></lead-form>
    <iframe name="near" src="puppet.html"></iframe>
    <iframe name="foreign"></iframe>
    <iframe name="bare" src="{{proxy}}/embed/callback?instance=bare&parent={{site}}"></iframe>
    <script>
      frames.foreign.location = location.origin.replace("127.0.0.1", "localhost") + "/puppet.html";
      window.heard = []; window.genuine = []; window.done = []; window.here = [];
      for (const name of ["ready", "started", "step", "problem", "submitted", "received", "delivered", "failed"])
        document.addEventListener("lead-form:" + name, (event) => heard.push(name));
      addEventListener("message", ({ data }) => {
        if (data?.done) done.push(data.done);
        else if (data?.here) here.push(data.here);
        else genuine.push(data);
      });
    </script></html>"#;
const PUPPET: &str = r#"<!doctype html><meta charset="utf-8"><title>A puppet</title><script>
    addEventListener("message", ({ data }) => {
      for (const message of data.messages) (data.to === "host" ? parent : parent.frames[data.to]).postMessage(message, "*");
      parent.postMessage({ done: data.order }, "*");
    });
    parent.postMessage({ here: location.origin }, "*");
    </script>"#;

/// What is said, to whoever goes by this name. The first are right in everything but who says them.
const KINDS: &str = r#"
    const kinds = (instance) => [
      { leadForm: instance, type: "height", height: 4321, title: "forged" },
      { leadForm: instance, type: "height", height: 1 },
      { leadForm: instance, type: "event", name: "ready", detail: { form: "callback" } },
      { leadForm: instance, type: "event", name: "received", detail: { form: "callback", receipt: "forged" } },
      { leadForm: instance, type: "event", name: "delivered", detail: { form: "callback", receipt: "forged" } },
      { leadForm: instance, type: "event", name: "failed", detail: { code: "form_not_found" } },
      { leadForm: instance, type: "event", name: "ready\"><img src=x onerror=ran()>", detail: {} },
      ...broken(instance),
    ];
    // Wrong in themselves: nothing of these may be heeded, whoever says them.
    const broken = (instance) => [
      { leadForm: instance + "0", type: "height", height: 4321 },
      { leadForm: instance.slice(1), type: "event", name: "received", detail: { receipt: "forged" } },
      { leadForm: [instance], type: "height", height: 4321 },
      { leadForm: { toString: 1 }, type: "height", height: 4321 },
      { leadForm: "", type: "height", height: 4321 },
      { leadForm: true, type: "event", name: "received", detail: {} },
      { type: "height", height: 4321 },
      { leadForm: instance, type: "submit" },
      { leadForm: instance, type: "reload" },
      { leadForm: instance, type: "constructor", name: "reload" },
      { leadForm: instance },
      JSON.stringify({ leadForm: instance, type: "height", height: 4321 }),
      null, undefined, 4321, true, instance, [instance], [], {},
      { leadForm: { leadForm: instance }, type: "fill", values: { last_name: "forged" } },
      { leadForm: instance + "0", type: "fill", values: { last_name: "forged" } },
      { leadForm: instance + "0", type: "call", method: "submit", name: "submit", arguments: [] },
    ];
    const frameOf = (at) => document.querySelectorAll("lead-form")[at].shadowRoot.querySelector("iframe");
    const instanceOf = (at) => JSON.parse(frameOf(at).name).instance;
"#;

/// What a message could have changed on the host page.
const STATE: &str = r#"return [0, 1].map((at) => {
        const frame = document.querySelectorAll("lead-form")[at].shadowRoot.querySelector("iframe");
        return [frame.clientHeight, frame.title, frame.src, frame.name];
    }).concat([heard.length, window.ran === undefined, document.querySelectorAll("lead-form").length])"#;

/// What one could have changed inside: values, problems, phase, and that anything was sent.
const INSIDE: &str = r"return [
    Array.from(root.querySelectorAll('[name]')).map(control => control.value), root.querySelectorAll('.lf-problem').length, state()]";

struct Stage<'a> {
    house: &'a House,
    browser: &'a Browser,
}

impl Stage<'_> {
    async fn host(&self, script: &str, arguments: &[Value]) -> Value {
        self.browser.driver.enter_default_frame().await.unwrap();
        self.browser.run(&format!("{KINDS}{script}"), arguments).await
    }

    /// Waits until everything that was said in this order has been heard or passed over.
    async fn carried_out(&self, order: &str) {
        self.browser.driver.enter_default_frame().await.unwrap();
        self.browser.until(order, "return done.includes(arguments[0])", &[json!(order)]).await;
    }

    /// Goes into the frame of the form at this place.
    async fn enter(&self, at: usize) {
        self.browser.driver.enter_default_frame().await.unwrap();
        let find = format!("{KINDS} return frameOf({at})");
        let frame = self.browser.driver.execute(find, vec![]).await.unwrap().element().unwrap();
        frame.enter_frame().await.unwrap();
    }

    async fn state(&self) -> Value {
        let host = self.host(STATE, &[]).await;
        let mut all = vec![host];
        for at in [0, 1] {
            self.enter(at).await;
            all.push(FormOnPage::without_scripts(self.browser).read(INSIDE).await);
        }
        self.browser.driver.enter_default_frame().await.unwrap();
        json!([all, self.house.sim.takepayments().ledger().requests.len()])
    }

    /// Everything is said once; `old` is what the first frame itself has said, before it was loaded anew.
    async fn say_everything(&self, old: &Value) {
        for puppet in ["near", "foreign"] {
            let say = "const messages = kinds(instanceOf(0)).concat(arguments[1]);
                frames[arguments[0]].postMessage({ to: 'host', messages, order: arguments[0] }, '*');
                frames[arguments[0]].postMessage({ to: 'bare', messages: kinds('bare'), order: arguments[0] + ' to bare' }, '*')";
            self.host(say, &[json!(puppet), old.clone()]).await;
            self.carried_out(puppet).await;
            self.carried_out(&format!("{puppet} to bare")).await;
        }
        let own =
            "for (const message of kinds(instanceOf(0)).concat(arguments[0])) postMessage(message, '*');
            for (const message of broken(instanceOf(0))) frameOf(0).contentWindow.postMessage(message, '*');
            postMessage({ done: 'own' }, '*')";
        self.host(own, std::slice::from_ref(old)).await;
        self.carried_out("own").await;
        let instance = self.host("return instanceOf(0)", &[]).await;
        self.enter(1).await;
        let other = "for (const message of kinds(arguments[0]).concat(arguments[1])) parent.postMessage(message, '*');
            parent.postMessage({ done: 'our other frame' }, '*')";
        self.browser.run(&format!("{KINDS}{other}"), &[instance.clone(), old.clone()]).await;
        self.carried_out("our other frame").await;
        // The right frame itself, with what is wrong whoever says it, and with what it said before it was loaded anew.
        self.enter(0).await;
        let right = "for (const message of broken(arguments[0]).concat(arguments[1])) parent.postMessage(message, '*');
            parent.postMessage({ done: 'the right frame' }, '*')";
        self.browser.run(&format!("{KINDS}{right}"), &[instance, old.clone()]).await;
        self.carried_out("the right frame").await;
    }
}

#[tokio::test]
async fn forged_replayed_and_foreign_messages_change_nothing() {
    let pages = tempfile::tempdir().unwrap();
    std::fs::write(pages.path().join("host.html"), PAGE).unwrap();
    std::fs::write(pages.path().join("puppet.html"), PUPPET).unwrap();
    let house = House::start_behind_gate(pages.path()).await;
    let browser = Browser::start().await;
    browser.goto(&house.page("host.html")).await;
    let stage = Stage { house: &house, browser: &browser };
    browser
        .until(
            "the puppets and both forms",
            "return here.length === 2 && heard.filter(n => n === 'ready').length === 2",
            &[],
        )
        .await;
    // What the first frame says of itself is kept, and then it is another frame.
    let said = "return genuine.filter((message) => message.leadForm === instanceOf(0))";
    let old = stage.host(said, &[]).await;
    assert!(old.as_array().unwrap().len() > 1, "{old}");
    stage.host("heard.length = 0; document.querySelector('lead-form').reload()", &[]).await;
    browser.until("the first form anew", "return heard.includes('ready')", &[]).await;
    for at in [0, 1] {
        stage.enter(at).await;
        FormOnPage::on(&browser).await.named("first_name").await.send_keys("Ada").await.unwrap();
    }
    stage.host("", &[]).await;
    browser
        .until("the frames told of it", "return heard.filter(n => n === 'started').length === 2", &[])
        .await;

    let before = stage.state().await;
    stage.say_everything(&old).await;
    assert_eq!(stage.state().await, before, "somebody was heeded");
    // The same by whom it may be said is heeded: the silence above was no deafness.
    let instance = stage.host("return instanceOf(0)", &[]).await;
    stage.enter(0).await;
    let right = "parent.postMessage(kinds(arguments[0])[0], '*')";
    browser.run(&format!("{KINDS}{right}"), &[instance]).await;
    stage.host("", &[]).await;
    browser
        .until("the right frame is heeded", &format!("{KINDS} return frameOf(0).title === 'forged'"), &[])
        .await;
    browser.stop().await;
    house.stop().await;
}
