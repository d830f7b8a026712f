//! The main job once for each partner beside TakePayments: a visitor types on the demo's website, and the partner has it.
//!
//! Apart from `journey.rs` because these are about where a lead goes, on one way in: the shipped form of each partner, by
//! script tag, on the page on which the demo shows it.

use lead_proxy::ids::Receipt;
use partner_sim::{Controls, Request};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, sole_lead};

/// What a visitor does with a form: types (a label and a text), or chooses what is so labeled.
enum Act {
    Type(&'static str, &'static str),
    Choose(&'static str),
}
use Act::{Choose, Type};

/// Sends the form of a page of the demo's website; gives the receipt that the visitor saw and what the partner was sent.
async fn send(
    page: &str,
    acts: &[Act],
    button: &str,
    partner: impl FnOnce(&House) -> &Controls,
) -> (Receipt, Request, Value) {
    let house = House::start_with("demo/site").await;
    let browser = Browser::start().await;
    // Nothing moves, so that a click lands where it was aimed.
    browser.show_as(1280, 900, "light").await;
    browser.goto(&house.page(page)).await;
    let form = FormOnPage::on(&browser).await;
    for act in acts {
        match act {
            Type(label, text) => form.fill(label, text).await,
            Choose(label) => form.choose(label).await,
        }
    }
    form.press(button).await;
    let receipt = Receipt::parse(&form.receipt().await).unwrap();
    let request = sole_lead(partner(&house)).await;
    form.until_state("delivered").await;
    assert_eq!(house.sim.takepayments().ledger().requests.len(), 0, "another partner got something");
    browser.stop().await;
    house.stop().await;
    let body = serde_json::from_str(&request.body).unwrap();
    (receipt, request, body)
}

#[tokio::test]
async fn spotcap_has_the_loan_that_a_visitor_asked_about() {
    let acts = [
        Type("First name", "Maya"),
        Type("Last name", "Okafor"),
        Type("Work email", "maya@SaltAndSage.example"),
        Type("Phone", "020 7946 0321"),
        Type("Business name", "Salt & Sage"),
        Type("How much do you need", "18000"),
        Choose("Machines and fittings"),
        Choose("I agree"),
    ];
    let (receipt, request, body) =
        send("loan.html", &acts, "Talk to a lender", |house| house.sim.spotcap()).await;
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/spotcap/beta/leads"));
    let expected = json!({
        "reference": receipt.as_str(), "firstName": "Maya", "lastName": "Okafor",
        "email": "maya@saltandsage.example", "phone": "+442079460321", "company": "Salt & Sage",
        "loan": { "amount": "18000", "purpose": "Equipment" },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn partnerportal_has_the_referral_that_a_visitor_made() {
    let acts = [
        Type("Their first name", "Grace"),
        Type("Their last name", "Hopper"),
        Type("Their email", "grace@compiler.example"),
        Type("Business name", "Hopper Hair"),
        Type("Website", "hopperhair.example"),
        Type("What could it be worth", "1200,50"),
        Type("How do you know them", "Two chairs,\nopening a third."),
        Choose("They know"),
    ];
    let (receipt, request, body) =
        send("refer.html", &acts, "Send the referral", |house| house.sim.partnerportal()).await;
    assert_eq!((request.operation.as_str(), request.status), ("create", Some(201)));
    let expected = json!({
        "platform": "website", "firstName": "Grace", "lastName": "Hopper", "email": "grace@compiler.example",
        "companyName": "Hopper Hair", "websiteUrl": "https://hopperhair.example", "value": 1200.5,
        "notes": format!("Two chairs,\nopening a third.\nReference: {}", receipt.as_str()),
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn algbra_has_the_account_that_a_visitor_began() {
    let acts = [
        Type("First name", "Noor"),
        Type("Last name", "Rahman"),
        Type("Email", "noor@lanterns.example"),
        Choose("I agree"),
    ];
    let (receipt, request, body) = send("account.html", &acts, "Begin", |house| house.sim.algbra()).await;
    assert_eq!((request.operation.as_str(), request.status), ("create", Some(200)));
    let expected = json!({
        "externalReference": receipt.to_uuid().to_string(), "firstName": "Noor", "lastName": "Rahman",
        "email": "noor@lanterns.example",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn octorate_has_the_property_that_a_visitor_signed_up() {
    let acts = [
        Type("Name of the property", "Casa Lungarno"),
        Type("Your first name", "Chiara"),
        Type("Your last name", "Bianchi"),
        Type("Email", "chiara@casalungarno.example"),
        Type("Phone", "055 012345"),
        Type("Street and number", "Lungarno 12"),
        Type("Postcode", "50125"),
        Type("Town", "Firenze"),
        Choose("Italy"),
        Type("Latitude", "43.7696"),
        Type("Longitude", "11,2558"),
        Choose("I agree"),
    ];
    let (_, request, body) =
        send("property.html", &acts, "Sign up my property", |house| house.sim.octorate()).await;
    assert!(request.path.starts_with("/octorate/sandbox/"), "{}", request.path);
    let expected = json!({
        "name": "Casa Lungarno", "given_name": "Chiara", "family_name": "Bianchi",
        "email": "chiara@casalungarno.example", "phone": "+39055012345", "address": "Lungarno 12",
        "zipCode": "50125", "city": "Firenze", "isoCountry": "IT", "isoCurrency": "EUR", "latitude": 43.7696,
        "longitude": 11.2558,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn webhook_has_the_message_that_a_visitor_wrote() {
    let acts = [
        Type("First name", "Edsger"),
        Type("Email", "edsger@shortest.example"),
        Choose("A bill"),
        Type("Your message", "The Saturday queue is half as long."),
    ];
    let (receipt, request, body) = send("contact.html", &acts, "Send", |house| house.sim.webhook()).await;
    assert_eq!(request.path, "/webhook/leads");
    assert_eq!((&body["id"], &body["type"]), (&json!(receipt.as_str()), &json!("lead.created")));
    let expected = json!({
        "first_name": "Edsger", "email": "edsger@shortest.example", "topic": "bill",
        "notes": "The Saturday queue is half as long.",
    });
    assert_eq!(body["data"], expected);
}
