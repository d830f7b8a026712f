//! A partner with a hundred thousand records: a page and a search cost one call to it, and hold one page.

use reqwest::StatusCode;

use crate::records::panel::Panel;

const RECORDS: usize = 100_000;

#[tokio::test]
async fn first_rows_cost_one_call_however_many_records_there_are() {
    let panel = Panel::start().await;
    panel.app.sim.algbra().seed(RECORDS);
    panel.app.sim.partnerportal().seed_records(RECORDS);
    // PartnerPortal's access token is fetched once, before.
    assert_eq!(panel.get("partnerportal", "/records?limit=1").await.status, StatusCode::OK);
    for (account, path, total) in [
        ("algbra", "/records", Some(RECORDS)),
        ("algbra", "/records?search=Prospect%2099999", Some(1)),
        ("algbra", "/records?page=4000", Some(RECORDS)),
        ("partnerportal", "/records", None),
        ("partnerportal", "/records?page=4000", None),
    ] {
        let before = panel.arrivals();
        let answer = panel.get(account, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{account} {path}: {}", answer.text);
        assert_eq!(panel.arrivals() - before, 1, "{account} {path}");
        let page = answer.json();
        let rows = page["records"].as_array().unwrap().len();
        assert_eq!(rows, total.unwrap_or(RECORDS).min(25), "{account} {path}");
        assert_eq!(page["total"].as_u64(), total.map(|total| total as u64), "{account} {path}");
        assert!(answer.text.len() < 65_536, "{account} {path}: {} bytes", answer.text.len());
    }
}
