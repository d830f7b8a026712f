//! Each state as a person sees it: axe finds nothing in it, it fits a width of 320, and pictures are kept of it for people to
//! look at where `LEAD_FORM_PANEL_SHOTS` names a folder.

use std::path::PathBuf;

use lead_proxy::signed::Scope;
use partner_sim::Fault;
use serde_json::json;

use super::Panel;
use crate::drivers::Engine;
use crate::kindness::axe;

/// Widths that the panel is looked at in, and the schemes.
const SCREENS: [(u32, &str); 4] = [(320, "dark"), (390, "light"), (1280, "dark"), (1280, "light")];

fn people(house: &crate::house::House) {
    let bank = house.sim.algbra();
    let people = [
        ("Ada", "Lovelace", "ada@analytical.example", "+442079460018"),
        ("Grace", "Hopper", "grace@navy.example", "+442079460019"),
        ("Katherine", "Johnson", "katherine@langley.example", "+442079460020"),
        ("Radia", "Perlman", "radia@spanning-tree.example", "+442079460021"),
        ("Hedy", "Lamarr", "hedy@frequency.example", "+442079460022"),
        ("Mary", "Somerville", "mary@physical-sciences.example", "+442079460023"),
    ];
    for (number, (first, last, email, phone)) in people.into_iter().enumerate() {
        let person = json!({
            "externalReference": format!("0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c{number:02}"),
            "firstName": first, "lastName": last, "email": email, "phoneNumber": phone, "dateOfBirth": "1990-01-31",
            "address": { "type": "STRUCTURED", "line1": "12 St James's Square", "line3": "London", "postcode": "SW1Y 4JH", "country": "GBR" },
        });
        bank.insert(&person).unwrap();
    }
    bank.seed(22);
}

impl Panel {
    /// Looks at what is shown now, in each width and scheme.
    async fn look(&self, state: &str) {
        for (width, scheme) in SCREENS {
            self.browser.show_as(width, 1_000, scheme).await;
            self.until("it fits", "return document.documentElement.scrollWidth <= innerWidth").await;
            if let Some(folder) = std::env::var_os("LEAD_FORM_PANEL_SHOTS") {
                let path = PathBuf::from(folder).join(format!("{state}-{width}-{scheme}.png"));
                self.browser.screenshot(&path, width, 1_000).await;
            }
            assert_eq!(axe(&self.browser).await, [""; 0], "{state}, {width}, {scheme}");
        }
    }

    /// Without the CRM's page around it, as the page of the whole window.
    async fn alone(&self, scope: Scope, more: &str) {
        let token = self.house.panel_token(self.account, scope, None, super::LIFE);
        let path = format!("/panel/{}?locale=en{more}#token={token}", self.account);
        self.browser.goto("about:blank").await;
        self.browser.goto(&self.house.own(&path)).await;
    }
}

#[tokio::test]
async fn every_state_of_reading_is_kind_to_each_eye_and_fits() {
    let panel = Panel::start_in(Engine::Chromium, "algbra", Scope::Write, people).await;
    panel.alone(Scope::Write, "").await;
    panel.rows(25).await;
    panel.look("list").await;
    panel.until("opened", "rows()[0].click(); return true").await;
    panel.until("the record", "return value('Email') === 'ada@analytical.example'").await;
    panel.look("record").await;
    panel.fill("Search records", "nobody at all").await;
    panel.until("nothing", "return document.querySelector('.lfp-list .lfp-state')").await;
    panel.press("Back to the list").await;
    panel.look("nothing-found").await;

    panel.alone(Scope::Read, "&locale=ar").await;
    panel.rows(25).await;
    panel.alone(Scope::Read, "").await;
    panel.rows(25).await;
    panel.look("read-only").await;
    panel.house.sim.algbra().set_fault(Fault::Unavailable, None);
    panel.press("Next page").await;
    panel.says("This is the list as it was at").await;
    panel.look("partner-down").await;
    panel.alone(Scope::Read, "").await;
    panel.press("Try again").await;
    panel.look("partner-down-at-once").await;
    panel.browser.goto(&panel.house.own("/panel/algbra?locale=en")).await;
    panel.says("Waiting for your CRM").await;
    panel.look("waiting").await;
    panel.stop().await;
}

#[tokio::test]
async fn every_state_of_changing_is_kind_to_each_eye_and_fits() {
    let panel = Panel::start_in(Engine::Chromium, "algbra", Scope::Write, people).await;
    panel.alone(Scope::Write, "").await;
    panel.rows(25).await;
    panel.until("opened", "rows()[0].click(); return true").await;
    panel.until("the record", "return value('Email') === 'ada@analytical.example'").await;
    panel.press("Edit").await;
    panel.fill("Last name", "King").await;
    panel.press("Erase Phone number").await;
    panel.fill("First name", "").await;
    panel.press("Save").await;
    panel.says("please look at the marked fields").await;
    panel.look("edit").await;
    panel.press("Cancel").await;
    panel.says("Save your changes?").await;
    panel.look("guard").await;
    panel.press("Discard").await;
    panel.press("New record").await;
    panel.look("new").await;
    panel.stop().await;
}
